//go:build linux

package crash_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/shared/request/ledger"
)

// left is what a request leaves behind in the end.
type left struct {
	uploads   int // PUTs that came to the platform's storage
	landed    int // those of them that wrote
	callbacks int // that came to the waitpoint, all with the same body
	attempts  int // runs that claimed the request
}

// within reports whether nothing was done more often than wanted, but for more times.
func (l left) within(want left, more int) bool {
	for _, d := range []int{l.uploads - want.uploads, l.landed - want.landed, l.callbacks - want.callbacks} {
		if d < 0 || d > more {
			return false
		}
	}
	return true
}

// givenBack returns how many runs gave the request back to the queue after they had
// decided, which a run does whose lease a busy machine let lapse.
func (w *work) givenBack() (n int) {
	for _, step := range w.writes() {
		if step.took() && queued(step) && step.decision != "" {
			n++
		}
	}
	return n
}

// delivered holds that the request ended so, with just the master's bytes, by one
// decision and one body for its callback, and left what it should.
func (w *work) delivered(t *testing.T, want left) {
	t.Helper()
	if got := w.deliveredSomehow(t); got != want {
		t.Errorf("left %+v, want %+v", got, want)
	}
}

// deliveredSomehow is delivered, however often things were done on the way.
func (w *work) deliveredSomehow(t *testing.T) left {
	t.Helper()
	seen := w.Env.Delivered(t, w.asking.Platform, w.request, w.master)
	if item := seen.Item; !item.LeaseUntil.IsZero() || item.Decision == nil || item.Decision.Key != w.key {
		t.Errorf("the ledger says %+v", item)
	}
	w.wellWritten(t)
	w.asking.uploads.Each(func(x Exchange) {
		if w.isUpload(x) && !bytes.HasPrefix(w.master, x.Body) {
			t.Errorf("%d bytes went out that are not the master's", len(x.Body))
		}
	})
	return left{seen.Writes.Puts, seen.Writes.Landed, len(seen.Callbacks), seen.Item.Attempts}
}

// wellWritten holds that the ledger's writes follow each other: one decision for good,
// one end, nothing after it.
func (w *work) wellWritten(t *testing.T) {
	t.Helper()
	scenariotest.Eventually(t, "the gate has seen every answer", func(context.Context) bool { // DynamoDB has them first
		return !slices.ContainsFunc(w.writes(), func(step write) bool { return !step.exchange.Over })
	})
	var decisions []string
	ended := 0
	for _, step := range w.writes() {
		if !step.took() {
			continue
		}
		if ended > 0 {
			t.Errorf("written after the end: %s", step)
		}
		if step.state.Ended() {
			ended++
		}
		if step.decision != "" && !slices.Contains(decisions, step.decision) {
			decisions = append(decisions, step.decision)
		}
		if len(decisions) > 0 && step.decision == "" {
			t.Errorf("the decision is forgotten: %s", step)
		}
	}
	if len(decisions) != 1 || ended != 1 {
		t.Errorf("%d decisions and %d ends, want one of each: %q", len(decisions), ended, decisions)
	}
}

// confirmed holds whether the ledger is sure that it was our callback that counted. It
// is not where one may have been taken whose answer was lost, and the waitpoint then
// says that it was completed before.
func (w *work) confirmed(t *testing.T, want bool) {
	t.Helper()
	if got := !w.item(t).Unconfirmed; got != want {
		t.Errorf("confirmed: %t, want %t", got, want)
	}
}

func (w *work) item(t *testing.T) ledger.Item { t.Helper(); return w.Item(t, w.request) }
