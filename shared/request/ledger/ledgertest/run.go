package ledgertest

import (
	"crypto/rand"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
)

// Run tests a Store against its contract and against the ledger's state machine. The function
// newStore must return an empty store at each call, and clean up with t.Cleanup. The suite calls
// BySlot and ByDay right after writes, so the store under test must not lag.
func Run(t *testing.T, newStore func(t *testing.T) ledger.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, ledger.Store)
	}{
		{"absent item", absent},
		{"create once", createOnce},
		{"swap the read version only", swapReadVersion},
		{"one saver wins each version", oneWinsEachVersion},
		{"every field round-trips", roundTrip},
		{"copies in and out", copies},
		{"slot newest first", slotNewestFirst},
		{"day newest first", dayNewestFirst},
		{"overdue, oldest first", overdueOldestFirst},
		{"long pages", longPages},
		{"cancelled context", cancelled},

		{"claim a new request", claimNew},
		{"held until lease and skew are over", heldThenLapsed},
		{"lease within the process", leaseWithinDeadline},
		{"renewed", renewed},
		{"ended", endedIsAnswered},
		{"conflict", conflict},
		{"released", released},
		{"queued", queued},
		{"queued after the upload", queuedAfterUpload},
		{"left open past its deadline", leftOpen},
		{"one holder of a hundred", oneHolder},
		{"fenced out", fencedOut},
		{"decision final", decisionFinal},
		{"decided anew", decidedAnew},
		{"uploads counted", uploadsCounted},
		{"steps in order", stepsInOrder},
		{"steps are dated", stepsAreDated},
		{"settled once", settledOnce},
		{"unusable body recorded once", recordedOnce},
		{"event ids bounded", eventIDsBounded},
		{"lost answers", lostAnswers},
		{"lost claim", lostClaim},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, newStore(t))
		})
	}
}

// start is the time at which the suite's clocks start. It is not a full second, so that a store
// that rounds times fails.
var start = time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.UTC)

// newLedger returns a ledger on the store, with the clock that it uses.
func newLedger(store ledger.Store) (*ledger.Ledger, *Clock) {
	clock := NewClock(start)
	return &ledger.Ledger{Store: store, Now: clock.Now, NewOwner: rand.Text}, clock
}

// request returns the request that the suite claims.
func request() ledger.Request {
	return ledger.Request{
		ID: "req#0123", Fingerprint: "print", Slot: "p#HRT-1212#2#en#video", Target: "HRT-1212-2 en video 9x16",
		Destination: "acme", Library: "default", EventID: "evt_1", ExpiresAt: start.Add(time.Hour),
	}
}

var (
	delivery = ledger.Decision{Key: "HRT-1212/v2/en/9x16.mp4", VersionID: "v1", ETag: `"e1"`, Size: 1 << 33, Aspect: "9x16", Extension: "mp4", MediaType: "video/mp4"}
	other    = ledger.Decision{Key: "HRT-1212/v2/en/9x16.mp4", VersionID: "v2", ETag: `"e2"`, Size: 5}
	skip     = ledger.Decision{Skip: "no_match: no file"}
)

// done ends the test if a step failed.
func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused ends the test unless err is the reason.
func refused(t *testing.T, err, reason error) {
	t.Helper()
	if !errors.Is(err, reason) {
		t.Fatalf("got error %v, want %v", err, reason)
	}
}

// claimed claims the suite's request for a new run, or ends the test.
func claimed(t *testing.T, l *ledger.Ledger) *ledger.Hold {
	t.Helper()
	return claimedAs(t, l, request().ID)
}

// claimedAs claims a request that differs from the suite's request only in its id.
func claimedAs(t *testing.T, l *ledger.Ledger, id string) *ledger.Hold {
	t.Helper()
	r := request()
	r.ID = id
	hold, err := l.Claim(t.Context(), r, time.Time{})
	done(t, err)
	return hold
}

// stored returns the suite's item from the store, or ends the test.
func stored(t *testing.T, store ledger.Store) ledger.Item {
	t.Helper()
	item, err := store.Load(t.Context(), request().ID)
	done(t, err)
	return item
}

// same ends the test unless the two items are equal.
func same(t *testing.T, got, want ledger.Item) {
	t.Helper()
	if got, want := plain(got), plain(want); !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// plain removes differences that a Store may ignore: whether an empty list is nil, and how a time
// is represented in memory.
func plain(i ledger.Item) ledger.Item {
	i = clone(i)
	if len(i.EventIDs) == 0 {
		i.EventIDs = nil
	}
	if len(i.Result) == 0 {
		i.Result = nil
	}
	return i
}

// atOnce runs f n times at once and returns the error of each run.
func atOnce(n int, f func(int) error) []error {
	var all sync.WaitGroup
	begin := make(chan struct{})
	errs := make([]error, n)
	for i := range n {
		all.Go(func() {
			<-begin
			errs[i] = f(i)
		})
	}
	close(begin)
	all.Wait()
	return errs
}
