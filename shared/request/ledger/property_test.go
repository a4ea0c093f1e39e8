package ledger_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// interleavings is how many of them are tried.
var interleavings = flag.Uint64("interleavings", 2000, "random interleavings of runs to try")

// TestInvariantsUnderRandomInterleavings lets several runs, each with a clock of its
// own, do whatever they like in any order: between a read and the write that follows,
// after their lease, after having been taken over, with answers lost and time jumping.
// A crashed run is one that just does nothing any more.
func TestInvariantsUnderRandomInterleavings(t *testing.T) {
	t.Parallel()
	seen := map[ledger.State]int{}
	for seed := range *interleavings {
		w := newWorld(t, seed)
		for range 80 {
			w.act()
		}
		seen[w.last.State]++
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, w.history)
		}
	}
	t.Logf("%d interleavings ended as %v", *interleavings, seen)
	for _, s := range []ledger.State{ledger.Claimed, ledger.Queued, ledger.Uploaded, ledger.Delivered, ledger.Skipped, ledger.Failed} {
		if uint64(seen[s]) < *interleavings/100 {
			t.Errorf("only %d of the interleavings ended as %s: the test is too tame", seen[s], s)
		}
	}
}

// world is one request, the runs that want it, and what the store has seen of it.
type world struct {
	t       *testing.T
	random  *rand.Rand
	clock   *ledgertest.Clock
	lossy   *ledgertest.Lossy
	runs    []*actor
	depth   int         // of runs interleaved
	last    ledger.Item // as stored
	fence   int64       // the last one granted
	history string
}

// actor is a run, or a sequence of runs with one clock.
type actor struct {
	ledger *ledger.Ledger
	hold   *ledger.Hold // nil until it has claimed
	busy   bool         // in the middle of an action
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, random: rand.New(rand.NewPCG(seed, 0)),
		clock: ledgertest.NewClock(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)),
		lossy: &ledgertest.Lossy{Store: ledgertest.NewMemory()},
	}
	for n := range 5 {
		skew := time.Duration(w.random.Int64N(int64(ledger.Skew))) // any two differ by less than Skew
		owners := 0
		w.runs = append(w.runs, &actor{ledger: &ledger.Ledger{
			Store:    audited{w},
			Now:      func() time.Time { return w.clock.Now().Add(skew) },
			NewOwner: func() string { owners++; return fmt.Sprintf("run %d.%d", n, owners) },
		}})
	}
	return w
}

// act lets one idle run take one step, or time go by.
func (w *world) act() {
	if w.random.IntN(4) == 0 {
		w.clock.Advance(time.Duration(w.random.Int64N(int64(70 * time.Second))))
		return
	}
	n := w.random.IntN(len(w.runs))
	a := w.runs[n]
	if a.busy {
		return
	}
	a.busy = true
	defer func() { a.busy = false }()
	if w.random.IntN(8) == 0 {
		w.lossy.LoseNext(ledgertest.Loss(1 + w.random.IntN(2)))
	}
	what, err := w.step(a)
	w.history += fmt.Sprintf("%v run %d: %s: %v\n", a.ledger.Now().Format(time.TimeOnly), n, what, err)
	for _, known := range []error{
		nil, ledgertest.ErrLost, ledger.ErrHeld, ledger.ErrQueued, ledger.ErrEnded, ledger.ErrFenced, ledger.ErrDecided, ledger.ErrOrder,
	} {
		if err == known || known != nil && errors.Is(err, known) {
			w.oneAlive()
			return
		}
	}
	w.t.Errorf("%s: %v", what, err)
}

