package ledger_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// A run for another destination's library may claim a request that has no decision. It may do so at
// once if the last run left the request to other libraries. Otherwise it must wait for the end of
// the last run's lease.
func TestAnotherLibraryMayClaimUntilADecision(t *testing.T) {
	t.Parallel()
	first := ledger.Request{ID: "req#1", Fingerprint: "print", Destination: "a", Library: "ours", ExpiresAt: noon.Add(time.Hour)}
	other := first
	other.Destination, other.Library = "b", "theirs"
	for name, c := range map[string]struct {
		prepare func(*testing.T, *ledger.Hold)
		after   time.Duration
		want    error
	}{
		"held":                   {func(*testing.T, *ledger.Hold) {}, 0, ledger.ErrOtherLibrary},
		"gives way, still held":  {giveWay(true), 0, ledger.ErrOtherLibrary},
		"gave way, queued":       {both(giveWay(true), queueIt), 0, nil},
		"gave way, released":     {both(giveWay(false), release), 0, nil},
		"queued":                 {queueIt, 0, ledger.ErrOtherLibrary},
		"queued, and lapsed":     {queueIt, 2 * ledger.Lease, nil},
		"lapsed":                 {func(*testing.T, *ledger.Hold) {}, 2 * ledger.Lease, nil},
		"decided, and lapsed":    {decide(ledger.Decision{Key: "k"}), 2 * ledger.Lease, ledger.ErrOtherLibrary},
		"skip decided":           {both(decide(ledger.Decision{Skip: "no_match"}), release), 2 * ledger.Lease, ledger.ErrOtherLibrary},
		"a version that is gone": {both(decide(ledger.Decision{Key: "k"}), both(giveWay(false), release)), 0, nil},
		"ended":                  {settle, 0, ledger.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := ledgertest.NewClock(noon)
			l := &ledger.Ledger{Store: ledgertest.NewMemory(), Now: clock.Now, NewOwner: owners()}
			hold, err := l.Claim(t.Context(), first, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			c.prepare(t, hold)
			clock.Advance(c.after)
			for _, claim := range []func() (*ledger.Hold, error){
				func() (*ledger.Hold, error) { return l.ClaimQueued(t.Context(), other, time.Time{}) },
				func() (*ledger.Hold, error) { return l.Claim(t.Context(), other, time.Time{}) },
			} {
				taken, err := claim()
				if !errors.Is(err, c.want) {
					t.Fatalf("claimed: %v, want %v", err, c.want)
				}
				if err != nil {
					continue
				}
				if i := taken.Item(); i.Library != "theirs" || i.Destination != "b" || i.GaveWay || i.Decision != nil {
					t.Errorf("taken over as %+v", i)
				}
				return
			}
		})
	}
}

func TestOnlyARunThatProvedItsLibraryPasses(t *testing.T) {
	t.Parallel()
	clock := ledgertest.NewClock(noon)
	l := &ledger.Ledger{Store: ledgertest.NewMemory(), Now: clock.Now, NewOwner: owners()}
	for _, step := range []struct {
		library string
		passed  bool
		want    []string
	}{{"ours", false, nil}, {"theirs", true, []string{"theirs"}}, {"ours", true, []string{"theirs", "ours"}}, {"theirs", true, []string{"theirs", "ours"}}} {
		r := ledger.Request{ID: "req#1", Fingerprint: "print", Destination: "d", Library: step.library, ExpiresAt: noon.Add(time.Hour)}
		hold, err := l.Claim(t.Context(), r, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		giveWay(step.passed)(t, hold)
		release(t, hold)
		if got := hold.Item().Passed; !slices.Equal(got, step.want) {
			t.Errorf("%s: passed %q, want %q", step.library, got, step.want)
		}
	}
}

func TestADecidedSkipOrAnUploadNeverGivesWay(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *ledger.Hold){
		"a skip":    decide(ledger.Decision{Skip: "no_match"}),
		"an upload": both(decide(ledger.Decision{Key: "k"}), func(t *testing.T, h *ledger.Hold) { must(t, h.Uploaded(t.Context(), "00")) }),
	} {
		l := &ledger.Ledger{Store: ledgertest.NewMemory(), Now: ledgertest.NewClock(noon).Now, NewOwner: owners()}
		hold, err := l.Claim(t.Context(), ledger.Request{ID: "req#1", Library: "ours"}, time.Time{})
		must(t, err)
		prepare(t, hold)
		if err := hold.GiveWay(t.Context(), true); !errors.Is(err, ledger.ErrDecided) {
			t.Errorf("%s: %v, want ErrDecided", name, err)
		}
	}
}

func both(a, b func(*testing.T, *ledger.Hold)) func(*testing.T, *ledger.Hold) {
	return func(t *testing.T, h *ledger.Hold) { a(t, h); b(t, h) }
}

func giveWay(passed bool) func(*testing.T, *ledger.Hold) {
	return func(t *testing.T, h *ledger.Hold) { must(t, h.GiveWay(t.Context(), passed)) }
}

func decide(d ledger.Decision) func(*testing.T, *ledger.Hold) {
	return func(t *testing.T, h *ledger.Hold) { must(t, h.Decide(t.Context(), d)) }
}

func queueIt(t *testing.T, h *ledger.Hold) { must(t, h.Queue(t.Context(), "", "")) }
func release(t *testing.T, h *ledger.Hold) { must(t, h.Release(t.Context(), "", "")) }
func settle(t *testing.T, h *ledger.Hold) {
	must(t, h.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func owners() func() string {
	n := 0
	return func() string { n++; return string(rune('a' + n)) }
}
