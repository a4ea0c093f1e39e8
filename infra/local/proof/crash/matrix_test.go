//go:build linux

package crash_test

import (
	"syscall"
	"testing"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/shared/request/doors"
)

// size is a master's size in bytes. The master is larger than the socket buffers, so that an upload
// can be held halfway.
const size = 4 << 20

// killed lists the steps at which a run is killed. Each has the numbers of uploads, callbacks and
// claims that both runs together must make. The second run repeats an upload or a callback only if
// the ledger has not recorded its success.
var killed = []struct {
	name string
	at   place
	want left
}{
	{"claim under way", atLedger(claimed, Arrived), left{1, 1, 1, 1}},
	{"claim written", atLedger(claimed, Answered), left{1, 1, 1, 2}},
	{"decision under way", atLedger(decided, Arrived), left{1, 1, 1, 2}},
	{"decision written", atLedger(decided, Answered), left{1, 1, 1, 2}},
	{"first byte sent", atUpload(1), left{2, 1, 1, 2}},
	{"half the bytes sent", atUpload(size / 2), left{2, 1, 1, 2}},
	{"all but the last byte sent", atUpload(Arrived), left{2, 1, 1, 2}},
	{"upload taken", atUpload(Answered), left{2, 2, 1, 2}},
	{"upload acknowledged", atLedger(uploaded, Arrived), left{2, 2, 1, 2}},
	{"checkpoint written", atLedger(uploaded, Answered), left{1, 1, 1, 2}},
	{"callback sent", atCallback(Arrived), left{1, 1, 1, 2}},
	{"callback taken", atCallback(Answered), left{1, 1, 2, 2}},
	{"callback acknowledged", atLedger(settled, Arrived), left{1, 1, 2, 2}},
	{"settled", atLedger(settled, Answered), left{1, 1, 1, 1}},
}

// If a run is killed at any step, another run must settle the request exactly once. The rule holds
// for requests through every door.
func TestAKilledRunIsFollowedByOneThatEndsTheRequest(t *testing.T) {
	t.Parallel()
	s := running(t)
	for name, way := range map[string]struct {
		door doors.Door
		p    *platform
	}{
		"url, waitpoint as it is":       {"", s.real},
		"url, waitpoint as promised":    {"", s.promising},
		"queue, waitpoint as promised":  {doors.Queue, s.promising},
		"bucket, waitpoint as promised": {doors.Bucket, s.promising},
	} {
		for _, test := range killed {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				w := newWork(t, s, way.door, way.p, size)
				w.upload(t)
				gate, trap := test.at(w)
				first := w.sending(t)
				pid := caught(t, gate, trap)
				w.runs(t, pid)
				signal(t, pid, syscall.SIGKILL)
				trap.Drop()
				if w.door == "" {
					if got := <-first; got.Status != 502 {
						t.Errorf("the killed run answered %d %s (%v)", got.Status, got.Body, got.Err)
					}
				}
				w.goesOn(t)
				w.delivered(t, test.want)
				w.confirmed(t, test.want.callbacks == 1 || way.p == s.real)

				version := w.item(t).Version
				scenariotest.Answers(t, w.send(t), 200, "delivered")
				if again := w.item(t).Version; again != version {
					t.Errorf("asking again wrote to the ledger: version %d after %d", again, version)
				}
			})
		}
	}
}

// If no run is killed, one upload and one callback must settle the request.
func TestWithoutAKillNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	w := newWork(t, running(t), "", here.promising, size)
	w.upload(t)
	scenariotest.Answers(t, w.send(t), 200, "delivered")
	w.delivered(t, left{1, 1, 1, 1})
	w.confirmed(t, true)
}
