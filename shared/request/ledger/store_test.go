package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// watched is a store whose calls a test observes or answers. A nil function calls the store's own
// method.
type watched struct {
	ledger.Store
	load   func(id string) (ledger.Item, error)
	save   func(context.Context, ledger.Item) error
	bySlot func(limit int) ([]ledger.Item, error)
}

func (w *watched) Load(ctx context.Context, id string) (ledger.Item, error) {
	if w.load != nil {
		return w.load(id)
	}
	return w.Store.Load(ctx, id)
}

func (w *watched) Save(ctx context.Context, i ledger.Item) error {
	if w.save != nil {
		return w.save(ctx, i)
	}
	return w.Store.Save(ctx, i)
}

func (w *watched) BySlot(ctx context.Context, slot string, limit int) ([]ledger.Item, error) {
	if w.bySlot != nil {
		return w.bySlot(limit)
	}
	return w.Store.BySlot(ctx, slot, limit)
}

var errStore = errors.New("store down")

func TestAFaultOfTheStoreIsReturned(t *testing.T) {
	t.Parallel()
	store := &watched{Store: ledgertest.NewMemory(), load: func(string) (ledger.Item, error) { return ledger.Item{}, errStore }}
	store.save = func(context.Context, ledger.Item) error { t.Error("written without having read"); return nil }
	l := runs(store, 0)
	if _, err := l.Claim(t.Context(), asked, time.Time{}); !errors.Is(err, errStore) {
		t.Errorf("claimed: %v", err)
	}
	if fresh, err := l.Record(t.Context(), "bad#1", "d", "t", "", 1); fresh || !errors.Is(err, errStore) {
		t.Errorf("recorded: %v, %v", fresh, err)
	}
	if _, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(`{}`)}); !errors.Is(err, errStore) {
		t.Errorf("resolved without a look at what was kept: %v", err)
	}
	store.load, store.save = nil, func(context.Context, ledger.Item) error { return errStore }
	if kept, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(`{}`)}); !errors.Is(err, errStore) || kept.ID != "" {
		t.Errorf("the result cannot be kept, yet %+v, %v", kept, err)
	}
}

func TestASwapIsTriedFiftyTimes(t *testing.T) {
	t.Parallel()
	tries := 0
	store := &watched{Store: ledgertest.NewMemory(), save: func(context.Context, ledger.Item) error { tries++; return ledger.ErrStale }}
	if _, err := runs(store, 0).Claim(t.Context(), asked, time.Time{}); !errors.Is(err, ledger.ErrStale) || tries != 50 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

func TestEachWriteSavesItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold, err := runs(ledgertest.NewMemory(), 0).Claim(t.Context(), asked, time.Time{})
		if err != nil || !hold.Item().UpdatedAt.Equal(time.Now()) {
			t.Errorf("%v, %+v", err, hold.Item())
		}
	})
}

// A run's steps and its renewals share one item, so a second step waits until the first has ended.
func TestARunTakesOneStepAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Store: ledgertest.NewMemory()}
		hold, err := runs(store, 0).Claim(t.Context(), asked, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var writing atomic.Int32
		store.save.Store(new(saving(func(ctx context.Context, i ledger.Item) error {
			if writing.Add(1) > 1 {
				t.Error("two steps write at once")
			}
			defer writing.Add(-1)
			<-time.After(time.Second)
			return store.Store.Save(ctx, i)
		})))
		for range 3 {
			go func() {
				if err := hold.Renew(t.Context()); err != nil {
					t.Error(err)
				}
			}()
		}
		pass(time.Minute)
	})
}

// The index by slot lags, so Resolve reads each request again, and ignores one that no longer
// exists.
func TestResolveReadsEachRequestAgain(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	was := stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Delivered, SHA256: "0f"})
	stale := was
	stale.State, stale.SHA256 = ledger.Claimed, ""
	store := &watched{Store: l.Store, bySlot: func(limit int) ([]ledger.Item, error) {
		if limit != 100 {
			t.Errorf("%d requests are compared with", limit)
		}
		return []ledger.Item{stale, {ID: "gone", State: ledger.Delivered, Slot: slot}}, nil
	}}
	l.Store = store
	v := ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(`{}`)}
	if got, _, err := l.Resolve(t.Context(), slot, v); err != nil || got.ID != was.ID {
		t.Errorf("%+v, %v", got, err)
	}
	store.load = func(string) (ledger.Item, error) { return ledger.Item{}, errStore }
	store.bySlot = func(int) ([]ledger.Item, error) { return []ledger.Item{stale}, nil }
	if _, _, err := l.Resolve(t.Context(), slot, v); !errors.Is(err, errStore) {
		t.Errorf("not read again: %v", err)
	}
}

