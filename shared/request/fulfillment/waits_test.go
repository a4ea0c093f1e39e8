package fulfillment_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// watched calls a function of the test before each read and each write of the index. If the
// function returns an error, the index returns it; a nil function does nothing.
type watched struct {
	masters.Blobs
	load, save func(name string) error
}

func (w watched) Load(ctx context.Context, name string) ([]byte, string, error) {
	if w.load != nil {
		if err := w.load(name); err != nil {
			return nil, "", err
		}
	}
	return w.Blobs.Load(ctx, name)
}

func (w watched) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	if w.save != nil {
		if err := w.save(name); err != nil {
			return "", err
		}
	}
	return w.Blobs.Save(ctx, name, data, revision)
}

// A run that can hand off does not wait at all if the index lag ends more than 5 s after the run's
// start. Otherwise it gives up at its first read of the index that is at least 5 s after the lag's
// end.
//
// A run that cannot hand off gives up when HoldTimeout has passed since the lag's end. It does not
// wait at all if it has less than 10 s between the lag's end and its deadline.
func TestARunThatCanHandOffGivesUpFiveSecondsAfterTheLag(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		queue, worker bool
		lag, deadline time.Duration // a deadline of 0 means that there is no deadline
		want          time.Duration
	}{
		"hands off, and the index settles in time": {queue: true, lag: 5 * time.Second, want: 11921 * time.Millisecond},
		"the first look after 5 s is the last":     {queue: true, lag: 1103515625, want: 6104 * time.Millisecond},
		"hands off, and the index does not settle": {queue: true, lag: 5*time.Second + 1},
		"the worker hands back":                    {worker: true, lag: 5*time.Second + 1},
		"cannot hand off":                          {lag: 2 * time.Second, want: 2 * time.Second},
		"cannot hand off, and has just enough time": {
			lag: 2 * time.Second, deadline: 12 * time.Second, want: 2 * time.Second,
		},
		"cannot hand off, and has too little time": {lag: 2 * time.Second, deadline: 12*time.Second - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.service.IndexLag, s.service.HoldTimeout = c.lag, 0
				if c.queue {
					s.service.Queue = &queue{}
				}
				s.bucket.Put(key, film, nil) // the file is in the bucket, but is never indexed
				job := fulfillment.Job{Request: wanted(), Library: library, FromQueue: c.worker}
				if c.deadline > 0 {
					job.Deadline = time.Now().Add(c.deadline)
				}
				began := time.Now()
				o := s.service.Fulfil(t.Context(), job)
				if took := time.Since(began).Round(time.Millisecond); took != c.want || len(s.callbacks) != 0 {
					t.Errorf("ended after %v, want %v: %+v", took, c.want, o)
				}
			})
		})
	}
}

// A run reads the index again after 500 ms, then after a quarter of the time that it has waited,
// and finally every 5 s.
func TestARunLooksOftenAtFirstAndThenSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		began := time.Now()
		var looks []time.Duration
		s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, load: func(name string) error {
			if strings.HasPrefix(name, "index/") {
				looks = append(looks, time.Since(began).Round(time.Millisecond))
			}
			return nil
		}}}
		s.service.IndexLag, s.service.HoldTimeout = 40*time.Second, 0
		s.bucket.Put(key, film, nil)
		s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Library: library})
		want := []time.Duration{
			0, 500, 1000, 1500, 2000, 2500, 3125, 3906, 4883, 6104, 7629, 9537, 11921, 14901, 18626, 23283, 28283, 33283, 38283, 43283,
		}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if looks = slices.Compact(looks); !slices.Equal(looks, want) {
			t.Errorf("looked at %v, want %v", looks, want)
		}
	})
}

// A request is sent again ten minutes after its first arrival. The second run waits for the index
// as long as the first run did.
func TestARunThatBeginsLateWaitsNoLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.bucket.Put(key, film, nil)
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry {
			t.Fatalf("%+v", o)
		}
		<-time.After(10 * time.Minute)
		time.AfterFunc(3*time.Second, func() { s.add(t, key, film, true, nil) })
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
			t.Errorf("asked again: %+v", o)
		}
	})
}

// A run accepts an absence from the moment when the index lag has passed since the request's
// arrival.
func TestAbsenceIsBelievedOnceTheIndexHasSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		began := time.Now()
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped || time.Since(began) != 2*time.Second {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

// hold makes another run hold the request for a while and then end it as failed.
func (s *fixture) hold(t *testing.T, request ledger.Request, length time.Duration) {
	t.Helper()
	other := &ledger.Ledger{Store: s.store, Now: time.Now, NewOwner: func() string { return "other" }}
	hold, err := other.Claim(t.Context(), request, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(length, func() {
		if err := hold.Settle(context.WithoutCancel(t.Context()), ledger.Outcome{State: ledger.Failed, Code: "other"}); err != nil {
			t.Errorf("settling: %v", err)
		}
	})
}

// A webhook checks every 500 ms whether another run still holds its request, until HoldTimeout.
func TestAWebhookWaitsForTheRunThatHoldsItsRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held, took time.Duration
		want       fulfillment.Status
	}{
		"a moment":              {700 * time.Millisecond, time.Second, fulfillment.Failed},
		"until the last moment": {20*time.Second - 1, 20 * time.Second, fulfillment.Failed},
		"for longer":            {20*time.Second + 1, 20 * time.Second, fulfillment.Held},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r, q := newFixture(t), wanted(), &queue{}
				s.service.Queue = q
				s.hold(t, ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint(), Library: library.Name}, c.held)
				began := time.Now()
				o := s.fulfil(t, r)
				if took := time.Since(began); o.Status != c.want || took != c.took || len(q.jobs) != 0 {
					t.Errorf("%+v after %v, %d messages; want %s after %v", o, took, len(q.jobs), c.want, c.took)
				}
				<-time.After(time.Minute)
			})
		})
	}
}

// A run that a webhook started waits while another run holds the request. If its invocation must
// end, the run stops waiting and answers that the request is held.
func TestAWebhookThatMustEndSaysThatItsRequestIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.hold(t, ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint(), Library: library.Name}, time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second+1)
		defer cancel()
		if o := s.service.Fulfil(ctx, fulfillment.Job{Request: r, Library: library}); o.Status != fulfillment.Held {
			t.Errorf("%+v", o)
		}
		<-time.After(2 * time.Minute)
	})
}
