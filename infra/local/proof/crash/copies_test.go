//go:build linux

package crash_test

import (
	"context"
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/gateway"
)

// copies is the number of times that one webhook arrives at the same moment. Each copy is answered
// by another process.
const copies = 40

// If one webhook arrives many times at once, only one run may upload the master. If that run is
// killed, only one other run may upload the master again. All other runs must answer "held" or
// "delivered". This test does not run in parallel with other tests: while so many programs start,
// the leases of other tests would expire.
func TestOneOfManyCopiesUploads(t *testing.T) {
	s := running(t)
	for name, test := range map[string]struct {
		kill bool
		want left
	}{
		"undisturbed":   {false, left{1, 1, 1, 1}},
		"one is killed": {true, left{2, 1, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWork(t, s, "", s.promising, size)
			w.upload(t)
			gate, trap := atUpload(size / 2)(w)
			all := make(chan []gateway.Result, 1)
			go func() { all <- w.Gateway.SendCopies(t.Context(), w.request.Event(), copies) }()
			pid := caught(t, gate, trap)
			scenariotest.Eventually(t, "every copy has asked the ledger", func(context.Context) bool { return w.askers() >= copies })
			if test.kill {
				signal(t, pid, syscall.SIGKILL)
				trap.Drop()
			} else {
				trap.Pass()
			}
			killed := 0
			for _, got := range <-all {
				if got.Status == 502 {
					killed++
				} else {
					truthful(t, got)
				}
			}
			if want := map[bool]int{true: 1}[test.kill]; killed != want {
				t.Errorf("%d copies died, want %d", killed, want)
			}
			if n := w.asking.Storage.Writes(w.request.StorageKey).Concurrent; n != 1 {
				t.Errorf("%d uploads were written at one time", n)
			}
			w.delivered(t, test.want)
		})
	}
}

// askers returns the number of processes that have read the request from the ledger. It counts
// their connections to DynamoDB.
func (w *work) askers() int {
	from := map[string]bool{}
	w.items.Each(func(x Exchange) {
		var get struct {
			Key struct{ PK struct{ S string } }
		}
		if w.isItem(x) && strings.HasSuffix(x.Operation, ".GetItem") && json.Unmarshal(x.Body, &get) == nil && get.Key.PK.S == w.id {
			from[x.From] = true
		}
	})
	return len(from)
}
