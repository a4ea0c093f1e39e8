package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/reindex"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"

	"github.com/spf13/cobra"
)

func smokeCommand(s *session) *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "smoke", Short: "Prove URL, signature, ledger and object events", Args: takesNone,
		Long: `Sends a signed event that has already expired, with new ids, and reads what the
ledger holds of it. Nothing is uploaded, and no callback is made. It counts as a
match of the destination's first secret, which signs it. Where other platforms may
announce files, the command also tries a token that nobody has. Where a queue or a
bucket takes the platform's events, it brings such an event in by each.`,
		Example: examples("smoke", "smoke --destination acme"),
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.deployment(c.Context())
			if err != nil {
				return err
			}
			return s.smoke(c.Context(), d, name)
		},
	}
	c.Flags().StringVar(&name, "destination", "", "`name` of the destination to sign as; the first unless given")
	s.withJSON(c, "a line of JSON for each check")
	return c
}

var (
	errNobody = fmt.Errorf("no destinations yet: add one with \"%s\"", typed("secret DEST"))
	errSmoke  = errors.New("not all is well")

	errNoSigner = errors.New("no secret to sign with: the destination takes events by a queue or a bucket alone")
)

// smoke prints a line for each check, and goes on after one that fails.
func (s *session) smoke(ctx context.Context, d deployment, name string) error {
	s.report(true, "URL", d.url)
	webhook := s.smokeWebhook(ctx, d, name)
	events := s.smokeEvents(ctx, d)
	index := s.smokeIndex(ctx, d)
	announced := s.smokeIntake(ctx, d)
	s.smokeLimits(ctx, d)
	if doors := s.smokeDoors(ctx, d); !webhook || !events || !index || !announced || !doors {
		return errSmoke
	}
	return nil
}

// report prints the result of a check and returns whether it is good.
func (s *session) report(ok bool, check, detail string) bool {
	result := "ok"
	if !ok {
		result = "FAIL"
	}
	s.printCheck(result, check, detail)
	return ok
}

// skip prints that a check is left out, which is no failure.
func (s *session) skip(check, why string) bool {
	s.printCheck("skip", check, why)
	return true
}

func (s *session) printCheck(result, check, detail string) {
	if s.asJSON {
		_ = s.JSON(map[string]string{"check": check, "result": strings.ToLower(result), "detail": detail}) // the next command fails on a closed output
		return
	}
	s.printf("%-4s  %-14s %s\n", result, check, detail)
}

// smokeWebhook sends the event and looks for it in the ledger.
func (s *session) smokeWebhook(ctx context.Context, d deployment, name string) bool {
	dest, err := s.sender(ctx, d, name)
	if errors.Is(err, errNoSigner) && name == "" {
		return s.skip("destination", "none has a secret: events come by a queue or a bucket alone")
	}
	if err != nil {
		return s.report(false, "destination", err.Error())
	}
	s.report(true, "destination", fmt.Sprintf("%s, signing with …%s", dest.Name, dest.Keys[0].Hint()))
	for i, host := range uploadHosts(*dest) {
		if !s.smokeEvent(ctx, d, *dest, host, i > 0) {
			return false
		}
	}
	return true
}

// smokeEvent sends an event whose upload goes to the host. again says that another event went well,
// so that one line tells of this one.
func (s *session) smokeEvent(ctx context.Context, d deployment, dest destination.Destination, host string, again bool) bool {
	p, err := newProbe(dest, host, s.now())
	if err != nil {
		return s.report(false, "event", err.Error())
	}
	status, outcome, err := s.post(ctx, d.url, p)
	if err != nil {
		return s.report(false, "answer", err.Error())
	}
	answer := fmt.Sprintf("%d %s", status, outcome)
	if status != http.StatusOK || outcome != string(ledger.Expired) {
		return s.report(false, "answer", answer+": "+usualCause(status, outcome))
	}
	if !again {
		s.report(true, "answer", answer)
	}
	return s.smokeLedger(ctx, d, p, host, again)
}

