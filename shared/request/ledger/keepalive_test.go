package ledger_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// faulty is a store whose method Save can be replaced by a function of the test.
type faulty struct {
	ledger.Store
	save atomic.Pointer[saving] // the function to call instead of Save; nil calls the store's own Save
}

type saving func(context.Context, ledger.Item) error

func (f *faulty) Save(ctx context.Context, item ledger.Item) error {
	if save := f.save.Load(); save != nil {
		return (*save)(ctx, item)
	}
	return f.Store.Save(ctx, item)
}

var asked = ledger.Request{ID: "req#1", Fingerprint: "print", Slot: slot, StorageKey: "k"}

// held claims a request on a faulty store and keeps it alive until the test ends.
func held(t *testing.T) (store *faulty, hold *ledger.Hold, lost chan error) {
	t.Helper()
	store = &faulty{Store: ledgertest.NewMemory()}
	hold, err := runs(store, 0).Claim(t.Context(), asked, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	lost = make(chan error, 9)
	t.Cleanup(hold.KeepAlive(t.Context(), func(err error) { lost <- err }))
	return store, hold, lost
}

// runs returns a ledger whose clock is the given time ahead of the test's clock.
func runs(store ledger.Store, ahead time.Duration) *ledger.Ledger {
	return &ledger.Ledger{Store: store, Now: func() time.Time { return time.Now().Add(ahead) }, NewOwner: rand.Text}
}

// pass advances the test's fake time by d and waits until everything that is due has happened.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestKeepAliveHoldsTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, hold, lost := held(t)
		for range 100 {
			pass(7 * time.Second)
			if err := hold.Alive(); err != nil {
				t.Fatal(err)
			}
			if _, err := runs(store, 0).Claim(t.Context(), asked, time.Time{}); !errors.Is(err, ledger.ErrHeld) {
				t.Fatalf("claimed while kept alive: %v", err)
			}
		}
		if len(lost) > 0 {
			t.Errorf("lost: %v", <-lost)
		}
	})
}

func TestKeepAliveEndsWhenStopped(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(stop, cancel func()){
		"by stop":    func(stop, _ func()) { stop() },
		"by context": func(_, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hold, err := runs(ledgertest.NewMemory(), 0).Claim(t.Context(), asked, time.Time{})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				stop := hold.KeepAlive(ctx, func(err error) { t.Errorf("lost: %v", err) })
				pass(30 * time.Second)
				end(stop, cancel)
				pass(ledger.Lease - 10*time.Second)
				if got := hold.Item(); got.Version != 2 || hold.Alive() == nil {
					t.Errorf("renewed %d times, alive: %v", got.Version-1, hold.Alive())
				}
				stop()
			})
		})
	}
}

func TestKeepAliveReportsALossOnce(t *testing.T) {
	t.Parallel()
	errDown := errors.New("store down")
	for _, c := range []struct {
		name  string
		cause func(t *testing.T, store *faulty)
		want  error
		after time.Duration // KeepAlive must call lost exactly this long after the last successful renewal
	}{
		{"taken over", func(t *testing.T, store *faulty) {
			if _, err := runs(store, time.Hour).Claim(t.Context(), asked, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}, ledger.ErrFenced, ledger.RenewEvery},
		{"ended by the platform", func(t *testing.T, store *faulty) {
			if _, _, err := runs(store, 0).Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassFulfilled, StorageKey: "k"}); err != nil {
				t.Fatal(err)
			}
		}, ledger.ErrEnded, ledger.RenewEvery},
		{"store down", func(_ *testing.T, store *faulty) {
			store.save.Store(new(saving(func(context.Context, ledger.Item) error { return errDown })))
		}, errDown, ledger.Lease},
		{"store hangs", func(_ *testing.T, store *faulty) {
			store.save.Store(new(saving(func(ctx context.Context, _ ledger.Item) error { <-ctx.Done(); return ctx.Err() })))
		}, context.DeadlineExceeded, ledger.Lease + ledger.Skew},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, hold, lost := held(t)
				pass(50 * time.Second) // after 50 s: the lease was renewed at 20 s and 40 s
				c.cause(t, store)
				pass(c.after - 10*time.Second - 1)
				if len(lost) > 0 {
					t.Fatalf("lost too early: %v", <-lost)
				}
				pass(1)
				if len(lost) != 1 {
					t.Fatal("the run is not told")
				}
				if err := <-lost; !errors.Is(err, c.want) || hold.Alive() == nil {
					t.Errorf("lost by %v, want %v; alive: %v", err, c.want, hold.Alive())
				}
				pass(10 * time.Minute)
				if len(lost) > 0 {
					t.Errorf("told again: %v", <-lost)
				}
			})
		})
	}
}

func TestKeepAliveOutlastsAFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, hold, lost := held(t)
		store.save.Store(new(saving(func(context.Context, ledger.Item) error { return errors.New("store down") })))
		pass(45 * time.Second) // after 45 s: the renewals at 20 s and 40 s have failed
		store.save.Store(nil)
		pass(ledger.Lease)
		if err := hold.Alive(); err != nil || len(lost) > 0 {
			t.Errorf("alive: %v, told %d times that it is lost", err, len(lost))
		}
	})
}

func TestKeepAliveReportsNoLossAfterTheRunHasEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(context.Context, *ledger.Hold) error{
		"settle": func(ctx context.Context, h *ledger.Hold) error {
			return h.Settle(ctx, ledger.Outcome{State: ledger.Failed})
		},
		"release": func(ctx context.Context, h *ledger.Hold) error { return h.Release(ctx, "", "") },
		"queue":   func(ctx context.Context, h *ledger.Hold) error { return h.Queue(ctx, "", "") },
	} {
		for when, slow := range map[string]time.Duration{"at once": 0, "while a renewal waits for its turn": 12 * time.Second} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store, hold, lost := held(t)
					pass(10 * time.Second)
					store.save.Store(new(saving(func(ctx context.Context, item ledger.Item) error {
						<-time.After(slow)
						return store.Store.Save(ctx, item)
					})))
					if err := end(t.Context(), hold); err != nil {
						t.Fatal(err)
					}
					pass(10 * time.Minute)
					if len(lost) > 0 {
						t.Errorf("told that the request is lost: %v", <-lost)
					}
				})
			})
		}
	}
}
