//go:build linux

package crash_test

import (
	"context"
	"syscall"
	"testing"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/shared/request/ledger"
)

// The function finish must settle a handed-off request, even if one run of finish is killed, or if
// the run that hands the request off is killed.
func TestAHandedOffRequestSurvivesKills(t *testing.T) {
	t.Parallel()
	s := running(t)
	tests := []struct {
		name    string
		leaving bool // true: the test kills fulfill; false: it kills finish
		at      place
		want    left // the expected counts; the field attempts is not compared
	}{
		{"leaving it, message stored", true, atLedger(queued, Arrived), left{1, 1, 1, 0}},
		{"leaving it, ledger written", true, atLedger(queued, Answered), left{1, 1, 1, 0}},
		{"claim written", false, atLedger(reclaimed, Answered), left{1, 1, 1, 0}},
		{"half the bytes sent", false, atUpload(size / 2), left{2, 1, 1, 0}},
		{"checkpoint written", false, atLedger(uploaded, Answered), left{1, 1, 1, 0}},
		{"callback acknowledged", false, atLedger(settled, Arrived), left{1, 1, 2, 0}},
		{"settled", false, atLedger(settled, Answered), left{1, 1, 1, 0}},
	}
	for _, test := range tests {
		for name, again := range map[string]bool{"by the message": false, "by the webhook": true} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWork(t, s, "", s.real, size) // the master is not uploaded yet, so the request is handed off
				gate, trap := test.at(w)
				first := w.sending(t)
				if test.leaving {
					signal(t, caught(t, gate, trap), syscall.SIGKILL)
					w.upload(t)
				} else {
					scenariotest.Answers(t, <-first, 202, "accepted")
					w.upload(t)
					signal(t, caught(t, gate, trap), syscall.SIGKILL)
				}
				trap.Drop()
				if again {
					w.askUntilDelivered(t)
				}
				scenariotest.Eventually(t, "the request is delivered", func(context.Context) bool { return w.item(t).State == ledger.Delivered })
				got, again := w.deliveredSomehow(t), w.givenBack()
				if got.attempts = 0; !got.within(test.want, again) {
					t.Errorf("left %+v, want %+v and at most %d more of each", got, test.want, again)
				}
			})
		}
	}
}

// askUntilDelivered sends the webhook like the gateway, which sends a webhook again after any
// answer except a success. The answer 202 means that the request is in the queue.
func (w *work) askUntilDelivered(t *testing.T) {
	t.Helper()
	scenariotest.Eventually(t, "the webhook is answered", func(context.Context) bool {
		got := w.send(t)
		if got.Status != 409 && got.Status != 202 {
			scenariotest.Answers(t, got, 200, "delivered")
		}
		return got.Status < 400
	})
}