// sender returns the destination of that name, or the first.
func (s *session) sender(ctx context.Context, d deployment, name string) (*destination.Destination, error) {
	list, err := s.destinations(ctx, d)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, errNobody
	}
	i := slices.IndexFunc(list, func(d destination.Destination) bool { return name == "" && len(d.Keys) > 0 || d.Name == name })
	switch {
	case i < 0 && name == "":
		return nil, errNoSigner
	case i < 0:
		return nil, errNoDestination
	case len(list[i].Keys) == 0:
		return nil, fmt.Errorf("%s: %w", quoted(name), errNoSigner)
	}
	return &list[i], nil
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
		return 0, "", safehttp.WithoutURL(err)
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

// seeLogs says which command shows the functions' errors.
func seeLogs() string { return `see "` + typed("logs") + `"` }

// usualCause says what an answer other than the expected one usually means.
func usualCause(status int, outcome string) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the function knows another list of secrets; one just written is taken up within a minute"
	case status == http.StatusForbidden:
		return "AWS lets nobody call the URL: the function's two permissions for it are missing; deploy again"
	case status == http.StatusTooManyRequests:
		return "the function is throttled: look at the account's concurrency"
	case status == http.StatusServiceUnavailable:
		return "the function cannot read its secret or the ledger, or the destination's library is not configured; " + seeLogs()
	case status >= 500:
		return "the function failed; " + seeLogs()
	case outcome == "malformed":
		return "the function's version does not take this event, or does not allow its hosts; " + seeLogs()
	}
	return "expected 200 expired; is this the function's URL?"
}

// smokeLedger reads the request that the event must have left, and whether its hosts are allowed.
func (s *session) smokeLedger(ctx context.Context, d deployment, p probe, host string, again bool) bool {
	item, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, p.id)
	switch {
	case err != nil:
		return s.report(false, "ledger", err.Error())
	case item.Code == fulfillment.CodeHost:
		return s.report(false, "hosts", fmt.Sprintf("%s: the function does not allow what the destination lists: its hosts have changed within the last minute, or it runs older code", item.Detail))
	case again:
		return s.report(item.State == ledger.Expired, "hosts", "uploads may go to "+host+" as well")
	}
	return s.report(item.State == ledger.Expired, "ledger", fmt.Sprintf("%s: %s, of %s", shortID(item.ID), item.State, item.Destination))
}

// smokeIndex looks whether the libraries are indexed. One that is not is no fault: a new
// one is begun by itself within minutes, a large one when its operator says so. One that
// waits because its settings may be wrong is a fault.
func (s *session) smokeIndex(ctx context.Context, d deployment) bool {
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return s.report(false, "libraries", err.Error())
	}
	waits := false
	for _, lib := range libraries {
		if len(lib.Codes) == 0 {
			s.printCheck("note", "codes", lib.Name+": none declared, so that more is placed by guess; declare codes: see \""+typed("names")+"\"")
		}
		state, _, err := s.index(d).State(ctx, lib)
		p, unread := reindex.Control{Index: s.index(d)}.Progress(ctx, lib)
		switch err := errors.Join(err, unread); {
		case err != nil:
			return s.report(false, "library", lib.Name+": "+err.Error())
		case state.Moved(lib), p.Run.Rules == lib.RuleSet() && p.Run.Stopped():
			waits = true
			s.report(false, "library", state.Doubt(lib)+"; \""+typed("reindex --status")+s.ofLibrary(lib)+"\" says what to do")
		case !state.Current(lib):
			s.report(true, "library", lib.Name+": not indexed whole yet, so that nothing is skipped; \""+typed("reindex --status")+s.ofLibrary(lib)+"\" shows the progress")
		default:
			s.report(true, "library", lib.Name+": indexed whole")
		}
	}
	return !waits
}

// smokeEvents looks whether changes of masters are announced.
func (s *session) smokeEvents(ctx context.Context, d deployment) bool {
	if s.system != nil {
		return s.skip("object events", "no EventBridge on this machine")
	}
	if err := s.foreignMasters(ctx, d); err != nil {
		return s.report(false, "masters", err.Error())
	}
	on, err := s.announces(ctx, d.masters)
	switch {
	case err != nil:
		return s.report(false, "object events", err.Error())
	case !on:
		return s.report(false, "object events", fmt.Sprintf("EventBridge is off for bucket %s: turn it on with \"%s\"", d.masters, typed("connect "+d.masters)))
	}
	return s.report(true, "object events", "EventBridge is on for bucket "+d.masters)
}
