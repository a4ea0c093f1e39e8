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
		Use: "smoke", Short: "Test the URL, signature, ledger, index and object events", Args: takesNone,
		Long: `Sends a signed event that has already expired, with new ids, and reads its record in
the ledger. Nothing is uploaded, and no callback is made. The event counts as a
match of the destination's first secret, which signs it. If other platforms may
announce files, the command also checks that a wrong token is refused. If a queue
or a bucket takes the platform's events, the command sends such an event to each.`,
		Example: examples("smoke", "smoke --destination acme"),
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.deployment(c.Context())
			if err != nil {
				return err
			}
			return s.smoke(c.Context(), d, name)
		},
	}
	c.Flags().StringVar(&name, "destination", "", "`name` of the destination to sign as; unless given, the first one with a secret")
	s.withJSON(c, "a line of JSON for each check")
	return c
}

var (
	errNobody = fmt.Errorf("there are no destinations: add one with \"%s\"", typed("secret DEST"))
	errSmoke  = errors.New("at least one check failed")

	errNoSigner = errors.New("the destination has no secret to sign with: it takes events only by a queue or a bucket")
)

// smoke runs all checks and prints one line for each. A failed check does not stop the others.
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

// report prints the result of a check, and returns ok unchanged.
func (s *session) report(ok bool, check, detail string) bool {
	result := "ok"
	if !ok {
		result = "FAIL"
	}
	s.printCheck(result, check, detail)
	return ok
}

// skip prints why a check is skipped, and returns true, because a skipped check does not count as a
// failure.
func (s *session) skip(check, why string) bool {
	s.printCheck("skip", check, why)
	return true
}

func (s *session) printCheck(result, check, detail string) {
	if s.asJSON {
		// The error is ignored: the next write to the output returns it again.
		_ = s.JSON(map[string]string{"check": check, "result": strings.ToLower(result), "detail": detail})
		return
	}
	s.printf("%-4s  %-14s %s\n", result, check, detail)
}

// smokeWebhook sends one test event for each upload host to the function URL, and checks that the
// ledger records each.
func (s *session) smokeWebhook(ctx context.Context, d deployment, name string) bool {
	dest, err := s.sender(ctx, d, name)
	if errors.Is(err, errNoSigner) && name == "" {
		return s.skip("destination", "no destination has a secret: events come only by a queue or a bucket")
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

// smokeEvent sends a test event whose upload URL has this host, and checks the answer and the
// ledger. The parameter again is true for each test event after the first. For such an event,
// smokeEvent prints only failures and the check of the host.
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

// sender returns the destination with this name or, if name is "", the first one that has a secret.
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

// maxAnswer is the largest number of bytes that post reads from the body of an answer.
const maxAnswer = 4 << 10

// post sends the test event, and returns the answer's HTTP status and outcome. The outcome is "" if
// AWS answered instead of the function.
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
	// The error is ignored: if AWS itself answers, the body may be no JSON. The outcome then stays
	// "".
	_ = json.Unmarshal(body, &answer)
	return resp.StatusCode, answer.Outcome, nil
}

// seeLogs returns a hint with the command that shows the functions' errors.
func seeLogs() string { return `see "` + typed("logs") + `"` }

// usualCause returns a text with the most likely cause of an unexpected answer, and the remedy.
func usualCause(status int, outcome string) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the function does not have this secret; it reads a new list of secrets within a minute"
	case status == http.StatusForbidden:
		return "AWS refuses all calls of the URL, because the function's two permissions for it are missing; deploy again"
	case status == http.StatusTooManyRequests:
		return "Lambda throttles the function: raise the account's quota \"Concurrent executions\""
	case status == http.StatusServiceUnavailable:
		return "the function cannot read its secret or the ledger, or the destination's library is not configured; " + seeLogs()
	case status >= 500:
		return "the function failed; " + seeLogs()
	case outcome == "malformed":
		return "the function's version does not know this event, or does not allow its hosts; " + seeLogs()
	}
	return "expected \"200 expired\"; check that this is the function's URL"
}

// smokeLedger checks that the ledger records the test event as expired, and that the functions
// accept the hosts of the event's URLs. The parameter again is true for each test event after the
// first. For such an event, smokeLedger prints only failures and the check of the host.
func (s *session) smokeLedger(ctx context.Context, d deployment, p probe, host string, again bool) bool {
	item, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, p.id)
	switch {
	case err != nil:
		return s.report(false, "ledger", err.Error())
	case item.Code == fulfillment.CodeHost:
		return s.report(false, "hosts", fmt.Sprintf("%s: the function refuses a host that the destination lists: the hosts changed within the last minute, or the function runs an older version", item.Detail))
	case again:
		return s.report(item.State == ledger.Expired, "hosts", "uploads may go to "+host+" as well")
	}
	return s.report(item.State == ledger.Expired, "ledger", fmt.Sprintf("%s: %s, of %s", shortID(item.ID), item.State, item.Destination))
}

// smokeIndex checks the index of each library. A library that is not completely indexed yet passes
// the check, because a reindex takes some time. The check fails if a reindex waits because the
// library's settings may be wrong.
func (s *session) smokeIndex(ctx context.Context, d deployment) bool {
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return s.report(false, "libraries", err.Error())
	}
	waits := false
	for _, lib := range libraries {
		if len(lib.Codes) == 0 {
			s.printCheck("note", "codes", lib.Name+": the library declares no shapes of codes, so masterhand guesses the codes in file names; \""+typed("names")+"\" suggests shapes to declare")
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
			s.report(true, "library", lib.Name+": not completely indexed yet, so no request is skipped; \""+typed("reindex --status")+s.ofLibrary(lib)+"\" shows the progress")
		default:
			s.report(true, "library", lib.Name+": completely indexed")
		}
	}
	return !waits
}

// smokeEvents checks that the masters bucket sends its object events to EventBridge.
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
