package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// senderList is the secret of who may announce files, to change it. It holds secrets, and is
// never printed.
type senderList struct{ bySender map[string]*senderSecrets }

// senderSecrets is one sender as it is stored.
type senderSecrets struct {
	Tokens   []intake.TokenEntry   `json:"tokens"`
	Verifier *intake.VerifierEntry `json:"verifier,omitempty"`
}

// Format hides the secret under every verb.
func (senderList) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted senders]") }

// The reasons why the list of senders is not changed.
var (
	errNoTokenAtAll = fmt.Errorf("the sender has no token: make one with \"%s\"", typed("intake token SENDER"))
	errNoToken      = fmt.Errorf("no token of this sender has this name (\"%s\" lists them)", typed("intake tokens"))
	errLastToken    = errors.New("this is the sender's last token: without one, nothing that it sends could be let in")
	errHasToken     = errors.New("the sender has this token already")
	errNoVerifier   = errors.New("the sender has no verifier")
)

// parseSenderList takes a secret only if the function would take it.
func parseSenderList(stored []byte) (senderList, error) {
	if _, err := intake.Parse(stored); err != nil {
		return senderList{}, fmt.Errorf("what is stored of the senders cannot be used (mend it in the console of Secrets Manager): %w", err)
	}
	var r senderList
	if json.Unmarshal(stored, &r.bySender) != nil {
		return senderList{}, intake.ErrNoObject // its own error may quote the text
	}
	return r, nil
}

// senderList reads the deployment and its secret of the senders.
func (s *session) senderList(ctx context.Context) (d deployment, r senderList, err error) {
	if d, err = s.takingIn(ctx); err != nil {
		return d, r, err
	}
	stored, err := s.stored(ctx, d.intake.secret)
	if err != nil {
		return d, r, err
	}
	r, err = parseSenderList(stored)
	return d, r, err
}

// storeSenders replaces the secret, if the function will take it.
func (s *session) storeSenders(ctx context.Context, d deployment, r senderList) error {
	encoded, err := json.MarshalIndent(r.bySender, "", "  ")
	if err != nil {
		return errors.New("writing the secret of the senders") // err may quote it
	}
	if _, err := intake.Parse(encoded); err != nil {
		return err
	}
	return s.store(ctx, d.intake.secret, encoded)
}

// hints names a sender's tokens as logs and metrics do, in their order.
func (r senderList) hints(sender string) (hints []string) {
	if entry := r.bySender[sender]; entry != nil {
		for _, token := range entry.Tokens {
			hints = append(hints, intake.TokenHint(token.Token))
		}
	}
	return hints
}

// add puts a token before the others of a sender.
func (r senderList) add(sender string, token intake.TokenEntry) error {
	entry := r.bySender[sender]
	if entry == nil {
		entry = &senderSecrets{}
		r.bySender[sender] = entry
	}
	if slices.ContainsFunc(entry.Tokens, func(e intake.TokenEntry) bool { return e.Token == token.Token }) {
		return errHasToken
	}
	entry.Tokens = append([]intake.TokenEntry{token}, entry.Tokens...)
	return nil
}

// drop takes out the token of that name.
func (r senderList) drop(sender, hint string) error {
	entry := r.bySender[sender]
	if !slices.Contains(r.hints(sender), hint) {
		return errNoToken
	}
	left := slices.DeleteFunc(slices.Clone(entry.Tokens), func(e intake.TokenEntry) bool { return intake.TokenHint(e.Token) == hint })
	if len(left) == 0 {
		return errLastToken
	}
	entry.Tokens = left
	return nil
}

// oneSender checks that the only argument names a sender.
var oneSender = takes(1, 1, "one sender ("+strings.Join(senders.Names(), ", ")+") and nothing else")
