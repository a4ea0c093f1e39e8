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

// verifierChange is a change of the verifier that checks a sender's signatures.
type verifierChange struct {
	scheme  string            // value of --scheme, which replaces all present settings; "" if not given
	given   map[string]string // values of the flags that the operator gave, by the flag's name
	replace bool              // whether the new secret replaces all older secrets
	remove  bool              // whether to remove the verifier; after that, signatures are not checked
}

func intakeVerifierCommand(s *session) *cobra.Command {
	change := verifierChange{given: map[string]string{}}
	c := &cobra.Command{
		Use: "verifier SENDER", Short: "Set how to check a sender's signatures, and add its signing secret", Args: oneSender, ValidArgs: senders.Names(),
		Long: `Sets the verifier of a sender. Posternity does not document how it signs; its
announcements are refused until this command sets its verifier. The command asks
for the signing secret without showing it, or reads it from a pipe. The new secret
becomes the first one; the others stay valid unless --replace is given. Settings
that are not given stay as they were. The function uses the change within a minute.

--scheme sets all settings of a usual scheme at once; other flags replace single
settings of the scheme. "stripe" is "t=TIME,v1=HEX" in the header Stripe-Signature.
"standard" is Standard Webhooks, with the headers webhook-id, webhook-timestamp and
webhook-signature and a secret in base64.`,
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
	oneOf(c, &change.scheme, "scheme", "usual `scheme` whose settings to use", slices.Sorted(maps.Keys(verifierSchemes)))
	flags.BoolVar(&change.replace, "replace", false, "remove the older signing secrets")
	flags.BoolVar(&change.remove, "remove", false, "remove the verifier: then a valid token is enough, but all announcements of Posternity are refused")
	return c
}

// verifierSchemes holds the settings of each usual signature scheme, by the value of --scheme.
var verifierSchemes = map[string]intake.VerifierEntry{
	"stripe": {Header: "Stripe-Signature", Prefix: "v1=", TimestampPrefix: "t="},
	"standard": {
		Header: "webhook-signature", Prefix: "v1,", Encoding: "base64", SecretEncoding: "base64",
		TimestampHeader: "webhook-timestamp", IDHeader: "webhook-id",
	},
}

// verifierSettings holds the help text and the field for each setting of a verifier, by the name of
// the flag.
var verifierSettings = map[string]struct {
	usage string
	of    func(*intake.VerifierEntry) *string
}{
	"header":           {"`name` of the header with the signature", func(v *intake.VerifierEntry) *string { return &v.Header }},
	"prefix":           {"`text` before each digest, for example sha256=; if it ends in a comma, only spaces separate digests", func(v *intake.VerifierEntry) *string { return &v.Prefix }},
	"algorithm":        {"`hash` of the HMAC: sha1, sha256 (unless given) or sha512", func(v *intake.VerifierEntry) *string { return &v.Algorithm }},
	"encoding":         {"`encoding` of digests: hex (unless given) or base64", func(v *intake.VerifierEntry) *string { return &v.Encoding }},
	"secret-encoding":  {"`encoding` of signing secrets: text (unless given), hex or base64; whsec_ before base64 is removed", func(v *intake.VerifierEntry) *string { return &v.SecretEncoding }},
	"timestamp-header": {"`name` of the header with the signed time; unless given, there is none", func(v *intake.VerifierEntry) *string { return &v.TimestampHeader }},
	"timestamp-prefix": {"`text` before the signed time, for example t=, if the time is in the signature's header", func(v *intake.VerifierEntry) *string { return &v.TimestampPrefix }},
	"id-header":        {"`name` of the header with the signed id of the message; unless given, there is none", func(v *intake.VerifierEntry) *string { return &v.IDHeader }},
	"skew":             {"largest `difference` between the signed time and now; unless given, 5m", func(v *intake.VerifierEntry) *string { return &v.Skew }},
	"signed":           {"`text` that is signed, with the placeholders {id}, {timestamp} and {body}; unless given, those that the request has, joined by full stops", func(v *intake.VerifierEntry) *string { return &v.Signed }},
}

// verifier changes or removes the verifier of a sender.
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
		s.printf("%s: the signature is read from header %s; the new secret is the first of %d\n", sender, v.Header, len(v.Secrets))
	} else {
		s.printf("%s: signatures are no longer checked\n", sender)
	}
	s.warnClosed(sender, r)
	return nil
}

// sign changes the settings of the verifier, and inserts the secret before the older secrets.
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
