package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
)

func claimNew(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	done(t, hold.Alive())
	want := ledger.Item{
		ID: "req#0123", Version: 1, State: ledger.Claimed, Owner: hold.Item().Owner, Fence: 1, Attempts: 1,
		Fingerprint: "print", Slot: "p#HRT-1212#2#en#video", Target: "HRT-1212-2 en video 9x16", Destination: "acme", Library: "default",
		LeaseUntil: start.Add(ledger.Lease), ExpiresAt: start.Add(time.Hour), ReceivedAt: start, UpdatedAt: start, ClaimedAt: start,
		EventIDs: []string{"evt_1"},
	}
	same(t, hold.Item(), want)
	same(t, stored(t, store), want)
	looked, err := l.Look(t.Context(), "req#0123")
	done(t, err)
	same(t, looked, want)
	items, err := store.BySlot(t.Context(), "p#HRT-1212#2#en#video", 10)
	inOrder(t, items, err, start)
}

func heldThenLapsed(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	first := claimed(t, l)
	held := func() {
		t.Helper()
		hold, err := l.Claim(t.Context(), request(), time.Time{})
		refused(t, err, ledger.ErrHeld)
		same(t, hold.Item(), first.Item())
		refused(t, hold.Alive(), ledger.ErrFenced) // a failed claim returns a hold that is never alive
		refused(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}), ledger.ErrFenced)
	}
	held()
	clock.Advance(ledger.Lease - 1)
	done(t, first.Alive())
	clock.Advance(1)
	refused(t, first.Alive(), ledger.ErrFenced)
	held()
	clock.Advance(ledger.Skew - 1)
	held()
	clock.Advance(1)
	second := claimed(t, l)
	done(t, second.Alive())
	if got := second.Item(); got.Fence != 2 || got.Attempts != 2 || !got.ReceivedAt.Equal(start) {
		t.Errorf("taken over: %+v", got)
	}
}

func leaseWithinDeadline(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	deadline := start.Add(90 * time.Second)
	hold, err := l.Claim(t.Context(), request(), deadline)
	done(t, err)
	for _, want := range []time.Duration{60, 80, 90, 90} {
		if got := stored(t, store).LeaseUntil; !got.Equal(start.Add(want * time.Second)) {
			t.Errorf("at %v the lease ends %v", clock.Now(), got)
		}
		clock.Advance(ledger.RenewEvery)
		done(t, hold.Renew(t.Context()))
	}
}

func renewed(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	hold := claimed(t, l)
	clock.Advance(ledger.Lease - time.Second)
	done(t, hold.Renew(t.Context()))
	clock.Advance(ledger.Lease - time.Second)
	done(t, hold.Alive())
	_, err := l.Claim(t.Context(), request(), time.Time{})
	refused(t, err, ledger.ErrHeld)
	if got := stored(t, store); got.Fence != 1 || !got.LeaseUntil.Equal(hold.Item().LeaseUntil) {
		t.Errorf("renewed: %+v", got)
	}
}

func endedIsAnswered(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	done(t, claimed(t, l).Settle(t.Context(), ledger.Outcome{State: ledger.Expired, Code: "too_late", Detail: "it was"}))
	end := stored(t, store)
	clock.Advance(time.Hour)
	for _, claim := range []func() (*ledger.Hold, error){
		func() (*ledger.Hold, error) { return l.Claim(t.Context(), request(), time.Time{}) },
		func() (*ledger.Hold, error) { return l.ClaimQueued(t.Context(), request(), time.Time{}) },
	} {
		hold, err := claim()
		refused(t, err, ledger.ErrEnded)
		if got := hold.Item(); got.State != ledger.Expired || got.Code != "too_late" || got.Detail != "it was" {
			t.Errorf("the end is told as %+v", got)
		}
	}
	same(t, stored(t, store), end)
}