// The same bytes from another destination, or for another library, are a different result.
func TestTheSameBytesFromAnotherDestinationAreAnotherResult(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]ledger.Verdict{"destination": {Destination: "b"}, "library": {Library: "b"}} {
		l, _ := resolver()
		raw := json.RawMessage(`{"n":1}`)
		stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Delivered, Result: raw, ResultClass: ledger.ClassRejected})
		v.Class, v.Raw = ledger.ClassRejected, raw
		for times := 1; times <= 2; times++ {
			got, _, err := l.Resolve(t.Context(), slot, v)
			if want := []error{ledger.ErrUnmatched, ledger.ErrKept}[times-1]; !errors.Is(err, want) || got.ID == "req#1" || got.Attempts != 1 {
				t.Errorf("of another %s: %+v, %v", name, got, err)
			}
		}
		ours, _, err := l.Resolve(t.Context(), "p#another", ledger.Verdict{Class: ledger.ClassRejected, Raw: raw})
		if !errors.Is(err, ledger.ErrUnmatched) || errors.Is(err, ledger.ErrKept) {
			t.Errorf("kept under one id with that of another %s: %+v, %v", name, ours, err)
		}
	}
}

func TestAResultIsKeptUpTo16KiB(t *testing.T) {
	t.Parallel()
	for size, whole := range map[int]bool{16 << 10: true, 16<<10 + 1: false} {
		l, _ := resolver()
		stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Delivered})
		raw := `"` + strings.Repeat("x", size-2) + `"`
		got, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(raw)})
		if err != nil || (string(got.Result) == raw) != whole {
			t.Errorf("%d bytes: %d are kept, %v", size, len(got.Result), err)
		}
	}
}

// After a run has ended its request, KeepAlive neither reads nor writes the request.
func TestKeepAliveEndsWithItsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, hold, _ := held(t)
		if err := hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}); err != nil {
			t.Fatal(err)
		}
		store.save.Store(new(saving(func(context.Context, ledger.Item) error { t.Error("renewed"); return nil })))
		reads := 0
		store.Store = &watched{Store: store.Store, load: func(string) (ledger.Item, error) { reads++; return ledger.Item{}, errStore }}
		if pass(10 * time.Minute); reads > 0 {
			t.Errorf("read %d times", reads)
		}
	})
}

// Once KeepAlive has stopped, no renewal is running, and no renewal reports later that the request
// is lost.
func TestKeepAliveIsOverOnceStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &faulty{Store: ledgertest.NewMemory()}
		hold, err := runs(store, 0).Claim(t.Context(), asked, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var writing atomic.Int32
		store.save.Store(new(saving(func(ctx context.Context, _ ledger.Item) error {
			writing.Add(1)
			defer writing.Add(-1)
			<-ctx.Done()
			<-time.After(time.Second) // the store returns only a second after the cancellation
			return ctx.Err()
		})))
		stop := hold.KeepAlive(t.Context(), func(err error) { t.Errorf("lost: %v", err) })
		pass(61 * time.Second) // after 61 s: the lease is over, and the renewal at 60 s hangs
		if writing.Load() != 1 || hold.Alive() == nil {
			t.Fatalf("%d renewals, alive: %v", writing.Load(), hold.Alive())
		}
		if stop(); writing.Load() != 0 {
			t.Error("a renewal goes on")
		}
	})
}

// If the store has a temporary fault, the result is not stored, and the platform sends it again.
func TestATemporaryFaultStoresNoResult(t *testing.T) {
	t.Parallel()
	for name, listed := range map[string][]ledger.Item{"of the result": nil, "of a request": {{ID: "req#1", Slot: slot, State: ledger.Delivered}}} {
		reads := 0
		store := &watched{Store: ledgertest.NewMemory(), bySlot: func(int) ([]ledger.Item, error) { return listed, nil }}
		store.load = func(string) (ledger.Item, error) {
			if reads++; reads == 1 {
				return ledger.Item{}, errStore
			}
			return ledger.Item{}, ledger.ErrNotFound
		}
		v := ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(`{}`)}
		if kept, _, err := runs(store, 0).Resolve(t.Context(), slot, v); !errors.Is(err, errStore) {
			t.Errorf("one read %s failed, yet %+v, %v", name, kept, err)
		}
	}
}

// A request may change after Resolve has chosen it and before Resolve writes the result. If the
// request then already has the same result, Resolve returns the request. If the request has failed,
// the result no longer matches the request.
func TestARequestMayChangeWhileItsResultIsWritten(t *testing.T) {
	t.Parallel()
	raw := json.RawMessage(`{}`)
	for name, c := range map[string]struct {
		meanwhile func(*ledger.Item)
		want      error
	}{
		"a copy was faster": {func(i *ledger.Item) { i.Result, i.ResultClass = raw, ledger.ClassRejected }, nil},
		"a run failed":      {func(i *ledger.Item) { i.State = ledger.Failed }, ledger.ErrUnmatched},
	} {
		l, _ := resolver()
		memory := l.Store
		was := stand(t, memory, ledger.Item{ID: "req#1", State: ledger.Delivered, SHA256: "0f"})
		saves := 0
		l.Store = &watched{Store: memory, save: func(ctx context.Context, i ledger.Item) error {
			if saves++; saves > 1 {
				return memory.Save(ctx, i)
			}
			now := was
			now.Version++
			c.meanwhile(&now)
			if err := memory.Save(ctx, now); err != nil {
				t.Fatal(err)
			}
			return ledger.ErrStale
		}}
		got, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: raw})
		if !errors.Is(err, c.want) || (got.ID == "req#1") != (c.want == nil) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
