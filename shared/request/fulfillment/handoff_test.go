package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// queue records the jobs handed off to it; if refuse is true, Send fails.
type queue struct {
	jobs   []fulfillment.Job
	refuse bool
}

func (q *queue) Send(_ context.Context, job fulfillment.Job) error {
	if q.refuse {
		return errors.New("queue down")
	}
	q.jobs = append(q.jobs, job)
	return nil
}

// finish handles the newest message in the queue as the queue's worker does.
func (s *fixture) finish(t *testing.T, q *queue) fulfillment.Outcome {
	t.Helper()
	job := q.jobs[len(q.jobs)-1]
	job.FromQueue, job.Deadline = true, time.Now().Add(850*time.Second)
	worker := &fulfillment.Service{
		Ledger: s.service.Ledger, Index: s.service.Index, Lines: s.service.Lines, Bucket: s.bucket, Backlog: s,
		Mover: s.service.Mover, Hosts: s.service.Hosts, Callbacks: s.service.Callbacks, Now: time.Now, IndexLag: s.service.IndexLag,
	}
	return worker.Fulfil(t.Context(), job)
}

func TestATemporaryFaultIsHandedOffAndFinished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breakIt, heal func(*testing.T, *fixture)
		want          fulfillment.Status
	}{
		"far storage down": {
			func(t *testing.T, s *fixture) {
				s.add(t, key, film, true, nil)
				s.put = func(int) (int, string) { return 503, "" }
			},
			func(_ *testing.T, s *fixture) { s.put = nil }, fulfillment.Delivered,
		},
		"callback down": {
			func(t *testing.T, s *fixture) {
				s.add(t, key, film, true, nil)
				s.callback = func(int) (int, error) { return http.StatusBadGateway, nil }
			},
			func(_ *testing.T, s *fixture) { s.callback = nil }, fulfillment.Delivered,
		},
		"index behind": {
			func(t *testing.T, s *fixture) { s.add(t, key, film, false, nil) },
			func(t *testing.T, s *fixture) { s.add(t, key, film, true, nil) }, fulfillment.Delivered,
		},
		"index unbuilt": {
			func(_ *testing.T, s *fixture) { s.service.Index = masters.Index{Blobs: denied{}} },
			func(_ *testing.T, s *fixture) { s.service.Index = s.index }, fulfillment.Skipped,
		},
		"index to settle": {
			func(_ *testing.T, s *fixture) { s.service.IndexLag = 2 * time.Minute },
			func(*testing.T, *fixture) { <-time.After(2 * time.Minute) }, fulfillment.Skipped,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, q := newFixture(t), wanted(), &queue{}
				s.service.Queue = q
				c.breakIt(t, s)
				if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || len(q.jobs) != 1 || s.item(t, r).State != ledger.Queued {
					t.Fatalf("%+v, %d messages, ledger %s", o, len(q.jobs), s.item(t, r).State)
				}
				if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || len(q.jobs) != 1 {
					t.Errorf("a copy of a queued request: %+v, %d messages", o, len(q.jobs))
				}
				if o := s.finish(t, q); o.Status != fulfillment.Retry || s.item(t, r).State != ledger.Queued {
					t.Errorf("finished too early: %+v, ledger %s", o, s.item(t, r).State)
				}
				c.heal(t, s)
				if o := s.finish(t, q); o.Status != c.want {
					t.Errorf("finished: %+v, want %s", o, c.want)
				}
				for _, body := range s.callbacks {
					if body != s.callbacks[0] {
						t.Errorf("callbacks differ: %q", s.callbacks)
					}
				}
			})
		})
	}
}

func TestAnUploadOverTheBudgetIsHandedOffUndelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		s.service.Queue = q
		s.add(t, key, film, true, nil)
		o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: library, Deadline: time.Now().Add(fulfillment.Margin)})
		if o.Status != fulfillment.Accepted || o.Code != "budget" || len(s.uploads) != 0 {
			t.Errorf("%+v, %d uploads", o, len(s.uploads))
		}
		if i := s.item(t, r); i.State != ledger.Queued || i.Decision == nil || i.Decision.Key != key {
			t.Errorf("ledger: %+v", i)
		}
		if o := s.finish(t, q); o.Status != fulfillment.Delivered || len(s.uploads) != 1 {
			t.Errorf("finished: %+v, %d uploads", o, len(s.uploads))
		}
	})
}

