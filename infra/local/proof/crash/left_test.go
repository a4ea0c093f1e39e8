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

// left holds the numbers of uploads, callbacks and claims that a settled request has caused.
type left struct {
	uploads   int // number of PUTs to the platform's storage
	landed    int // number of PUTs whose object was stored
	callbacks int // number of callbacks to the waitpoint
	attempts  int // number of runs that claimed the request
}

// within reports whether no count of l is less than in want, and none exceeds want by more than the
// parameter more. The field attempts is not compared.
func (l left) within(want left, more int) bool {
	for _, d := range []int{l.uploads - want.uploads, l.landed - want.landed, l.callbacks - want.callbacks} {
		if d < 0 || d > more {
			return false
		}
	}
	return true
}

// givenBack returns the number of runs that have decided a request and then returned the request
// to the queue. A run does so if its lease expires, which can happen on a busy machine.
func (w *work) givenBack() (n int) {
	for _, step := range w.writes() {
		if step.took() && queued(step) && step.decision != "" {
			n++
		}
	}
	return n
}

// delivered checks that the request ended with a delivery of exactly the master's bytes, that
// there were one decision and one callback body, and that the counts are equal to want.
func (w *work) delivered(t *testing.T, want left) {
	t.Helper()
	if got := w.deliveredSomehow(t); got != want {
		t.Errorf("left %+v, want %+v", got, want)
	}
}

// deliveredSomehow makes the same checks as delivered, but accepts any counts and returns them.
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

// wellWritten checks the ledger's writes of this request: one final decision, one write that ends
// the request, and no write after that.
func (w *work) wellWritten(t *testing.T) {
	t.Helper()
	// The gate records an answer of DynamoDB a little after the answer arrives, so the test waits.
	scenariotest.Eventually(t, "the gate has seen every answer", func(context.Context) bool {
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

// confirmed checks whether the ledger item confirms that the system's own callback completed the
// waitpoint. The parameter want is the expected result. The item does not confirm this if the
// answer to the first callback was lost and the repeated callback was answered with 409.
func (w *work) confirmed(t *testing.T, want bool) {
	t.Helper()
	if got := !w.item(t).Unconfirmed; got != want {
		t.Errorf("confirmed: %t, want %t", got, want)
	}
}

func (w *work) item(t *testing.T) ledger.Item { t.Helper(); return w.Item(t, w.request) }
