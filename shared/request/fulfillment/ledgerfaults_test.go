package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// intercepted is a ledger store that calls a function of the test before each write. If the
// function returns an error, the store returns it.
type intercepted struct {
	ledger.Store
	save func(ctx context.Context, i ledger.Item) error
}

func (s intercepted) Save(ctx context.Context, i ledger.Item) error {
	if err := s.save(ctx, i); err != nil {
		return err
	}
	return s.Store.Save(ctx, i)
}

// refuseWrites makes the ledger refuse to save items for which match is true.
func (s *fixture) refuseWrites(match func(ledger.Item) bool) {
	s.service.Ledger.Store = intercepted{s.store, func(_ context.Context, i ledger.Item) error {
		if match(i) {
			return errDown
		}
		return nil
	}}
}

// A run uploads nothing and sends no callback if the decision could not be saved in the ledger.
func TestNothingFollowsADecisionThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, there := range map[string]bool{"a delivery": true, "a skip": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				if there {
					s.add(t, key, film, true, nil)
				}
				s.refuseWrites(func(i ledger.Item) bool { return i.Decision != nil })
				o := s.fulfil(t, wanted())
				if o.Status != fulfillment.Retry || o.Code != "ledger" || len(s.uploads)+len(s.callbacks) != 0 {
					t.Errorf("%+v, %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
				}
			})
		})
	}
}

// If the ledger cannot record the upload, no callback is sent. The outcome still names the upload.
func TestACheckpointThatCannotBeWrittenNamesItsUpload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.refuseWrites(func(i ledger.Item) bool { return i.State == ledger.Uploaded })
		o := s.fulfil(t, wanted())
		if o.Status != fulfillment.Retry || o.Code != "ledger" || len(s.callbacks) != 0 {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
		if o.Decision.Key != key || o.SHA256 != sum(film) || o.Bytes != int64(len(film)) {
			t.Errorf("%+v names no upload", o)
		}
	})
}

// If a run wants to leave the request to another library but the ledger cannot record that, the run
// reports a failure of the ledger.
func TestARunThatCannotGiveWayBlamesTheLedger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, theirs, "9x16.mp4", nil)
		s.refuseWrites(func(i ledger.Item) bool { return i.GaveWay })
		if o := s.ask(t, ours); o.Status != fulfillment.Accepted || o.Code != "ledger" {
			t.Errorf("%+v", o)
		}
	})
}

// breaking is a queue that makes the ledger fail as soon as a message is sent.
type breaking struct {
	queue
	store *faulty
}

func (b *breaking) Send(ctx context.Context, job fulfillment.Job) error {
	b.store.down = true
	return b.queue.Send(ctx, job)
}

// If a hand-off message is in the queue, the queue's worker ends the request. This is so even if
// the ledger cannot record the hand-off: the run sends no second message, and its outcome has the
// same code as without the ledger's fault.
func TestAMessageOwnsItsRequestWhateverTheLedgerSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := newFixture(t), &faulty{}
		store.Store = s.store
		q := &breaking{store: store}
		s.service.Ledger.Store, s.service.Queue, s.service.IndexLag = store, q, time.Hour
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex || len(q.jobs) != 1 {
			t.Errorf("%+v, %d messages", o, len(q.jobs))
		}
	})
}

// A run of the queue's worker sends no hand-off message, because the message that started it comes
// again.
func TestTheQueuesWorkerSendsNoMessage(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*fixture){
		"an index that cannot be read": func(s *fixture) { s.service.Index = masters.Index{Blobs: denied{}} },
		"a ledger that is down":        func(s *fixture) { s.service.Ledger.Store = &faulty{Store: s.store, down: true} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, q := newFixture(t), &queue{}
				s.service.Queue = q
				prepare(s)
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Library: library, FromQueue: true})
				if o.Status != fulfillment.Retry || len(q.jobs) != 0 {
					t.Errorf("%+v, %d messages", o, len(q.jobs))
				}
			})
		})
	}
}

// end ends a request in the ledger, as a result from the platform or another run would.
func (s *fixture) end(t *testing.T, r platform.Request, state ledger.State, owner string) {
	t.Helper()
	item := s.item(t, r)
	item.Version, item.State = item.Version+1, state
	if owner != "" {
		item.Owner, item.Fence = owner, item.Fence+1
	}
	if err := s.store.Save(t.Context(), item); err != nil {
		t.Error(err)
	}
}

