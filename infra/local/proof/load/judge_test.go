package load_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/local/proof/load"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/shared/request/ledger"
)

func answered(status int, outcome string) load.Answer {
	return load.Answer{Result: gateway.Result{Status: status, Body: []byte(`{"outcome":"` + outcome + `"}`), Attempts: 1}}
}

// good returns an event of a class with correct facts, in which judge must find no problem.
func good(class load.Class) (load.Event, load.Facts) {
	e := load.Event{Class: class, Ask: load.Ask{Key: "A/v1/en/9x16.mp4"}, Copies: 1}
	sum := [32]byte{1, 2, 3}
	f := load.Facts{Answers: []load.Answer{answered(200, "delivered")}, Master: scenario.Is(sum), Seen: scenario.Seen{
		Item: ledger.Item{
			State: ledger.Delivered, Decision: &ledger.Decision{Key: e.Ask.Key}, SHA256: hex.EncodeToString(sum[:]),
		},
		Outcome:   adplatform.Outcome{State: adplatform.Delivered},
		Callbacks: [][]byte{[]byte("delivery")}, Writes: r2.Writes{Puts: 1, Landed: 1, Concurrent: 1},
		Object: r2.Object{Size: 9, SHA256: sum}, There: true,
	}}
	switch class {
	case load.Duplicate:
		f.Answers = append(f.Answers, answered(200, "delivered"), answered(202, "accepted"))
	case load.Missing:
		e.Ask = load.Ask{Skip: "no_match:aspect"}
		f = load.Facts{Answers: []load.Answer{answered(200, "skipped")}, Seen: scenario.Seen{
			Item: ledger.Item{State: ledger.Skipped}, Callbacks: [][]byte{[]byte("skip")},
			Outcome: adplatform.Outcome{State: adplatform.Skipped, Completion: adplatform.Completion{Skip: true, Reason: "no_match:aspect"}},
		}}
	case load.Forged:
		f = load.Facts{Answers: []load.Answer{answered(401, "unauthentic")}}
	case load.Malformed:
		f = load.Facts{Answers: []load.Answer{answered(200, "malformed")}, Seen: scenario.Seen{Item: ledger.Item{State: ledger.Malformed}}}
	}
	return e, f
}

func TestJudgeFindsNothing(t *testing.T) {
	t.Parallel()
	for _, class := range []load.Class{load.There, load.Missing, load.Duplicate, load.Forged, load.Malformed} {
		e, f := good(class)
		if got := load.Judge(e, f, false); got != nil {
			t.Errorf("%s: %q", class, got)
		}
	}
}

func TestJudgeFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		class   load.Class
		change  func(*load.Facts)
		problem string
	}{
		{"open in the ledger", load.There, func(f *load.Facts) { f.Item.State = ledger.Claimed }, "should be delivered"},
		{"lost by the ledger", load.There, func(f *load.Facts) { f.Item = ledger.Item{} }, "should be delivered"},
		{"no callback", load.There, func(f *load.Facts) { f.Callbacks = nil }, "0 different callbacks"},
		{"two callbacks", load.There, func(f *load.Facts) { f.Callbacks = append(f.Callbacks, f.Callbacks[0]) }, "2 callbacks"},
		{"no object", load.There, func(f *load.Facts) { f.There = false }, "are not the master's"},
		{"other bytes", load.There, func(f *load.Facts) { f.Object.SHA256 = [32]byte{4} }, "are not the master's"},
		{"another master", load.There, func(f *load.Facts) { f.Item.Decision.Key = "B" }, "was chosen"},
		{"a wrong digest", load.There, func(f *load.Facts) { f.Item.SHA256 = "00" }, "SHA-256 is not that of"},
		{"rejected", load.There, func(f *load.Facts) { f.Outcome.State = adplatform.Rejected }, "the platform says rejected"},
		{"uploaded twice", load.There, func(f *load.Facts) { f.Writes.Puts = 2 }, "2 uploads, should be one"},
		{"uploaded side by side", load.There, func(f *load.Facts) { f.Writes.Concurrent = 2 }, "at the same time"},
		{"answered falsely", load.There, func(f *load.Facts) { f.Answers[0] = answered(200, "skipped") }, "answered 200 skipped"},
		{"still refused", load.There, func(f *load.Facts) { f.Answers[0] = answered(503, "unavailable") }, "answered 503"},
		{"not answered", load.There, func(f *load.Facts) { f.Answers[0].Err = context.DeadlineExceeded }, "no answer"},
		{"answered garbage", load.There, func(f *load.Facts) { f.Answers[0].Body = []byte("<html>") }, "no answer"},
		{"one copy held", load.Duplicate, func(f *load.Facts) { f.Answers[1] = answered(409, "held") }, "answered 409"},
		{"skipped by mistake", load.Duplicate, func(f *load.Facts) {
			f.Item.State, f.Outcome.State = ledger.Skipped, adplatform.Skipped
		}, "should be delivered"},
		{"a false reason", load.Missing, func(f *load.Facts) { f.Outcome.Completion.Reason = "corrupt" }, `for "corrupt"`},
		{"bytes with a skip", load.Missing, func(f *load.Facts) { f.Writes.Puts = 1 }, "1 uploads"},
		{"a skip not sent", load.Missing, func(f *load.Facts) { f.Outcome.State = adplatform.Waiting }, "the platform says waiting"},
		{"a skip not noted", load.Missing, func(f *load.Facts) { f.Item.State = ledger.Queued }, "should be skipped"},
		{"a forgery taken", load.Forged, func(f *load.Facts) { f.Answers[0] = answered(200, "delivered") }, "want 401"},
		{"a forgery noted", load.Forged, func(f *load.Facts) { f.Item.State = ledger.Claimed }, `should be ""`},
		{"a forgery told", load.Forged, func(f *load.Facts) { f.Callbacks = [][]byte{nil} }, "should be none"},
		{"a forgery's bytes", load.Forged, func(f *load.Facts) { f.There = true }, "should be none"},
		{"a forgery's upload", load.Forged, func(f *load.Facts) { f.Writes.Puts = 1 }, "should be none"},
		{"unusable and not noted", load.Malformed, func(f *load.Facts) { f.Item = ledger.Item{} }, "should be \"malformed\""},
		{"unusable and refused", load.Malformed, func(f *load.Facts) { f.Answers[0] = answered(400, "malformed") }, "want 200"},
	} {
		e, f := good(c.class)
		c.change(&f)
		got := load.Judge(e, f, false)
		if !slices.ContainsFunc(got, func(problem string) bool { return strings.Contains(problem, c.problem) }) {
			t.Errorf("%s: %q, want one with %q", c.name, got, c.problem)
		}
	}
}

func TestJudgeWithFaults(t *testing.T) {
	t.Parallel()
	e, f := good(load.There)
	f.Writes.Puts, f.Callbacks = 3, append(f.Callbacks, f.Callbacks[0])
	if got := load.Judge(e, f, true); got != nil {
		t.Errorf("repeated alike: %q", got)
	}
	f.Callbacks = append(f.Callbacks, []byte("another"))
	if got := fmt.Sprint(load.Judge(e, f, true)); !strings.Contains(got, "2 different callbacks") {
		t.Errorf("repeated otherwise: %s", got)
	}
}
