package main

import (
	"context"
	"flag"
	"slices"
)

var intakeVerifierCommand = command{
	name: "intake verifier", args: "SENDER [-header H] [-prefix P] [-algorithm A] [-encoding E]", short: "tell how a sender signs, and add its signing secret",
	long: `Posternity does not document how it signs, and is let in only once this is told. The
signing secret is asked for without being shown, or read from a pipe; it becomes the first
one, and the others stay valid for rotation unless -replace is told. What is not told stays
as it was. The function takes up the change within a minute.`,
	define: func(s *session, flags *flag.FlagSet) action {
		for name, setting := range verifierSettings {
			flags.String(name, "", setting.usage)
		}
		replace := flags.Bool("replace", false, "keep no older signing secret")
		remove := flags.Bool("remove", false, "forget how it signs: its token alone lets it in then, but posternity is let in no more")
		return func(ctx context.Context, args []string) error {
			sender, err := oneSender(args)
			if err != nil {
				return err
			}
			told := map[string]string{}
			flags.Visit(func(f *flag.Flag) { told[f.Name] = f.Value.String() })
			return s.verifier(ctx, sender, told, *replace, *remove)
		}
	},
}

// verifierSettings are what may be told of a verifier, by their flags.
var verifierSettings = map[string]struct {
	usage string
	of    func(*ringVerifier) *string
}{
	"header":           {"`name` of the header with the signature", func(v *ringVerifier) *string { return &v.Header }},
	"prefix":           {"`text` before each digest, the like of sha256=", func(v *ringVerifier) *string { return &v.Prefix }},
	"algorithm":        {"`hash` of the HMAC: sha1, sha256 (unless told) or sha512", func(v *ringVerifier) *string { return &v.Algorithm }},
	"encoding":         {"`how` digests are written: hex (unless told) or base64", func(v *ringVerifier) *string { return &v.Encoding }},
	"timestamp-header": {"`name` of the header with a time that is signed; none unless told", func(v *ringVerifier) *string { return &v.TimestampHeader }},
	"skew":             {"`how far` that time may be off; 5m unless told", func(v *ringVerifier) *string { return &v.Skew }},
	"signed":           {"`what` is signed; {body} unless told, or {timestamp}.{body} with a timestamp", func(v *ringVerifier) *string { return &v.Signed }},
}

// verifier changes how a sender's signatures are checked.
func (s *session) verifier(ctx context.Context, sender string, told map[string]string, replace, remove bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	r, err := s.ring(ctx, d)
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
		entry.sign(told, secret, replace)
	}
	if err := s.storeRing(ctx, d, r); err != nil {
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

// sign takes the settings that are told, and a secret before the others.
func (e *ringEntry) sign(told map[string]string, secret string, replace bool) {
	if e.Verifier == nil {
		e.Verifier = &ringVerifier{}
	}
	for name, setting := range verifierSettings {
		if text, is := told[name]; is {
			*setting.of(e.Verifier) = text
		}
	}
	older := slices.DeleteFunc(e.Verifier.Secrets, func(s string) bool { return s == secret })
	if replace {
		older = nil
	}
	e.Verifier.Secrets = append([]string{secret}, older...)
}
