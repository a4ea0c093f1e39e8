package ledgertest

import (
	"testing"
	"time"

	"masterhand/shared/request/ledger"
)

// stepsAreDated checks that each step has the time at which it was first taken, and that a step
// that is no longer valid has no time.
func stepsAreDated(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	dates := func(what string, want ...int) {
		t.Helper()
		i := stored(t, store)
		for n, at := range []time.Time{i.ClaimedAt, i.DecidedAt, i.UploadedAt, i.EndedAt} {
			var wanted time.Time
			if want[n] >= 0 {
				wanted = start.Add(time.Duration(want[n]) * time.Second)
			}
			if !at.Equal(wanted) {
				t.Errorf("%s: step %d is dated %s, want %s", what, n, at, wanted)
			}
		}
	}
	second := func() { clock.Advance(time.Second) }
	hold := claimed(t, l)
	second() // the clock is now 1 s after the start
	done(t, hold.Decide(t.Context(), delivery))
	dates("decided", 0, 1, -1, -1)
	second() // now 2 s after the start
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Renew(t.Context()))
	dates("decided the same again", 0, 1, -1, -1)
	done(t, hold.Redecide(t.Context(), other))
	dates("decided anew", 0, 2, -1, -1)
	done(t, hold.GiveWay(t.Context(), false))
	dates("undecided", 0, -1, -1, -1)
	second() // now 3 s after the start
	done(t, hold.Release(t.Context(), "why", "because"))
	hold = claimed(t, l)
	done(t, hold.Decide(t.Context(), delivery))
	dates("claimed anew", 3, 3, -1, -1)
	second() // the clock is now 4 s after the start
	done(t, hold.Uploaded(t.Context(), "0f"))
	second() // the clock is now 5 s after the start
	done(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Delivered}))
	second() // the clock is now 6 s after the start
	done(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Delivered}))
	dates("ended", 3, 3, 4, 5)
}
