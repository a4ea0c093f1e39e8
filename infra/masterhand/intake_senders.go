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

// senderList is the secret with the senders' tokens and verifiers, decoded so that a command can
// change it. It must never be printed.
type senderList struct{ bySender map[string]*senderSecrets }

// senderSecrets is the entry of one sender in the secret.
type senderSecrets struct {
	Tokens   []intake.TokenEntry   `json:"tokens"`
	Verifier *intake.VerifierEntry `json:"verifier,omitempty"`
}

// Format implements [fmt.Formatter]. It prints a placeholder instead of the list, whatever the
// verb.
func (senderList) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted senders]") }

// The errors for an impossible change of the list of senders.
var (
	errNoTokenAtAll = fmt.Errorf("the sender has no token: make one with \"%s\"", typed("intake token SENDER"))
	errNoToken      = fmt.Errorf("no token of this sender has this name (\"%s\" lists the tokens)", typed("intake tokens"))
	errLastToken    = errors.New("this is the sender's last token: without a token, all its announcements would be refused; make a new token first")
	errHasToken     = errors.New("the sender has this token already")
	errNoVerifier   = errors.New("the sender has no verifier")
)

// parseSenderList decodes the stored secret. If the function intake would refuse the secret,
// parseSenderList returns an error.
func parseSenderList(stored []byte) (senderList, error) {
	if _, err := intake.Parse(stored); err != nil {
		return senderList{}, fmt.Errorf("the stored secret with the senders is invalid (correct it in the Secrets Manager console): %w", err)
	}
	var r senderList
	if json.Unmarshal(stored, &r.bySender) != nil {
		return senderList{}, intake.ErrNoObject // the JSON error is replaced, because its text may contain the secret
	}
	return r, nil
}

// senderList returns the deployment and its decoded list of senders.
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

// storeSenders encodes the list and replaces the stored secret. If the function intake would refuse
// the new secret, it stores nothing and returns an error.
func (s *session) storeSenders(ctx context.Context, d deployment, r senderList) error {
	encoded, err := json.MarshalIndent(r.bySender, "", "  ")
	if err != nil {
		// The error err is not returned, because its text may contain the secret.
		return errors.New("the secret with the senders cannot be encoded as JSON")
	}
	if _, err := intake.Parse(encoded); err != nil {
		return err
	}
	return s.store(ctx, d.intake.secret, encoded)
}

// hints returns the start of the hash of each of a sender's tokens, in the order of the tokens.
// Logs and metrics identify a token by this hint.
func (r senderList) hints(sender string) (hints []string) {
	if entry := r.bySender[sender]; entry != nil {
		for _, token := range entry.Tokens {
			hints = append(hints, intake.TokenHint(token.Token))
		}
	}
	return hints
}

// add inserts a token as the sender's first token. If the sender already has the token, add returns
// errHasToken.
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

// drop removes the sender's token with this hint. It removes nothing and returns an error if there
// is no such token, or if it is the sender's last token.
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

// oneSender checks that a command has exactly one argument, and that it is the name of a sender.
var oneSender = takes(1, 1, "exactly one sender ("+strings.Join(senders.Names(), ", ")+")")
