package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/request/ledger"
)

// step is one action of a run that holds a request.
type step struct {
	name string
	do   func(context.Context, *ledger.Hold) error
}

// steps returns all steps that a holder may take after a claim. The steps after the fifth need the
// first five.
func steps() []step {
	return []step{
		{"renew", func(ctx context.Context, h *ledger.Hold) error { return h.Renew(ctx) }},
		{"decide", func(ctx context.Context, h *ledger.Hold) error { return h.Decide(ctx, delivery) }},
		{"redecide", func(ctx context.Context, h *ledger.Hold) error { return h.Redecide(ctx, other) }},
		{"begin an upload", func(ctx context.Context, h *ledger.Hold) error { return h.BeginUpload(ctx) }},
		{"upload", func(ctx context.Context, h *ledger.Hold) error { return h.Uploaded(ctx, "0f") }},
		{"settle", func(ctx context.Context, h *ledger.Hold) error {
			return h.Settle(ctx, ledger.Outcome{State: ledger.Delivered, Code: "accepted", Detail: "done", Unconfirmed: true})
		}},
		{"release", func(ctx context.Context, h *ledger.Hold) error { return h.Release(ctx, "why", "because") }},
		{"queue", func(ctx context.Context, h *ledger.Hold) error { return h.Queue(ctx, "why", "because") }},
	}
}

func fencedOut(t *testing.T, store ledger.Store) {
	l, clock := newLedger(store)
	old := claimed(t, l)
	done(t, old.Decide(t.Context(), delivery))
	clock.Advance(ledger.Lease + ledger.Skew)
	claimed(t, l)
	want := stored(t, store)
	for _, s := range steps() {
		if err := s.do(t.Context(), old); !errors.Is(err, ledger.ErrFenced) {
			t.Errorf("a fenced-out run may %s: %v", s.name, err)
		}
	}
	same(t, stored(t, store), want)
	same(t, old.Item(), want) // the old hold's item names the run that holds the request now
	refused(t, old.Alive(), ledger.ErrFenced)
}

func decisionFinal(t *testing.T, store ledger.Store) {
	for _, standing := range []ledger.Decision{delivery, skip} {
		l, _ := newLedger(store)
		id := "req#" + standing.Skip
		hold := claimedAs(t, l, id)
		done(t, hold.Decide(t.Context(), standing))
		done(t, hold.Decide(t.Context(), standing)) // Decide accepts the same decision again
		for _, d := range []ledger.Decision{other, {}, {Skip: "no_match: another reason"}} {
			refused(t, hold.Decide(t.Context(), d), ledger.ErrDecided)
		}
		done(t, hold.Release(t.Context(), "", ""))
		hold = claimedAs(t, l, id)
		refused(t, hold.Decide(t.Context(), other), ledger.ErrDecided)
		if got := *hold.Item().Decision; got != standing {
			t.Errorf("decided %+v, then %+v", standing, got)
		}
	}
}

// uploadsCounted checks that the uploads of all runs are counted together, and that the write of
// the first decision already counts the first upload.
func uploadsCounted(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	refused(t, hold.BeginUpload(t.Context()), ledger.ErrOrder)
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Redecide(t.Context(), other))
	for want := 1; want < ledger.MaxUploads; want++ {
		if got := stored(t, store).Uploads; got != want {
			t.Fatalf("%d uploads counted, want %d", got, want)
		}
		done(t, hold.BeginUpload(t.Context()))
		done(t, hold.Release(t.Context(), "", ""))
		hold = claimed(t, l)
	}
	refused(t, hold.BeginUpload(t.Context()), ledger.ErrUploads)
	if got := stored(t, store).Uploads; got != ledger.MaxUploads {
		t.Errorf("%d uploads counted, want %d", got, ledger.MaxUploads)
	}
	done(t, hold.Uploaded(t.Context(), "0f"))
	refused(t, hold.BeginUpload(t.Context()), ledger.ErrDecided)
}

