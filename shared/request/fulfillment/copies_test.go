package fulfillment_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

func TestCopiesOfARequestDeliverOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		if len(s.uploads) != 1 || len(s.callbacks) != 1 {
			t.Errorf("%d uploads, %d callbacks", len(s.uploads), len(s.callbacks))
		}
	})
}

func TestACopyOfASlowRunWaitsAndThenIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		holder := &ledger.Ledger{Store: s.store, Now: time.Now, NewOwner: func() string { return "slow" }}
		_, err := holder.Claim(t.Context(), ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint(), Library: library.Name}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if o := s.fulfil(t, r); o.Status != fulfillment.Held || time.Since(began) < 20*time.Second {
			t.Errorf("%+v after %s", o, time.Since(began))
		}
		changed := r
		changed.StorageKey = "another"
		if o := s.fulfil(t, changed); o.Status != fulfillment.Conflict || len(s.uploads)+len(s.callbacks) != 0 {
			t.Errorf("%+v", o)
		}
	})
}

func TestARunThatLostItsRequestSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		thief := &ledger.Ledger{Store: s.store, NewOwner: func() string { return "thief" },
			Now: func() time.Time { return time.Now().Add(2 * ledger.Lease) }}
		s.put = func(n int) (int, string) {
			_, err := thief.Claim(t.Context(), ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint(), Library: library.Name}, time.Time{})
			if err != nil {
				t.Errorf("taking over: %v", err)
			}
			return 200, ""
		}
		o := s.fulfil(t, r)
		if i := s.item(t, r); o.Status != fulfillment.Held || len(s.callbacks) != 0 || i.Owner != "thief" || i.State != ledger.Claimed {
			t.Errorf("%+v, callbacks %q, ledger %+v", o, s.callbacks, i)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	for _, c := range []struct {
		size             int64
		rate             float64
		deadline, expiry time.Duration
		want             fulfillment.Plan
	}{
		{100 << 20, 0, 280 * time.Second, time.Hour, fulfillment.DeliverNow},
		{5 << 30, 0, 280 * time.Second, time.Hour, fulfillment.DeliverNow},
		{5 << 30, 10 << 20, 280 * time.Second, time.Hour, fulfillment.HandOff},
		{5 << 30, 1 << 20, 280 * time.Second, time.Hour, fulfillment.GiveUp},
		{1, 0, 280 * time.Second, 5 * time.Second, fulfillment.DeliverNow},
		{1, 0, 280 * time.Second, time.Second, fulfillment.GiveUp},
		{1, 0, 5 * time.Second, time.Hour, fulfillment.HandOff},
	} {
		if got := fulfillment.Budget(c.size, c.rate, now, now.Add(c.deadline), now.Add(c.expiry)); got != c.want {
			t.Errorf("Budget(%d, %.0f, %s, %s) = %d, want %d", c.size, c.rate, c.deadline, c.expiry, got, c.want)
		}
	}
}
