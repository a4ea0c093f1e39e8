package fulfillment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/transfer"
)

// A proof of absence may use the indexer's record of a key only if neither the object nor the
// placement rules have changed since the record was made.
func TestARecordProvesOnlyWhatItIsOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*masters.Placed)
		want   fulfillment.Status
	}{
		"as it is":         {func(*masters.Placed) {}, fulfillment.Skipped},
		"another version":  {func(p *masters.Placed) { p.ETag = `"before"` }, fulfillment.Retry},
		"other rules":      {func(p *masters.Placed) { p.Rules = "before" }, fulfillment.Retry},
		"the creative too": {func(p *masters.Placed) { p.Documents = append(p.Documents, wanted().Slot.Creative) }, fulfillment.Retry},
		"no creative":      {func(p *masters.Placed) { p.Documents = nil }, fulfillment.Retry},
		"a code around it": {func(p *masters.Placed) { p.Documents[0].Code = "CLIENT-HRT-1212" }, fulfillment.Skipped},
		"the same by name": {func(p *masters.Placed) { p.Documents[0].Code, p.Rule = "CLIENT-HRT-1212", "name" }, fulfillment.Retry},
		"unplaced":         {func(p *masters.Placed) { p.Unplaced = "no code" }, fulfillment.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.bucket.Put(key, film, nil)
				o, err := s.bucket.Look(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				placed := masters.Placed{
					Format: masters.Format, Key: key, ETag: o.ETag, Rules: library.RuleSet(), Rule: masters.RuleLabels,
					Documents: []creative.Creative{{Code: "OTHER", Variation: 1}},
				}
				c.change(&placed)
				if _, err := s.index.SavePlaced(t.Context(), library, placed, ""); err != nil {
					t.Fatal(err)
				}
				if o := s.fulfil(t, wanted()); o.Status != c.want {
					t.Errorf("outcome %+v, want %s", o, c.want)
				}
			})
		})
	}
}

// A proof in a large library lists the keys that begin with the code in the request's letter case,
// and those that begin with the canonical code.
func TestALargeLibraryIsListedByTheCodeInBothSpellings(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"HRT-1212/v2/en/9x16.mp4", "hrt-1212/v2/en/9x16.mp4"} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newFixture(t), wanted()
			s.bucket.Put(file, film, nil)
			state, revision, err := s.index.State(t.Context(), library)
			state.Keys = 20_001
			if err == nil {
				err = s.index.SaveState(t.Context(), library, state, revision)
			}
			if err != nil {
				t.Fatal(err)
			}
			r.Slot.Creative.Code = "hrt-1212"
			if o := s.fulfil(t, r); o.Status != fulfillment.Retry || len(s.callbacks) != 0 {
				t.Errorf("%s is not indexed, yet %+v, callbacks %q", file, o, s.callbacks)
			}
		})
	}
}

// An earlier release may have stored a rejection for a request that delivered nothing. If the same
// rejection comes again, no bytes are marked as refused.
func TestOnlyDeliveredBytesAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		rejection := map[string]any{
			"projectId": "p", "reason": "unreadable",
			"creative": map[string]any{"code": "HRT-1212", "variation": 2, "locale": "en", "kind": "video"},
		}
		raw, err := json.Marshal(rejection)
		if err != nil {
			t.Fatal(err)
		}
		s.asked(t, "feed 1", ledger.Failed, func(i *ledger.Item) {
			i.Result, i.Decision = raw, &ledger.Decision{Key: key, ETag: `"1"`, Aspect: "4x5"}
		})
		if o := s.tell(t, "d", told{rejectedTopic, "", refusal}); o.Status != fulfillment.Recorded {
			t.Fatalf("outcome %+v, want the result that is stored already", o)
		}
		if refused := s.refused(t); len(refused) != 0 {
			t.Errorf("refused: %q", refused)
		}
	})
}

// A run stops when its request expires, even if the invocation has minutes left.
func TestWorkEndsWhenTheRequestExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) { return http.StatusServiceUnavailable, nil }
		r.ExpiresAt = time.Now().Add(30 * time.Second)
		o := s.fulfil(t, r)
		if late := time.Since(r.ExpiresAt); late > 0 || len(s.callbacks) < 3 {
			t.Errorf("%v after the request expired: %+v, %d callbacks", late, o, len(s.callbacks))
		}
	})
}