func TestAQueueThatRefusesLeavesTheRequestToBeAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.service.Queue = &queue{refuse: true}
		s.bucket.Put(key, film, nil)
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry {
			t.Errorf("%+v", o)
		}
		s.add(t, key, film, true, nil)
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
			t.Errorf("asked again: %+v", o)
		}
	})
}

// faulty is a ledger store whose calls fail while its field down is true.
type faulty struct {
	ledger.Store
	down bool
}

var errDown = errors.New("ledger down")

func (f *faulty) Load(ctx context.Context, id string) (ledger.Item, error) {
	if f.down {
		return ledger.Item{}, errDown
	}
	return f.Store.Load(ctx, id)
}

func (f *faulty) Save(ctx context.Context, i ledger.Item) error {
	if f.down {
		return errDown
	}
	return f.Store.Save(ctx, i)
}

func TestALedgerThatIsDownLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		store := &faulty{Store: s.store, down: true}
		s.service.Ledger.Store, s.service.Queue = store, q
		s.add(t, key, film, true, nil)
		if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || len(s.uploads)+len(s.callbacks) != 0 {
			t.Fatalf("%+v, %d uploads, %d callbacks", o, len(s.uploads), len(s.callbacks))
		}
		if o := s.finish(t, q); o.Status != fulfillment.Retry {
			t.Errorf("finished without a ledger: %+v", o)
		}
		store.down = false
		// the ledger fails before the run can record how the request ended
		s.callback = func(int) (int, error) { store.down = true; return 200, nil }
		if o := s.finish(t, q); o.Status != fulfillment.Retry {
			t.Errorf("claimed to have ended what the ledger does not know: %+v", o)
		}
		s.callback, store.down = nil, false
		<-time.After(ledger.Lease + ledger.Skew)
		if o := s.finish(t, q); o.Status != fulfillment.Delivered || len(s.uploads) != 1 || s.callbacks[0] != s.callbacks[1] {
			t.Errorf("%+v, %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
		}
	})
}

func TestAnEndThatCannotBeWrittenIsHandedOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		store := &faulty{Store: s.store}
		s.service.Ledger.Store, s.service.Queue = store, q
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) { store.down = true; return 200, nil }
		if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || len(q.jobs) != 1 {
			t.Errorf("%+v, %d messages", o, len(q.jobs))
		}
		s.callback, store.down = nil, false
		<-time.After(ledger.Lease + ledger.Skew)
		if o := s.finish(t, q); o.Status != fulfillment.Delivered || len(s.uploads) != 1 {
			t.Errorf("finished: %+v, %d uploads", o, len(s.uploads))
		}
	})
}

func TestASweepEndsOverdueRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		s.service.Queue = q
		s.put = func(int) (int, string) { return 503, "" }
		s.add(t, key, film, true, nil)
		s.fulfil(t, r)
		done := wanted()
		done.CompleteURL = r.UploadURL
		s.put = nil
		if o := s.fulfil(t, done); o.Status != fulfillment.Delivered {
			t.Fatalf("%+v", o)
		}
		if ended, err := s.service.Sweep(t.Context()); err != nil || len(ended) != 0 {
			t.Errorf("swept too early: %v, %v", ended, err)
		}
		<-time.After(time.Hour + time.Minute)
		ended, err := s.service.Sweep(t.Context())
		if err != nil || len(ended) != 1 || ended[0].ID != r.ID() || s.item(t, r).State != ledger.Expired {
			t.Errorf("swept %v, %v, ledger %+v", ended, err, s.item(t, r))
		}
		if o := s.finish(t, q); o.Status != fulfillment.Expired || s.item(t, done).State != ledger.Delivered {
			t.Errorf("after the sweep: %+v, the delivered one %s", o, s.item(t, done).State)
		}
	})
}