func decidedAnew(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	done(t, hold.Decide(t.Context(), delivery))
	done(t, hold.Redecide(t.Context(), other))
	if got := *stored(t, store).Decision; got != other {
		t.Errorf("decided anew: %+v", got)
	}
	done(t, hold.Uploaded(t.Context(), "0f"))
	refused(t, hold.Redecide(t.Context(), delivery), ledger.ErrDecided)
	refused(t, hold.Redecide(t.Context(), skip), ledger.ErrDecided)
	done(t, hold.Redecide(t.Context(), other)) // Redecide accepts the current decision again

	hold = claimedAs(t, l, "req#skip")
	done(t, hold.Redecide(t.Context(), skip)) // without an earlier decision, Redecide works like Decide
	refused(t, hold.Redecide(t.Context(), delivery), ledger.ErrDecided)
}

func stepsInOrder(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	settle := func(s ledger.State) error { return hold.Settle(t.Context(), ledger.Outcome{State: s}) }
	refuse := func(states ...ledger.State) {
		t.Helper()
		for _, s := range states {
			refused(t, settle(s), ledger.ErrOrder)
		}
	}
	refuse("", ledger.Claimed, ledger.Queued, ledger.Uploaded, ledger.Delivered, ledger.Skipped)
	refused(t, hold.Uploaded(t.Context(), "0f"), ledger.ErrOrder)
	done(t, hold.Decide(t.Context(), delivery))
	refuse("", ledger.Claimed, ledger.Uploaded, ledger.Delivered, ledger.Skipped)
	done(t, hold.Uploaded(t.Context(), "0f"))
	done(t, hold.Uploaded(t.Context(), "0f"))
	refused(t, hold.Uploaded(t.Context(), "1f"), ledger.ErrDecided)
	refuse("", ledger.Uploaded, ledger.Skipped)
	done(t, settle(ledger.Delivered))

	hold = claimedAs(t, l, "req#skip")
	done(t, hold.Decide(t.Context(), skip))
	refused(t, hold.Uploaded(t.Context(), "0f"), ledger.ErrOrder)
	refuse(ledger.Delivered)
	done(t, settle(ledger.Skipped))
}

func settledOnce(t *testing.T, store ledger.Store) {
	l, _ := newLedger(store)
	hold := claimed(t, l)
	first := ledger.Outcome{State: ledger.Failed, Code: "upload_refused", Detail: strings.Repeat("ü", 2000)}
	done(t, hold.Settle(t.Context(), first))
	done(t, hold.Settle(t.Context(), first))
	// a second Settle with the same state returns no error, but the first outcome stays
	done(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed, Code: "later"}))
	refused(t, hold.Settle(t.Context(), ledger.Outcome{State: ledger.Expired}), ledger.ErrEnded)
	for _, s := range steps() {
		refused(t, s.do(t.Context(), hold), ledger.ErrEnded)
	}
	got := stored(t, store)
	if got.State != ledger.Failed || got.Code != "upload_refused" || got.Detail != strings.Repeat("ü", 512) || !got.LeaseUntil.IsZero() {
		t.Errorf("settled: %+v", got)
	}
	refused(t, hold.Alive(), ledger.ErrEnded)
}

// lostAnswers loses the answer to each step and repeats the step. It checks that the item is then
// the same as if the answer had arrived.
func lostAnswers(t *testing.T, store ledger.Store) {
	for _, s := range steps() {
		want := s.after(t, NewMemory(), "req#1", Nothing)
		for _, loss := range []Loss{Answer, Retried} {
			got := s.after(t, store, fmt.Sprintf("req#%s#%d", s.name, loss), loss)
			want.ID, want.Version = got.ID, got.Version // the version may differ, because a repeated write increases it
			same(t, got, want)
		}
	}
}

// after returns the item after a step. It repeats the step if the answer was lost.
func (s step) after(t *testing.T, store ledger.Store, id string, loss Loss) ledger.Item {
	t.Helper()
	lossy := &Lossy{Store: store}
	l, _ := newLedger(lossy)
	l.NewOwner = func() string { return "owner" }
	hold := claimedAs(t, l, id)
	for _, earlier := range steps()[:5] {
		if earlier.name == s.name {
			break
		}
		done(t, earlier.do(t.Context(), hold))
	}
	lossy.LoseNext(loss)
	err := s.do(t.Context(), hold)
	if loss == Answer {
		refused(t, err, ErrLost)
		err = s.do(t.Context(), hold)
	}
	if err != nil {
		t.Fatalf("%s whose answer was lost: %v", s.name, err)
	}
	item, err := store.Load(t.Context(), id)
	done(t, err)
	return item
}
