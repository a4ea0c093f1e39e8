package ledger_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// If the lease is shorter than usual, its renewals are more frequent and the clock skew is smaller.
func TestRenewalsAndSkewFollowTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := runs(ledgertest.NewMemory(), 0)
		l.Lease = 4 * time.Second
		hold, err := l.Claim(t.Context(), asked, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		stop := hold.KeepAlive(t.Context(), func(err error) { t.Errorf("lost: %v", err) })
		pass(time.Minute)
		if err := hold.Alive(); err != nil {
			t.Fatalf("kept alive, but %v", err)
		}
		stop()
		renewed := hold.Item().LeaseUntil.Add(-l.Lease)
		if since := time.Since(renewed); since < 0 || since > l.Lease/2 {
			t.Errorf("last renewed %v ago", since)
		}
		pass(time.Until(renewed.Add(5*time.Second)) - 1)
		if _, err := l.Claim(t.Context(), asked, time.Time{}); !errors.Is(err, ledger.ErrHeld) || hold.Alive() == nil {
			t.Errorf("within the skew of a lease that lapsed: %v, alive: %v", err, hold.Alive())
		}
		pass(1)
		if _, err := l.Claim(t.Context(), asked, time.Time{}); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// For the length of a lease, only the queue's worker may claim a queued request.
func TestAQueuedRequestIsTheWorkersForOneLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := runs(ledgertest.NewMemory(), 0)
		l.Lease = 4 * time.Second
		hold, err := l.Claim(t.Context(), asked, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if err := hold.Queue(t.Context(), "budget", ""); err != nil {
			t.Fatal(err)
		}
		pass(5*time.Second - 1)
		if _, err := l.Claim(t.Context(), asked, time.Time{}); !errors.Is(err, ledger.ErrQueued) {
			t.Errorf("while the worker may come: %v", err)
		}
		pass(1)
		if _, err := l.Claim(t.Context(), asked, time.Time{}); err != nil {
			t.Errorf("after that: %v", err)
		}
	})
}
