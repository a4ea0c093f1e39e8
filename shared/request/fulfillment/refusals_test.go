package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// If a store's fault prevents the use of a result, the outcome makes the gateway send the result
// again.
func TestAResultThatCannotBeAppliedMustComeAgain(t *testing.T) {
	t.Parallel()
	saved := 0
	for name, c := range map[string]struct {
		breakIt func(*fixture)
		code    string
	}{
		"the ledger cannot be read":    {func(s *fixture) { s.service.Ledger.Store = slotless{s.store} }, "ledger"},
		"the ledger cannot be written": {func(s *fixture) { s.refuseWrites(func(ledger.Item) bool { return true }) }, "ledger"},
		"the index cannot be read": {func(s *fixture) {
			s.service.Index = masters.Index{Blobs: watched{
				Blobs: s.index.Blobs, load: func(string) error { return errors.New("503") },
				save: func(string) error { saved++; return nil },
			}}
		}, "index"},
		"the index cannot be written": {func(s *fixture) { s.service.Index = masters.Index{Blobs: readOnly{s.index.Blobs}} }, "index"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.asked(t, "feed 1", ledger.Delivered, nil)
				c.breakIt(s)
				if o := s.tell(t, "d", told{rejectedTopic, "", refusal}); o.Status != fulfillment.Retry || o.Code != c.code || o.Detail == "" {
					t.Errorf("%+v, want it retried because of the %s", o, c.code)
				}
				s.service.Ledger.Store, s.service.Index = s.store, s.index
				if o := s.tell(t, "d", told{rejectedTopic, "", refusal}); o.Status != fulfillment.Recorded || len(s.refused(t)) != 1 {
					t.Errorf("again: %+v, refused %q", o, s.refused(t))
				}
			})
		})
	}
	if saved != 0 {
		t.Errorf("%d documents were written that could not be read", saved)
	}
}

// slotless is a ledger store that cannot list the requests of a slot.
type slotless struct{ ledger.Store }

func (slotless) BySlot(context.Context, string, int) ([]ledger.Item, error) { return nil, errDown }

// The same bytes may be refused for two slots, and two files for one slot. Each refusal is stored.
func TestEachRefusalIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		same := func(i *ledger.Item) { i.Decision.Key, i.SHA256 = "film.mp4", sum(film) }
		s.asked(t, "feed 1", ledger.Delivered, same)
		s.asked(t, "story_reel 1", ledger.Delivered, same)
		s.asked(t, "feed 2", ledger.Delivered, nil)
		for n, r := range []told{
			{rejectedTopic, `"placementFamily":"story_reel"`, refusal},
			{rejectedTopic, `"placementFamily":"feed"`, refusal + `,"contentHash":"sha256:` + sum(film) + `"`},
			{rejectedTopic, `"placementFamily":"feed"`, refusal + `,"contentHash":"sha256:` + sum([]byte("feed 2")) + `"`},
		} {
			for range 2 { // the result is sent twice, because any event may arrive twice
				if o := s.tell(t, "d", r); o.Status != fulfillment.Recorded {
					t.Errorf("result %d: %+v", n, o)
				}
			}
		}
		want := []string{"film.mp4 for story_reel", "film.mp4 for feed", "file of feed 2 for feed"}
		if got := s.refused(t); !slices.Equal(got, want) {
			t.Errorf("refused %q, want %q", got, want)
		}
	})
}

// The platform's refusal of a file is written into the index document, even if other writers change
// the document 99 times in the meantime.
func TestARefusalIsTriedAHundredTimes(t *testing.T) {
	t.Parallel()
	for overtaken, want := range map[int]fulfillment.Status{99: fulfillment.Recorded, 100: fulfillment.Retry, 1000: fulfillment.Retry} {
		t.Run(fmt.Sprint(overtaken), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, saves := newFixture(t), 0
				s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, save: func(string) error {
					if saves++; saves <= overtaken {
						return masters.ErrStale
					}
					return nil
				}}}
				s.asked(t, "feed 1", ledger.Delivered, nil)
				if o := s.tell(t, "d", told{rejectedTopic, "", refusal}); o.Status != want || saves != 100 {
					t.Errorf("%+v after %d writes", o, saves)
				}
			})
		})
	}
}

// A result that matches no request is reported as new the first time, and as repeated when it
// arrives again.
func TestAnUnmatchedResultIsRepeatedTheSecondTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		for _, repeated := range []bool{false, true} {
			o := s.tell(t, "d", told{rejectedTopic, "", refusal})
			if o.Status != fulfillment.Unknown || o.Code != fulfillment.CodeUnmatched || o.Repeated != repeated || o.Detail == "" {
				t.Errorf("%+v, want it repeated: %t", o, repeated)
			}
		}
	})
}

// If the platform rejected a request only because we skipped it, the outcome has the code
// "skip_echo". For any other rejection the outcome has the code "rejected", and the platform's
// reason as its detail.
func TestTheEchoOfASkipIsNoRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.asked(t, "feed 1", ledger.Skipped, nil)
		s.asked(t, "story_reel 1", ledger.Delivered, nil)
		if o := s.tell(t, "d", told{rejectedTopic, "", echo}); o.Status != fulfillment.Recorded || o.Code != fulfillment.CodeSkipEcho {
			t.Errorf("echo: %+v", o)
		}
		if o := s.tell(t, "d", told{rejectedTopic, "", refusal}); o.Status != fulfillment.Recorded || o.Code != "rejected" || !strings.Contains(o.Detail, "unreadable") {
			t.Errorf("refusal: %+v", o)
		}
	})
}

// The throughput metric is written only for a delivery that moved bytes in a measured time.
func TestAThroughputNeedsBytesAndTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes   int64
		took    time.Duration
		metrics int // the number of metrics, including the one for the time left
	}{{0, time.Second, 1}, {5, 0, 1}, {1, 1, 3}} {
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
			var m telemetry.Measures
			fulfillment.Outcome{Status: fulfillment.Delivered, Bytes: c.bytes, Elapsed: c.took}.Measure(&m)
			to.Measure(t.Context(), m)
		})
		if len(metrics) != c.metrics {
			t.Errorf("%d bytes in %v: %q", c.bytes, c.took, metrics)
		}
	}
}
