//go:build linux

package crash_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// long is a master's size in bytes. Half of the master is larger than the buffers between two
// processes, so that an upload stays incomplete while a run is stopped.
const long = 16 << 20

// A run may be stopped for longer than its lease while another run settles the request. When the
// stopped run wakes, it must write nothing to the ledger, send no callback and abort its upload.
func TestAWokenRunLeavesASettledRequestAlone(t *testing.T) {
	t.Parallel()
	s := running(t)
	tests := []struct {
		name string
		at   place
		want left
	}{
		{"deciding", atLedger(decided, Arrived), left{1, 1, 1, 2}},
		{"half the bytes sent", atUpload(long / 2), left{2, 1, 1, 2}},
		{"checkpoint written", atLedger(uploaded, Answered), left{1, 1, 1, 2}},
	}
	for _, door := range []doors.Door{"", doors.Queue} {
		for _, test := range tests {
			t.Run(scenariotest.DoorName(door)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				w := newWork(t, s, door, s.promising, long)
				w.upload(t)
				gate, trap := test.at(w)
				first := w.sending(t)
				pid := caught(t, gate, trap)
				w.runs(t, pid)
				signal(t, pid, syscall.SIGSTOP)
				w.goesOn(t)
				version := w.item(t).Version

				signal(t, pid, syscall.SIGCONT)
				trap.Pass()
				if door == "" {
					truthful(t, <-first)
				} else {
					// The queue has delivered the message to both runs, and both must delete it.
					w.LeftQueue(t, w.request, 2)
				}
				w.uploadsOver(t)
				if now := w.item(t).Version; now != version {
					t.Errorf("the woken run wrote to the ledger: version %d after %d", now, version)
				}
				w.delivered(t, test.want)
				w.confirmed(t, true)
			})
		}
	}
}

// truthful checks the answer of a run that lost its request to another run. The run must answer
// that another run holds the request, or that the master was delivered.
func truthful(t *testing.T, got gateway.Result) {
	t.Helper()
	if got.Status == 409 {
		scenariotest.Answers(t, got, 409, "held")
		return
	}
	scenariotest.Answers(t, got, 200, "delivered")
}

// uploadsOver waits until no upload is running, and checks that exactly one upload was completed.
func (w *work) uploadsOver(t *testing.T) {
	t.Helper()
	var running, whole int
	scenariotest.Eventually(t, "the uploads are over", func(context.Context) bool {
		running, whole = 0, 0
		w.asking.uploads.Each(func(x Exchange) {
			switch {
			case !w.isUpload(x):
			case !x.Over:
				running++
			case len(x.Body) == len(w.master):
				whole++
			}
		})
		return running == 0
	})
	if whole != 1 {
		t.Errorf("%d uploads sent all their bytes, want one", whole)
	}
}

// A run may be stopped for longer than its lease while no other run takes over. When it wakes, it
// must settle the request or hand it off.
func TestAWokenRunWithoutASuccessorEndsItsRequest(t *testing.T) {
	t.Parallel()
	s := running(t)
	w := newWork(t, s, "", s.real, long)
	w.upload(t)
	gate, trap := atUpload(long / 2)(w)
	first := w.sending(t)
	pid := caught(t, gate, trap)
	signal(t, pid, syscall.SIGSTOP)
	scenariotest.Eventually(t, "the lease lapses", func(context.Context) bool { return time.Now().After(w.item(t).LeaseUntil.Add(lease)) })
	signal(t, pid, syscall.SIGCONT)
	trap.Pass()
	if got := <-first; got.Status != 202 {
		scenariotest.Answers(t, got, 200, "delivered")
	}
	scenariotest.Eventually(t, "the request is delivered", func(context.Context) bool { return w.item(t).State == ledger.Delivered })
	w.uploadsOver(t)
	if got := w.deliveredSomehow(t); got.landed != 1 || got.callbacks != 1 {
		t.Errorf("left %+v", got)
	}
}
