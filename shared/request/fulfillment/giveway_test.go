package fulfillment_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/ledger"
)

// turns handles the queue's messages until none is left. As with SQS, a message comes again after
// the delay that the function finish sets.
func (s *teams) turns(t *testing.T) {
	t.Helper()
	worker := &fulfillment.Service{
		Ledger: s.service.Ledger, Index: s.service.Index, Lines: s.service.Lines, Bucket: s.bucket, Backlog: s,
		Mover: s.service.Mover, Hosts: s.service.Hosts, Callbacks: s.service.Callbacks, Now: time.Now, IndexLag: s.service.IndexLag,
	}
	var all sync.WaitGroup
	for _, job := range s.queue.jobs {
		all.Go(func() {
			job.FromQueue = true
			for n := 1; ; n++ {
				job.Deadline = time.Now().Add(850 * time.Second)
				o := worker.Fulfil(t.Context(), job)
				if o.Status != fulfillment.Retry && o.Status != fulfillment.Held {
					return
				}
				<-time.After(handoff.RetryDelay(n, o, time.Until(job.Request.ExpiresAt), 0.5))
			}
		})
	}
	all.Wait()
}

// If a request's library does not declare the creative's code, the run leaves the request to
// another library that may have the creative.
func TestALibraryThatCannotHaveTheCodeGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		rules, err := placement.ParseRules(placement.Settings{Prefix: "ours/", Codes: []string{"SUM####"}})
		if err != nil {
			t.Fatal(err)
		}
		declared := masters.Library{Name: "ours", Rules: rules}
		ask := func(lib, other masters.Library) {
			s.service.Fulfil(t.Context(), fulfillment.Job{Request: s.request, Destination: lib.Name, Library: lib, Others: []masters.Library{other}, Deadline: time.Now().Add(280 * time.Second)})
		}
		ask(declared, theirs)
		ask(theirs, declared)
		s.turns(t)
		if item := s.item(t, s.request); item.State != ledger.Skipped {
			t.Errorf("state %s code %s callbacks %q", item.State, item.Code, s.callbacks)
		}
	})
}

// A fault of one library's index does not stop the other library from delivering.
func TestALibraryThatCannotBeReadGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, theirs, "9x16.mp4", nil)
		s.service.Index.Blobs = unreadableFor{s.index.Blobs, masters.DocumentPrefix(ours)}
		for _, lib := range []masters.Library{ours, theirs} {
			s.ask(t, lib)
		}
		s.turns(t)
		if item := s.item(t, s.request); item.State != ledger.Delivered {
			t.Errorf("state %s code %s callbacks %q", item.State, item.Code, s.callbacks)
		}
	})
}

// A library has passed: the run for it found nothing to deliver. If a file that may be the master
// comes to this library afterwards, the run for another library must not end the request.
func TestALibraryThatPassedMayStillGetTheMaster(t *testing.T) {
	t.Parallel()
	for _, control := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newTeams(t)
			s.put(t, theirs, "1x1.mp4", square)
			if !control {
				s.ask(t, ours)
				s.work(t)
			}
			s.learnIn(t, ours, ours.Prefix+heldBy) // the file is indexed but unplaced, so it may be the master
			s.ask(t, theirs)
			for range 4 {
				s.work(t)
			}
			item := s.item(t, s.request)
			if item.State.Ended() {
				t.Errorf("control %v ended as %s code %s, callbacks %q", control, item.State, item.Code, s.callbacks)
			}
		})
	}
}