func (w *world) step(a *actor) (string, error) {
	ctx := w.t.Context()
	if a.hold == nil || w.random.IntN(10) == 0 {
		return w.claim(a)
	}
	decision := []ledger.Decision{{Key: "k", ETag: "1"}, {Key: "k", ETag: "2"}, {Skip: "no_match"}}[w.random.IntN(3)]
	end := []ledger.State{ledger.Delivered, ledger.Skipped, ledger.Failed, ledger.Delivered, ledger.Claimed}[w.random.IntN(5)]
	switch w.random.IntN(9) {
	case 0, 1:
		return "renew", a.hold.Renew(ctx)
	case 2:
		return "decide " + decision.ETag, a.hold.Decide(ctx, decision)
	case 3:
		return "redecide " + decision.ETag, a.hold.Redecide(ctx, decision)
	case 4, 5:
		return "upload", a.hold.Uploaded(ctx, fmt.Sprint(w.random.IntN(2)))
	case 6:
		return "settle " + string(end), a.hold.Settle(ctx, ledger.Outcome{State: end})
	case 7:
		return "release", a.hold.Release(ctx, "", "")
	}
	return "queue", a.hold.Queue(ctx, "", "")
}

func (w *world) claim(a *actor) (string, error) {
	var deadline time.Time
	if w.random.IntN(2) == 0 {
		deadline = a.ledger.Now().Add(time.Duration(w.random.Int64N(int64(3 * time.Minute))))
	}
	what, claim := "claim", a.ledger.Claim
	if w.random.IntN(3) == 0 {
		what, claim = "claim queued", a.ledger.ClaimQueued
	}
	hold, err := claim(w.t.Context(), asked, deadline)
	if err != nil {
		return what, err
	}
	a.hold = hold
	return fmt.Sprint(what, ", fence ", hold.Item().Fence), nil
}

// oneAlive holds the invariant that at most one run may move bytes.
func (w *world) oneAlive() {
	alive := 0
	for _, a := range w.runs {
		if a.hold != nil && a.hold.Alive() == nil {
			alive++
		}
	}
	if alive > 1 {
		w.t.Errorf("%d runs are alive", alive)
	}
}

// audited is the world's store: it lets other runs in between, and holds each write
// against the one before.
type audited struct{ *world }

func (w audited) Load(ctx context.Context, id string) (ledger.Item, error) {
	w.interleave()
	return w.lossy.Load(ctx, id)
}

func (w audited) Save(ctx context.Context, item ledger.Item) error {
	w.interleave()
	err := w.lossy.Save(ctx, item)
	if now, _ := w.lossy.Load(ctx, item.ID); now.Version != w.last.Version {
		w.audit(w.last, now)
		w.last = now
	}
	w.oneAlive()
	return err
}

func (w audited) BySlot(ctx context.Context, slot string, limit int) ([]ledger.Item, error) {
	return w.lossy.BySlot(ctx, slot, limit)
}

func (w audited) ByDay(ctx context.Context, day string, limit int) ([]ledger.Item, error) {
	return w.lossy.ByDay(ctx, day, limit)
}

func (w audited) Overdue(ctx context.Context, before time.Time, limit int) ([]ledger.Item, error) {
	return w.lossy.Overdue(ctx, before, limit)
}

// interleave lets another run act now and then.
func (w *world) interleave() {
	if w.depth < 3 && w.random.IntN(4) == 0 {
		w.depth++
		w.act()
		w.depth--
	}
}

// audit holds a write against the invariants.
func (w *world) audit(was, now ledger.Item) {
	changed := func(what string) { w.t.Errorf("%s changed\nfrom %+v\nto   %+v", what, was, now) }
	if now.Owner != was.Owner && now.Owner != "" && now.Fence != was.Fence+1 || now.Fence < was.Fence {
		changed("the owner without a new fence")
	}
	if now.Fence > was.Fence {
		if now.Fence <= w.fence {
			changed("the fence, to one that was granted before,")
		}
		w.fence = now.Fence
	}
	if was.State.Ended() && (now.State != was.State || now.Code != was.Code) {
		changed("an end")
	}
	final := was.State.Ended() || was.SHA256 != "" || was.Decision != nil && was.Decision.Skip != ""
	if final && !reflect.DeepEqual(now.Decision, was.Decision) {
		changed("a final decision")
	}
	if was.SHA256 != "" && now.SHA256 != was.SHA256 {
		changed("what was uploaded")
	}
	if now.State == ledger.Delivered && (now.SHA256 == "" || now.Decision.Skip != "") || now.State == ledger.Skipped && now.Decision.Skip == "" {
		changed("the end, to one that does not follow from the decision,")
	}
}