func TestASweepLeavesARunHalfAMinuteToSettle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.bucket.Put(key, film, nil) // the file is in the bucket, but is never indexed
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry {
			t.Fatalf("%+v", o)
		}
		<-time.After(time.Until(r.ExpiresAt) + 29*time.Second)
		for _, want := range []int{0, 1} {
			if ended, err := s.service.Sweep(t.Context()); err != nil || len(ended) != want {
				t.Errorf("%v after it expired, the sweep ended %d requests, %v; want %d", time.Since(r.ExpiresAt), len(ended), err, want)
			}
			<-time.After(2 * time.Second)
		}
	})
}

// stuck is a ledger store whose writes hang as soon as the test wants it.
type stuck struct {
	ledger.Store
	now atomic.Bool
}

func (s *stuck) Save(ctx context.Context, i ledger.Item) error {
	if s.now.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Save(ctx, i)
}

// The lease's renewals hang, so the run learns only after the end of the lease that it lost the
// request. It must not send the callback then.
func TestACallbackIsNotSentAfterTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := newFixture(t), &stuck{}
		store.Store, s.service.Ledger.Store, s.service.Ledger.Lease = s.store, store, 20*time.Second
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) {
			store.now.Store(true)
			<-time.After(21 * time.Second)
			return http.StatusServiceUnavailable, nil
		}
		if o := s.fulfil(t, wanted()); len(s.callbacks) != 1 {
			t.Errorf("%d callbacks, want the one that began in time; %+v", len(s.callbacks), o)
		}
	})
}

// late is a transport that waits before each upload until the lease has ended.
type late struct {
	*fixture
	store *stuck
}

func (l late) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodPut {
		l.store.now.Store(true)
		<-time.After(21 * time.Second)
	}
	return l.fixture.RoundTrip(req)
}

func TestBytesDoNotMoveAfterTheLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, store := newFixture(t), &stuck{}
		store.Store, s.service.Ledger.Store, s.service.Ledger.Lease = s.store, store, 20*time.Second
		s.service.Mover = &transfer.Mover{Client: &http.Client{Transport: late{s, store}}}
		s.add(t, key, film, true, nil)
		if o := s.fulfil(t, wanted()); len(s.uploads) != 0 {
			t.Errorf("%d uploads after the lease's end; %+v", len(s.uploads), o)
		}
	})
}

// A run that lost its request stops at its next renewal, even while it waits for something.
func TestARunThatLostItsRequestStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.service.IndexLag = 4 * time.Minute
		thief := &ledger.Ledger{Store: s.store, NewOwner: func() string { return "thief" },
			Now: func() time.Time { return time.Now().Add(2 * ledger.Lease) }}
		time.AfterFunc(5*time.Second, func() {
			_, err := thief.Claim(t.Context(), ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint()}, time.Time{})
			if err != nil {
				t.Errorf("taking over: %v", err)
			}
		})
		began := time.Now()
		if o := s.fulfil(t, r); o.Status != fulfillment.Held || o.Code != fulfillment.CodeLost || time.Since(began) > ledger.RenewEvery {
			t.Errorf("%+v after %v", o, time.Since(began))
		}
	})
}

// sealed is a bucket whose objects can be listed and answer HEAD requests, but cannot be read.
type sealed struct {
	fulfillment.Bucket
	opens int
}

func (b *sealed) Open(context.Context, string, string, string, int64, int64) (io.ReadCloser, error) {
	b.opens++
	return nil, fmt.Errorf("%w: 403", masters.ErrDenied)
}

// If the masters bucket refuses a read, the run does not repeat it; a later run may succeed.
func TestARefusedReadOfTheMasterIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		bucket := &sealed{Bucket: s.bucket}
		s.service.Bucket = bucket
		s.add(t, key, film, true, nil)
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry || bucket.opens != 1 || len(s.callbacks) != 0 {
			t.Errorf("%+v after %d reads, callbacks %q", o, bucket.opens, s.callbacks)
		}
		s.service.Bucket = s.bucket
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
			t.Errorf("once it is granted: %+v", o)
		}
	})
}
