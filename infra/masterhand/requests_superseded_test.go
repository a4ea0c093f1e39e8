package main

import (
	"strings"
	"testing"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

// If a request was delivered and later superseded, the commands "requests", "trace" and "up" say
// that it was delivered before.
func TestASupersededDeliveryKeepsItsStory(t *testing.T) {
	t.Parallel()
	item := ledger.Item{
		ID: "req#0123456789abcdef", State: ledger.Superseded, Slot: "p#HRT#2#en#video", Target: "9x16", ResultClass: ledger.ClassFulfilled,
		Decision:   &ledger.Decision{Key: "HRT/a.mp4"},
		ReceivedAt: noon, EndedAt: noon.Add(73 * time.Millisecond), UpdatedAt: noon.Add(513 * time.Millisecond),
	}
	var out strings.Builder
	s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
	if err := s.Print(requestsTable([]ledger.Item{item})); err != nil || !strings.Contains(out.String(), advice.ReplacedWords) {
		t.Errorf("%v: %s", err, &out)
	}
	out.Reset()
	if err := s.showTrace(trace{Request: item, Steps: dated(item)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"superseded " + advice.ReplacedWords + "\n", "\nnext: ", "+73 ms  ended: delivered\n", "+513 ms  superseded: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("trace lacks %q: %s", want, &out)
		}
	}
	if line := s.requestLine(item); !strings.Contains(line, advice.ReplacedWords) || strings.Contains(line, "in progress") {
		t.Error(line)
	}
	item.Code, item.Decision = fulfillment.CodeCompletedBefore, &ledger.Decision{Skip: "no_match:aspect"}
	if got := why(item); got != fulfillment.CodeCompletedBefore {
		t.Errorf("another callback completed the request, got %q", got)
	}
	if steps := dated(item); steps[len(steps)-1].What != "ended: superseded" {
		t.Errorf("%+v", steps)
	}
}

func TestOnlyAnOpenRequestIsInProgress(t *testing.T) {
	t.Parallel()
	s := &session{}
	for state, open := range map[ledger.State]bool{ledger.Claimed: true, ledger.Expired: false} {
		if line := s.requestLine(ledger.Item{ID: "req#0123456789", State: state}); strings.Contains(line, "in progress") != open {
			t.Errorf("%s: %s", state, line)
		}
	}
}

func TestALineNamesTheStateOnce(t *testing.T) {
	t.Parallel()
	s := &session{}
	for _, detail := range []string{"", "no field of the event is known"} {
		line := s.requestLine(ledger.Item{ID: "req#0123456789", State: ledger.Malformed, Code: "malformed", Detail: detail})
		if strings.Count(line, "malformed") != 1 || !strings.Contains(line, detail) {
			t.Errorf("%q: %s", detail, line)
		}
	}
}
