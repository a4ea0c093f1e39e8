package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

var smokeCommand = command{
	name: "smoke", args: "[-destination DEST]", short: "prove URL, signature, ledger and object events without touching a master",
	long: `Sends a signed event that has already expired, with ids that were never used, and reads
what the ledger holds of it. Nothing is uploaded and no callback is made. It counts as a
match of the secret that it signs with, the destination's first. Where other platforms may
announce files it knocks with a token that nobody has.`,
	define: func(s *session, flags *flag.FlagSet) action {
		name := flags.String("destination", "", "`DEST` to sign as; the first unless told")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			d, err := s.deployment(ctx)
			if err != nil {
				return err
			}
			return s.smoke(ctx, d, *name)
		}
	},
}

var (
	errNobody = errors.New("no destinations yet: add one with \"ops secret DEST\"")
	errSmoke  = errors.New("not all is well")
)

// smoke tells what works, a line each, and goes on as far as it can.
func (s *session) smoke(ctx context.Context, d deployment, name string) error {
	s.report(true, "URL", d.url)
	webhook := s.smokeWebhook(ctx, d, name)
	events := s.smokeEvents(ctx, d)
	index := s.smokeIndex(ctx, d)
	announced := s.smokeIntake(ctx, d)
	if !webhook || !events || !index || !announced {
		return errSmoke
	}
	return nil
}

// report prints a line and returns whether it is a good one.
func (s *session) report(ok bool, what, detail string) bool {
	sign := "ok  "
	if !ok {
		sign = "FAIL"
	}
	s.printf("%s  %-14s %s\n", sign, what, detail)
	return ok
}

// skip prints a line for what is not looked at, which is no fault.
func (s *session) skip(what, why string) bool {
	s.printf("skip  %-14s %s\n", what, why)
	return true
}

// smokeWebhook sends the event and looks for it in the ledger.
func (s *session) smokeWebhook(ctx context.Context, d deployment, name string) bool {
	dest, err := s.sender(ctx, d, name)
	if err != nil {
		return s.report(false, "destination", err.Error())
	}
	s.report(true, "destination", fmt.Sprintf("%s, signing with …%s", dest.Name, dest.Keys[0].Hint()))
	p, err := newProbe(*dest, s.now())
	if err != nil {
		return s.report(false, "event", err.Error())
	}
	status, outcome, err := s.post(ctx, d.url, p)
	if err != nil {
		return s.report(false, "answer", err.Error())
	}
	answer := fmt.Sprintf("%d %s", status, outcome)
	if status != http.StatusOK || outcome != string(ledger.Expired) {
		return s.report(false, "answer", answer+": "+advice(status, outcome))
	}
	s.report(true, "answer", answer)
	return s.smokeLedger(ctx, d, p)
}

// sender returns the destination of that name, or the first.
func (s *session) sender(ctx context.Context, d deployment, name string) (*destination.Destination, error) {
	stored, err := s.stored(ctx, d.secret)
	if err != nil {
		return nil, err
	}
	list, err := destination.Parse(stored)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, errNobody
	case name == "":
		return &list[0], nil
	}
	if found := named(list, name); found != nil {
		return found, nil
	}
	return nil, errNoDestination
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 10

// post sends the event and returns status and outcome, which is "" for an answer that
// is not the function's.
func (s *session) post(ctx context.Context, address string, p probe) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(p.body))
	if err != nil {
		return 0, "", err
	}
	for name, value := range p.headers {
		r.Header.Set(name, value)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		if at := (*url.Error)(nil); errors.As(err, &at) {
			err = at.Err // the address stands in the line above
		}
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, "", fmt.Errorf("reading the answer: %w", err)
	}
	var answer struct {
		Outcome string `json:"outcome"`
	}
	_ = json.Unmarshal(body, &answer) // AWS's own answers are not ours
	return resp.StatusCode, answer.Outcome, nil
}

// advice tells what an answer other than the expected one usually means.
func advice(status int, outcome string) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the function knows another list of secrets; one just written is taken up within a minute"
	case status == http.StatusForbidden:
		return "AWS lets nobody call the URL: the function's two permissions for it are missing; deploy again"
	case status == http.StatusTooManyRequests:
		return "the function is throttled: look at the account's concurrency"
	case status == http.StatusServiceUnavailable:
		return "the function cannot read its secret or the ledger, or the destination's library is not configured; see ops logs"
	case status >= 500:
		return "the function failed; see ops logs"
	case outcome == "malformed":
		return "the function's version does not take this event, or the destination's hosts have changed within the last minute; see ops logs"
	}
	return "expected 200 expired; is this the function's URL?"
}

// smokeLedger reads the request that the event must have left.
func (s *session) smokeLedger(ctx context.Context, d deployment, p probe) bool {
	item, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, p.id)
	if err != nil {
		return s.report(false, "ledger", err.Error())
	}
	return s.report(item.State == ledger.Expired, "ledger", fmt.Sprintf("%s: %s, of %s", shortID(item.ID), item.State, item.Destination))
}

// smokeIndex looks whether the libraries are indexed. One that is not is no fault: a new
// one is begun by itself within minutes, a large one when its operator says so.
func (s *session) smokeIndex(ctx context.Context, d deployment) bool {
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return s.report(false, "libraries", err.Error())
	}
	for _, lib := range libraries {
		state, _, err := s.index(d).State(ctx, lib)
		switch {
		case err != nil:
			return s.report(false, "library", lib.Name+": "+err.Error())
		case !state.Current(lib):
			s.report(true, "library", lib.Name+": not indexed whole yet, so that nothing is skipped; \"ops reindex\" shows how far it is")
		default:
			s.report(true, "library", lib.Name+": indexed whole")
		}
	}
	return true
}

// smokeEvents looks whether changes of masters are announced.
func (s *session) smokeEvents(ctx context.Context, d deployment) bool {
	if s.machine != nil {
		return s.skip("object events", "not EventBridge's on one machine: not looked at")
	}
	on, err := s.announces(ctx, d.masters)
	switch {
	case err != nil:
		return s.report(false, "object events", err.Error())
	case !on:
		return s.report(false, "object events", fmt.Sprintf("EventBridge is off for bucket %s: turn it on with \"ops connect %s\"", d.masters, d.masters))
	}
	return s.report(true, "object events", "EventBridge is on for bucket "+d.masters)
}
