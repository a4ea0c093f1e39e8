package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"flag"
	"fmt"
	"strings"

	"masterhand/shared/announcements/senders"
)

var intakeTokenCommand = command{
	name: "intake token", args: "SENDER [-own]", short: "give a sender another token, and keep the old ones for rotation",
	long: `The token stands in the URL that the sender announces files to: "intake url" prints it.
One of 256 random bits is made, unless -own has you tell one, which is not shown, or read
from a pipe. It becomes the first one; the others stay valid until "intake token-drop"
takes them out. The function takes up the change within a minute.`,
	define: func(s *session, flags *flag.FlagSet) action {
		own := flags.Bool("own", false, "ask for the token in place of making one")
		return func(ctx context.Context, args []string) error {
			sender, err := oneSender(args)
			if err != nil {
				return err
			}
			return s.addToken(ctx, sender, *own)
		}
	},
}

func (s *session) addToken(ctx context.Context, sender string, own bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	r, err := s.ring(ctx, d)
	if err != nil {
		return err
	}
	token := newToken()
	if own {
		if token, err = s.askSecret("Token of " + sender); err != nil {
			return err
		}
	}
	if err := r.add(sender, token); err != nil {
		return err
	}
	if err := s.storeRing(ctx, d, r); err != nil {
		return err
	}
	hints := r.hints(sender)
	s.printf("%s: token %s is its first of %d; the URL to paste: ops intake url %s -show-token\n", sender, hints[0], len(hints), sender)
	s.warnRing(sender, r)
	return nil
}

// newToken makes a token of 256 bits that a URL need not escape.
func newToken() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // which never fails
	return base64.RawURLEncoding.EncodeToString(bits)
}

// warnRing tells what should be put right with a sender.
func (s *session) warnRing(sender string, r ring) {
	if n := len(r.hints(sender)); n > manySecrets {
		s.warn("%s has %d tokens: drop those that match no more (ops intake token-drop)", sender, n)
	}
	s.warnClosed(sender, r)
}

// warnClosed tells of a sender that a token alone does not let in.
func (s *session) warnClosed(sender string, r ring) {
	if sender == senders.Posternity && r.bySender[sender].Verifier == nil {
		s.warn("%s is closed until it is told how it signs (ops intake verifier %s)", sender, sender)
	}
}

var intakeTokensCommand = command{
	name: "intake tokens", short: "list who may announce files, and when each token last matched",
	long: `A token is called by the start of its hash (printf %s TOKEN | sha256sum), as in logs. An
old one may go once the sender's portal has a newer one and the old one has not matched for
a day.`,
	define: func(s *session, _ *flag.FlagSet) action {
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			return s.listTokens(ctx)
		}
	},
}

func (s *session) listTokens(ctx context.Context) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	r, err := s.ring(ctx, d)
	if err != nil {
		return err
	}
	var tokens []owned
	for _, sender := range senders.Names() {
		for _, hint := range r.hints(sender) {
			tokens = append(tokens, owned{sender, hint})
		}
	}
	if len(tokens) == 0 {
		s.printf("nobody may announce files; let one with \"ops intake token SENDER\"\n")
		return nil
	}
	last, err := s.lastMatches(ctx, tokenMatches, tokens)
	unknown := err != nil
	if unknown {
		s.warn("%v", err)
	}
	t := newTable("SENDER", "TOKEN", "SIGNS BY", "LAST MATCHED")
	for _, o := range tokens {
		when, signs := "unknown", "-"
		if !unknown {
			when = s.ago(last[o])
		}
		if v := r.bySender[o.owner].Verifier; v != nil {
			signs = v.Header
		}
		t.add(texted(o.owner, o.hint, signs, when)...)
	}
	if err := s.print(t); err != nil {
		return err
	}
	for _, sender := range senders.Names() {
		if r.bySender[sender] != nil {
			s.warnRing(sender, r)
		}
	}
	return nil
}

var intakeTokenDropCommand = command{
	name: "intake token-drop", args: "SENDER TOKEN [-force]", short: "take a token out, by what \"intake tokens\" calls it",
	long: `Refuses a sender's last token, and one that let an event in within the last day: most
senders do not come back with an event that was refused.`,
	define: func(s *session, flags *flag.FlagSet) action {
		force := flags.Bool("force", false, "even if it matched within the last day, or if that is not known")
		return func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("%w: name a sender and one of its tokens, as \"intake tokens\" does", errUsage)
			}
			return s.dropToken(ctx, args[0], strings.ToLower(args[1]), *force)
		}
	},
}

func (s *session) dropToken(ctx context.Context, sender, hint string, force bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	r, err := s.ring(ctx, d)
	if err != nil {
		return err
	}
	if err := r.drop(sender, hint); err != nil {
		return err
	}
	if err := s.checkUnused(ctx, tokenMatches, owned{sender, hint}); err != nil && !force {
		return err
	}
	if err := s.storeRing(ctx, d, r); err != nil {
		return err
	}
	s.printf("%s: token %s dropped, %d left\n", sender, hint, len(r.hints(sender)))
	return nil
}
