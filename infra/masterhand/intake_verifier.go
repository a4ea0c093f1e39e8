package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"masterhand/shared/announcements/senders"
)

func intakeVerifierCommand(s *session) *cobra.Command {
	var replace, remove bool
	c := &cobra.Command{
		Use: "verifier SENDER", Short: "Set how a sender signs, and add its signing secret", Args: oneSender, ValidArgs: senders.Names(),
		Long: `Posternity does not document how it signs, and is let in only once this is set.
The command asks for the signing secret without showing it, or reads it from a
pipe. It becomes the first one; the others stay valid unless --replace is given.
Settings that are not given stay as they were. The function uses the change within
a minute.`,
		Example: examples("intake verifier posternity --header X-Signature --prefix sha256="),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			given := map[string]string{}
			c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
			return s.verifier(c.Context(), args[0], given, replace, remove)
		},
	}
	flags := c.Flags()
	for name, setting := range verifierSettings {
		flags.String(name, "", setting.usage)
	}
	flags.BoolVar(&replace, "replace", false, "keep no older signing secret")
	flags.BoolVar(&remove, "remove", false, "check no signature: the token alone lets the sender in then, and Posternity is refused")
	return c
}

// verifierSettings are the settings of a verifier, by their flags.
var verifierSettings = map[string]struct {
	usage string
	of    func(*senderVerifier) *string
}{
	"header":           {"`name` of the header with the signature", func(v *senderVerifier) *string { return &v.Header }},
	"prefix":           {"`text` before each digest, such as sha256=", func(v *senderVerifier) *string { return &v.Prefix }},
	"algorithm":        {"`hash` of the HMAC: sha1, sha256 (unless given) or sha512", func(v *senderVerifier) *string { return &v.Algorithm }},
	"encoding":         {"`how` digests are written: hex (unless given) or base64", func(v *senderVerifier) *string { return &v.Encoding }},
	"timestamp-header": {"`name` of the header with a time that is signed; none unless given", func(v *senderVerifier) *string { return &v.TimestampHeader }},
	"skew":             {"`how far` that time may be off; 5m unless given", func(v *senderVerifier) *string { return &v.Skew }},
	"signed":           {"`what` is signed; {body} unless given, or {timestamp}.{body} with a timestamp", func(v *senderVerifier) *string { return &v.Signed }},
}

// verifier changes how a sender's signatures are checked.
func (s *session) verifier(ctx context.Context, sender string, given map[string]string, replace, remove bool) error {
	d, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	entry := r.bySender[sender]
	switch {
	case entry == nil:
		return errNoTokenAtAll
	case remove && entry.Verifier == nil:
		return errNoVerifier
	case remove:
		entry.Verifier = nil
	default:
		secret, err := s.askSecret("Signing secret of " + sender)
		if err != nil {
			return err
		}
		entry.sign(given, secret, replace)
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

// sign takes the settings that are given, and a secret before the others.
func (e *senderSecrets) sign(given map[string]string, secret string, replace bool) {
	if e.Verifier == nil {
		e.Verifier = &senderVerifier{}
	}
	for name, setting := range verifierSettings {
		if text, is := given[name]; is {
			*setting.of(e.Verifier) = text
		}
	}
	older := slices.DeleteFunc(e.Verifier.Secrets, func(s string) bool { return s == secret })
	if replace {
		older = nil
	}
	e.Verifier.Secrets = append([]string{secret}, older...)
}