func conflict(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	hold := claimed(t, l)
	asksElse := request()
	asksElse.Fingerprint = "another"
	check := func() {
		t.Helper()
		before := stored(t, store)
		_, err := l.Claim(t.Context(), asksElse, time.Time{})
		refused(t, err, ledger.ErrConflict)
		_, err = l.ClaimQueued(t.Context(), asksElse, time.Time{})
		refused(t, err, ledger.ErrConflict)
		same(t, stored(t, store), before)
	}
	check() // the function check is called three times: in the lease, after it, and after the request's end
	clock.Advance(time.Hour)
	check()
	done(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}))
	check()
}

func released(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Release(t.Context(), "index", "no answer"))
	refused(t, hold.Alive(), ledger.ErrFenced)
	refused(t, hold.Renew(t.Context()), ledger.ErrFenced)
	next := claimed(t, l)
	got := next.Item()
	if got.Fence != 2 || got.State != ledger.Claimed || *got.Decision != delivery || got.Code != "index" || got.Detail != "no answer" {
		t.Errorf("released and claimed: %+v", got)
	}
	refused(t, hold.Release(t.Context(), "", ""), ledger.ErrFenced)
	done(t, next.Alive())
}

func queued(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	hold := claimed(t, l)
	_, err := l.ClaimQueued(t.Context(), request(), time.Time{})
	refused(t, err, ledger.ErrHeld) // the queue's worker must not claim a held request either
	done(t, hold.Queue(t.Context(), "long", "over the budget"))
	refused(t, hold.Alive(), ledger.ErrFenced)
	refused(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}), ledger.ErrFenced)
	if got := stored(t, store); got.State != ledger.Queued || got.Owner != "" || !got.LeaseUntil.Equal(start.Add(ledger.QueueLease)) {
		t.Errorf("queued: %+v", got)
	}
	_, err = l.Claim(t.Context(), request(), time.Time{})
	refused(t, err, ledger.ErrQueued)
	worker, err := l.ClaimQueued(t.Context(), request(), time.Time{})
	done(t, err)
	if got := worker.Item(); got.State != ledger.Claimed || got.Fence != 2 {
		t.Errorf("claimed from the queue: %+v", got)
	}
	done(t, worker.Queue(t.Context(), "long", ""))
	clock.Advance(ledger.QueueLease + ledger.Skew - 1)
	_, err = l.Claim(t.Context(), request(), time.Time{})
	refused(t, err, ledger.ErrQueued)
	clock.Advance(1) // from now on, any run may claim the request, not only the queue's worker
	if got := claimed(t, l).Item(); got.State != ledger.Claimed || got.Fence != 3 {
		t.Errorf("claimed past the queue: %+v", got)
	}
}

func queuedAfterUpload(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Uploaded(t.Context(), "0f"))
	done(t, hold.Queue(t.Context(), "callback", ""))
	worker, err := l.ClaimQueued(t.Context(), request(), time.Time{})
	done(t, err)
	if got := worker.Item(); got.State != ledger.Uploaded || got.SHA256 != "0f" || *got.Decision != delivery {
		t.Errorf("the upload is forgotten: %+v", got)
	}
	refused(t, worker.Redecide(t.Context(), other), ledger.ErrDecided)
	done(t, worker.Settle(t.Context(), ledger.Outcome{State: ledger.Delivered}))
}

func leftOpen(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	_, err := l.Expire(t.Context(), request().ID)
	refused(t, err, ledger.ErrNotFound)
	hold := claimed(t, l)
	_, err = l.Expire(t.Context(), request().ID)
	refused(t, err, ledger.ErrOrder)
	clock.Advance(time.Hour - time.Second)
	done(t, hold.Renew(t.Context()))
	clock.Advance(2 * time.Second)
	_, err = l.Expire(t.Context(), request().ID)
	refused(t, err, ledger.ErrHeld)
	clock.Advance(ledger.Lease + ledger.Skew)
	item, err := l.Expire(t.Context(), request().ID)
	done(t, err)
	same(t, item, stored(t, store))
	if item.State != ledger.Expired || item.Fence != 1 {
		t.Errorf("left open: %+v", item)
	}
	refused(t, hold.Renew(t.Context()), ledger.ErrEnded)
	_, err = l.Expire(t.Context(), request().ID)
	refused(t, err, ledger.ErrEnded)
}

