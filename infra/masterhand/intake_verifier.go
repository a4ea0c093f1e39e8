package main

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// verifierChange is a change of the way in which a sender signs.
type verifierChange struct {
	scheme  string            // whose settings to take; "": none
	given   map[string]string // settings by their flags
	replace bool              // keep no older secret
	remove  bool              // check no signature
}

func intakeVerifierCommand(s *session) *cobra.Command {
	change := verifierChange{given: map[string]string{}}
	c := &cobra.Command{
		Use: "verifier SENDER", Short: "Set how a sender signs, and add its signing secret", Args: oneSender, ValidArgs: senders.Names(),
		Long: `Posternity does not document how it signs, and is let in only once this is set.
The command asks for the signing secret without showing it, or reads it from a
pipe. It becomes the first one; the others stay valid unless --replace is given.
Settings that are not given stay as they were. The function uses the change within
a minute.

--scheme sets all settings of a usual scheme at once; settings that are given beside
it differ from the scheme. "stripe" is "t=TIME,v1=HEX" in the header Stripe-Signature.
"standard" is Standard Webhooks, with the headers webhook-id, webhook-timestamp and
webhook-signature and a secret of base64.`,
		Example: examples("intake verifier posternity --header X-Signature --prefix sha256=",
			"intake verifier posternity --scheme stripe --header X-Signature", "intake verifier posternity --scheme standard"),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			c.Flags().Visit(func(f *pflag.Flag) { change.given[f.Name] = f.Value.String() })
			return s.verifier(c.Context(), args[0], change)
		},
	}
	flags := c.Flags()
	for name, setting := range verifierSettings {
		flags.String(name, "", setting.usage)
	}
	oneOf(c, &change.scheme, "scheme", "usual `scheme` whose settings to take", slices.Sorted(maps.Keys(verifierSchemes)))
	flags.BoolVar(&change.replace, "replace", false, "keep no older signing secret")
	flags.BoolVar(&change.remove, "remove", false, "check no signature: the token alone lets the sender in then, and Posternity is refused")
	return c
}

// verifierSchemes are the settings of the usual schemes.
var verifierSchemes = map[string]intake.VerifierEntry{
	"stripe": {Header: "Stripe-Signature", Prefix: "v1=", TimestampPrefix: "t="},
	"standard": {
		Header: "webhook-signature", Prefix: "v1,", Encoding: "base64", SecretEncoding: "base64",
		TimestampHeader: "webhook-timestamp", IDHeader: "webhook-id",
	},
}

// verifierSettings are the settings of a verifier, by their flags.
var verifierSettings = map[string]struct {
	usage string
	of    func(*intake.VerifierEntry) *string
}{
	"header":           {"`name` of the header with the signature", func(v *intake.VerifierEntry) *string { return &v.Header }},
	"prefix":           {"`text` before each digest, for example sha256=; if it ends in a comma, only blanks separate digests", func(v *intake.VerifierEntry) *string { return &v.Prefix }},
	"algorithm":        {"`hash` of the HMAC: sha1, sha256 (unless given) or sha512", func(v *intake.VerifierEntry) *string { return &v.Algorithm }},
	"encoding":         {"`encoding` of digests: hex (unless given) or base64", func(v *intake.VerifierEntry) *string { return &v.Encoding }},
	"secret-encoding":  {"`encoding` of signing secrets: text (unless given), hex or base64; a whsec_ before base64 is removed", func(v *intake.VerifierEntry) *string { return &v.SecretEncoding }},
	"timestamp-header": {"`name` of the header with the signed time; none unless given", func(v *intake.VerifierEntry) *string { return &v.TimestampHeader }},
	"timestamp-prefix": {"`text` before the signed time, if the signature's header has it, for example t=", func(v *intake.VerifierEntry) *string { return &v.TimestampPrefix }},
	"id-header":        {"`name` of the header with the signed id of the message; none unless given", func(v *intake.VerifierEntry) *string { return &v.IDHeader }},
	"skew":             {"`duration` that the time may be from now, either way; 5m unless given", func(v *intake.VerifierEntry) *string { return &v.Skew }},
	"signed":           {"`text` that is signed, with the words {id}, {timestamp} and {body}; unless given, the words that the request has, with full stops between", func(v *intake.VerifierEntry) *string { return &v.Signed }},
}

// verifier changes how a sender's signatures are checked.
func (s *session) verifier(ctx context.Context, sender string, change verifierChange) error {
	d, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	entry := r.bySender[sender]
	switch {
	case entry == nil:
		return errNoTokenAtAll
	case change.remove && entry.Verifier == nil:
		return errNoVerifier
	case change.remove:
		entry.Verifier = nil
	default:
		secret, err := s.askSecret("Signing secret of " + sender)
		if err != nil {
			return err
		}
		entry.sign(change, secret)
	}
	if err := s.storeSenders(ctx, d, r); err != nil {
		return err
	}
	if v := entry.Verifier; v != nil {
		s.printf("%s: signs by header %s, with the first of %d secrets\n", sender, v.Header, len(v.Secrets))
	} else {
		s.printf("%s: no signature is checked\n", sender)
	}
	s.warnClosed(sender, r)
	return nil
}

// sign makes a change of settings, and puts a secret before the others.
func (e *senderSecrets) sign(change verifierChange, secret string) {
	if e.Verifier == nil {
		e.Verifier = &intake.VerifierEntry{}
	}
	older := slices.DeleteFunc(e.Verifier.Secrets, func(s string) bool { return s == secret })
	if change.replace {
		older = nil
	}
	if scheme, is := verifierSchemes[change.scheme]; is {
		*e.Verifier = scheme
	}
	for name, setting := range verifierSettings {
		if text, is := change.given[name]; is {
			*setting.of(e.Verifier) = text
		}
	}
	e.Verifier.Secrets = append([]string{secret}, older...)
}