// If another run or a result ends a request while its callback is sent, the run reports that
// outcome.
func TestARunWhoseRequestHasEndedReportsThatEnd(t *testing.T) {
	t.Parallel()
	for name, owner := range map[string]string{"by a result of the platform": "", "by another run": "thief"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, q := newFixture(t), wanted(), &queue{}
				s.service.Queue = q
				s.add(t, key, film, true, nil)
				s.callback = func(int) (int, error) { s.end(t, r, ledger.Superseded, owner); return http.StatusOK, nil }
				if o := s.fulfil(t, r); o.Status != fulfillment.Superseded || !o.Repeated || len(q.jobs) != 0 {
					t.Errorf("%+v, %d messages", o, len(q.jobs))
				}
			})
		})
	}
}

// A delivery is counted once, even if the platform's result arrives before the callback is
// answered.
func TestADeliveryThatAResultReportsFirstCountsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) {
			s.end(t, r, ledger.Delivered, "")
			<-time.After(ledger.RenewEvery + time.Second) // the next renewal of the lease finds the request ended
			return http.StatusOK, nil
		}
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || o.Repeated {
			t.Errorf("%+v", o)
		}
	})
}

// If a result of the platform ends a request while its run waits, the run sends no message.
func TestARunWhoseRequestIsEndedWhileItWaitsHandsNothingOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		s.service.Queue = q
		s.add(t, key, film, true, nil)
		s.put = func(int) (int, string) { return http.StatusServiceUnavailable, "" }
		time.AfterFunc(5*time.Second, func() { s.end(t, r, ledger.FulfilledElsewhere, "") })
		if o := s.fulfil(t, r); o.Status != fulfillment.FulfilledElsewhere || len(q.jobs) != 0 {
			t.Errorf("%+v, %d messages", o, len(q.jobs))
		}
	})
}

// A run has at most 10 s to record its end in the ledger.
func TestARunThatCannotWriteItsEndTakesTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := newFixture(t), &stuck{}
		store.Store, s.service.Ledger.Store = s.store, store
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) { store.now.Store(true); return http.StatusOK, nil }
		began := time.Now()
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || time.Since(began) != 10*time.Second {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

// A renewal that hangs does not delay the end of a run.
func TestARenewalThatHangsDoesNotDelayTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := newFixture(t), &stuck{}
		store.Store, s.service.Ledger.Store = s.store, store
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) {
			store.now.Store(true)
			<-time.After(ledger.RenewEvery + time.Second)
			store.now.Store(false)
			return http.StatusOK, nil
		}
		began := time.Now()
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered || time.Since(began) != ledger.RenewEvery+time.Second {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

// sweeping is a ledger store. It lists requests as overdue even after they have ended, as a lagging
// index does, and it fails to read one of these requests.
type sweeping struct {
	ledger.Store
	ids    []string
	limits []int
	err    error
}

func (s *sweeping) Overdue(_ context.Context, _ time.Time, limit int) ([]ledger.Item, error) {
	s.limits = append(s.limits, limit)
	var items []ledger.Item
	for _, id := range s.ids {
		items = append(items, ledger.Item{ID: id})
	}
	return items, s.err
}

func (s *sweeping) Load(ctx context.Context, id string) (ledger.Item, error) {
	if id == "unreadable" {
		return ledger.Item{}, errors.New("ledger says 503")
	}
	return s.Store.Load(ctx, id)
}

// A sweep ends each open request, ignores requests that have ended or are held by a run, and
// reports requests that it could not end. It handles at most 500 requests.
func TestASweepReportsOnlyWhatItCouldNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		store := &sweeping{Store: s.store, ids: []string{"ended", "held", "unreadable", "open"}}
		s.service.Ledger.Store = store
		for id, state := range map[string]ledger.State{"ended": ledger.Delivered, "held": ledger.Claimed, "open": ledger.Queued} {
			item := ledger.Item{ID: id, Version: 1, State: state, ExpiresAt: time.Now().Add(-time.Minute), LeaseUntil: time.Now().Add(time.Minute)}
			if err := s.store.Save(t.Context(), item); err != nil {
				t.Fatal(err)
			}
		}
		ended, err := s.service.Sweep(t.Context())
		if len(ended) != 1 || ended[0].ID != "open" || ended[0].State != ledger.Expired {
			t.Errorf("ended %+v", ended)
		}
		if err == nil || err.Error() != "ledger says 503" {
			t.Errorf("error %v, want that of the request which cannot be read", err)
		}
		if !slices.Equal(store.limits, []int{500}) {
			t.Errorf("asked for %v requests", store.limits)
		}
		store.ids, store.err = nil, errors.New("no list")
		if _, err := s.service.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), "no list") {
			t.Errorf("a list that cannot be read: %v", err)
		}
	})
}