func oneHolder(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	for round := int64(1); round <= 3; round++ {
		holds := make([]*ledger.Hold, 100)
		errs := atOnce(len(holds), func(n int) (err error) {
			holds[n], err = l.Claim(t.Context(), request(), time.Time{})
			return err
		})
		winners := 0
		for n, err := range errs {
			if err != nil {
				refused(t, err, ledger.ErrHeld)
				refused(t, holds[n].Alive(), ledger.ErrFenced)
				continue
			}
			winners++
			done(t, holds[n].Alive())
		}
		if got := stored(t, store); winners != 1 || got.Fence != round || got.Version != round {
			t.Fatalf("round %d: %d holders, %+v", round, winners, got)
		}
		clock.Advance(ledger.Lease + ledger.Skew)
	}
}

func recordedOnce(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	fresh, err := l.Record(t.Context(), "bad#1", "acme", strings.Repeat("t", 500), "malformed event: creative.code: missing", 77)
	if err != nil || !fresh {
		t.Fatalf("recorded first: %t, %v", fresh, err)
	}
	fresh, err = l.Record(t.Context(), "bad#1", "acme", "", "", 0)
	if err != nil || fresh {
		t.Fatalf("recorded again: %t, %v", fresh, err)
	}
	got, err := store.Load(t.Context(), "bad#1")
	done(t, err)
	if got.State != ledger.Malformed || got.Attempts != 2 || !strings.HasSuffix(got.Detail, "77 bytes: malformed event: creative.code: missing") || len(got.Detail) > 200 {
		t.Errorf("recorded: %+v", got)
	}
	items, err := store.ByDay(t.Context(), start.Format(time.DateOnly), 10)
	inOrder(t, items, err, start)
}

func eventIDsBounded(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	again := func(id string) {
		t.Helper()
		r := request()
		r.EventID = id
		hold, err := l.Claim(t.Context(), r, time.Time{})
		done(t, err)
		done(t, hold.Release(t.Context(), "", ""))
	}
	for _, id := range []string{"a", "a", "", strings.Repeat("x", 257), "b"} {
		again(id)
	}
	if got := stored(t, store).EventIDs; !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("event ids %q", got)
	}
	for n := range 2 * ledger.MaxEventIDs {
		again(fmt.Sprint(n))
	}
	if got := stored(t, store); len(got.EventIDs) != ledger.MaxEventIDs || got.EventIDs[0] != "a" || got.Attempts != 5+2*ledger.MaxEventIDs {
		t.Errorf("event ids %q after %d attempts", got.EventIDs, got.Attempts)
	}
}

func lostClaim(t *testing.T, store ledger.Store) {
	lossy := &Lossy{Store: store}
	l, clock := newLedger(lossy)
	lossy.LoseNext(Retried)
	first := claimed(t, l)
	if got := first.Item(); got.Fence != 1 || got.Attempts != 1 || first.Alive() != nil {
		t.Errorf("claimed by a retried write: %+v", got)
	}
	clock.Advance(ledger.Lease + ledger.Skew)
	lossy.LoseNext(Answer)
	if _, err := l.Claim(t.Context(), request(), time.Time{}); !errors.Is(err, ErrLost) {
		t.Fatalf("a claim without an answer: %v", err)
	}
	_, err := l.Claim(t.Context(), request(), time.Time{})
	refused(t, err, ledger.ErrHeld) // the earlier claim, whose answer was lost, holds the request
	clock.Advance(ledger.Lease + ledger.Skew)
	if got := claimed(t, l).Item(); got.Fence != 3 {
		t.Errorf("claimed after a lost claim: %+v", got)
	}
}
