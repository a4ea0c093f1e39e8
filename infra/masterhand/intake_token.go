package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/library/placement"

	"github.com/spf13/cobra"
)

func intakeTokenCommand(s *session) *cobra.Command {
	var own, anyCode bool
	var codes string
	c := &cobra.Command{
		Use: "token SENDER", Short: "Add a token for a sender; its older tokens stay valid", Args: oneSender, ValidArgs: senders.Names(),
		Long: `Adds a token for a sender. A token is part of the URL that the sender announces files to, which
"` + typed("intake url SENDER") + `" prints. The command makes a token of
256 random bits. With --own, it asks for a token without showing it, or reads it
from a pipe. The new token becomes the first one. The others stay valid until
"` + typed("intake token-drop SENDER TOKEN") + `" removes them. The function
uses the new list within a minute.

--codes lists the shapes of the codes that the token may announce (# is a digit). A
file that is announced with another code stays unsorted, and a notice reports it.`,
		Example: examples("intake token hoox --codes 'HRT-####,SUMMER'", "intake token hoox --any-code"),
		RunE: func(c *cobra.Command, args []string) error {
			entry := intake.TokenEntry{Codes: placement.SplitCodes(codes), AnyCode: anyCode}
			if (len(entry.Codes) > 0) == anyCode {
				return fmt.Errorf("%w: %w", errUsage, errScope)
			}
			for _, shape := range entry.Codes {
				switch _, err := placement.ParseCode(shape); {
				case errors.Is(err, placement.ErrOnlyDigits):
					return fmt.Errorf("%w: --codes: %w", errUsage, placement.ErrOnlyDigits)
				case err != nil: // err is not printed: it repeats the typed text, which may be a secret
					return fmt.Errorf("%w: --codes: %w", errUsage, intake.ErrCode)
				}
			}
			s.localOnlyIfGiven = true
			return s.addToken(c.Context(), args[0], entry, own)
		},
	}
	c.Flags().StringVar(&codes, "codes", "", "`shapes` of the codes that the token may announce, separated by commas, such as HRT-####,SUMMER")
	c.Flags().BoolVar(&anyCode, "any-code", false, "the token may announce any code")
	c.Flags().BoolVar(&own, "own", false, "ask for the token instead of making one")
	return c
}

var errScope = errors.New("expected either --codes SHAPES or --any-code, which say which codes the token may announce")

func (s *session) addToken(ctx context.Context, sender string, entry intake.TokenEntry, own bool) error {
	d, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	entry.Token = newToken()
	if own {
		if entry.Token, err = s.askSecret("Token of " + sender); err != nil {
			return err
		}
	}
	if err := r.add(sender, entry); err != nil {
		return err
	}
	if err := s.storeSenders(ctx, d, r); err != nil {
		return err
	}
	hints := r.hints(sender)
	s.printf("%s: added token %s, now the first of %d; to print the URL for the sender's portal: %s\n", sender, hints[0], len(hints), typed("intake url "+sender+" --show-token"))
	s.warnSender(sender, r)
	return nil
}

// newToken returns a random token of 256 bits that needs no escaping in a URL.
func newToken() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // no error check: rand.Read never returns an error
	return base64.RawURLEncoding.EncodeToString(bits)
}

// warnSender warns if a sender has many tokens, or if its verifier is missing.
func (s *session) warnSender(sender string, r senderList) {
	if n := len(r.hints(sender)); n > manySecrets {
		s.warn("%s has %d tokens: drop those that no longer match (%s)", sender, n, typed("intake token-drop "+sender+" TOKEN"))
	}
	s.warnClosed(sender, r)
}

// warnClosed warns if a sender must have a verifier and has none. The function intake then refuses
// all announcements of that sender.
func (s *session) warnClosed(sender string, r senderList) {
	if sender == senders.Posternity && r.bySender[sender].Verifier == nil {
		s.warn("all announcements of %s are refused until its verifier is set (%s)", sender, typed("intake verifier "+sender))
	}
}

func intakeTokensCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "tokens", Short: "List the senders' tokens, and when each token last matched", Args: takesNone,
		Long: `Lists the senders' tokens, and when each last matched. The name of a token is the start of its hash (printf %s TOKEN | sha256sum), also in
logs. You may drop an old token once the sender's portal has a newer one and the
old one has not matched for a day.`,
		Example: examples("intake tokens"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.listTokens(c.Context()) },
	}
	s.withJSON(c, "a line of JSON for each token")
	return c
}

func (s *session) listTokens(ctx context.Context) error {
	_, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	var tokens []owned
	scopes := map[owned]intake.TokenEntry{}
	for _, sender := range senders.Names() {
		for i, hint := range r.hints(sender) {
			tokens = append(tokens, owned{sender, hint})
			scopes[owned{sender, hint}] = r.bySender[sender].Tokens[i]
		}
	}
	if len(tokens) == 0 && !s.asJSON {
		s.printf("no sender has a token, so no sender may announce files; add a token with \"%s\"\n", typed("intake token SENDER"))
		return nil
	}
	last := s.knownMatches(ctx, tokenMatches, tokens)
	t := screen.NewTable("SENDER", "TOKEN", "CODES", "SIGNS BY", "LAST MATCHED")
	for _, o := range tokens {
		signs, m := "", s.match(last, o)
		if v := r.bySender[o.owner].Verifier; v != nil {
			signs = v.Header
		}
		if !s.asJSON {
			t.Add(screen.Texts(o.owner, o.hint, codesOf(scopes[o]), dash(signs), m.text)...)
			continue
		}
		err := s.JSON(struct {
			Sender string   `json:"sender"`
			Token  string   `json:"token"`               // the start of the token's hash, which identifies the token
			Codes  []string `json:"codes,omitempty"`     // shapes of codes, such as HRT-####; empty means any code
			Header string   `json:"signed_by,omitempty"` // HTTP header of the signature; "" if signatures are not checked
			lastMatch
		}{o.owner, o.hint, scopes[o].Codes, signs, m})
		if err != nil {
			return err
		}
	}
	if !s.asJSON {
		if err := s.Print(t); err != nil {
			return err
		}
	}
	for _, sender := range senders.Names() {
		if r.bySender[sender] != nil {
			s.warnSender(sender, r)
		}
	}
	return nil
}

// codesOf returns a text that lists the codes that a token may announce.
func codesOf(e intake.TokenEntry) string {
	if len(e.Codes) == 0 {
		return "any"
	}
	return strings.Join(e.Codes, ", ")
}

func intakeTokenDropCommand(s *session) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "token-drop SENDER TOKEN", Short: "Remove a sender's token, by the start of its hash",
		Args: takes(2, 2, "a sender and the start of its token's hash"), ValidArgs: senders.Names(),
		Long: `Removes a token of a sender. TOKEN is the start of the token's hash, as
"` + typed("intake tokens") + `" lists it. The command does not
remove a sender's last token, nor a token that matched within the last day: most
senders do not repeat an event that is refused.`,
		Example: examples("intake token-drop hoox 3f2a9c01"),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			return s.dropToken(c.Context(), args[0], strings.ToLower(args[1]), force)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "remove the token even if it matched within the last day, or if that is unknown")
	return c
}

func (s *session) dropToken(ctx context.Context, sender, hint string, force bool) error {
	d, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	if err := r.drop(sender, hint); err != nil {
		return err
	}
	if err := s.checkUnused(ctx, tokenMatches, owned{sender, hint}); err != nil && !force {
		return err
	}
	if err := s.storeSenders(ctx, d, r); err != nil {
		return err
	}
	s.printf("%s: token %s dropped, %d left\n", sender, hint, len(r.hints(sender)))
	return nil
}
