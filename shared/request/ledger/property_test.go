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

// interleavings is how many random orders of the runs' steps the property test tries.
var interleavings = flag.Uint64("interleavings", 2000, "random interleavings of runs to try")

// TestInvariantsUnderRandomInterleavings lets several runs, each with its own clock, take steps in
// random order. A run may take a step between another run's read and write, after its lease, or
// after another run has taken the request over. Answers of the store get lost, and time jumps. The
// runs and the platform's results come through two destinations with different libraries. A crashed
// run is simply one that takes no more steps.
func TestInvariantsUnderRandomInterleavings(t *testing.T) {
	t.Parallel()
	seen := map[ledger.State]int{}
	resolved, takenOver := 0, 0
	for seed := range *interleavings {
		w := newWorld(t, seed)
		for range 80 {
			w.act()
		}
		seen[w.last.State]++
		if w.last.Result != nil {
			resolved++
		}
		takenOver += w.takenOver
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, w.history)
		}
	}
	t.Logf("%d interleavings ended as %v, %d with a result, after %d claims for the other library", *interleavings, seen, resolved, takenOver)
	if few := int(*interleavings / 20); resolved < few || takenOver < few {
		t.Errorf("only %d results and %d claims for the other library: the test is too tame", resolved, takenOver)
	}
	if seen[ledger.Superseded] == 0 {
		t.Error("no delivery was superseded: the test is too tame")
	}
	for _, s := range []ledger.State{
		ledger.Claimed, ledger.Queued, ledger.Uploaded, ledger.Delivered, ledger.Skipped, ledger.Failed, ledger.Expired, ledger.FulfilledElsewhere,
	} {
		if uint64(seen[s]) < *interleavings/100 {
			t.Errorf("only %d of the interleavings ended as %s: the test is too tame", seen[s], s)
		}
	}
}

// world is one request, the runs that claim it, and the writes that the store has seen.
type world struct {
	t       *testing.T
	random  *rand.Rand
	clock   *ledgertest.Clock
	lossy   *ledgertest.Lossy
	runs    []*actor
	depth   int         // how deeply actions are nested: an action may run inside a store call of another one
	last    ledger.Item // the item as the store last saved it
	fence   int64       // the fence of the last claim
	history string
	// verdict is the result that is being applied; nil if there is none.
	verdict   *ledger.Verdict
	takenOver int // how many claims a run for the other library made
}

// actor is a run, or a sequence of runs with the same clock.
type actor struct {
	ledger *ledger.Ledger
	hold   *ledger.Hold // the result of the actor's last claim; nil before the first claim
	busy   bool         // whether a step of this actor is running
	team   string       // the name of the actor's destination, and of its library
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, random: rand.New(rand.NewPCG(seed, 0)),
		clock: ledgertest.NewClock(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)),
		lossy: &ledgertest.Lossy{Store: ledgertest.NewMemory()},
	}
	for n := range 5 {
		skew := time.Duration(w.random.Int64N(int64(ledger.Skew))) // the clocks of two runs must differ by less than Skew
		owners := 0
		w.runs = append(w.runs, &actor{team: []string{"ours", "theirs"}[n%2], ledger: &ledger.Ledger{
			Store:    audited{w},
			Now:      func() time.Time { return w.clock.Now().Add(skew) },
			NewOwner: func() string { owners++; return fmt.Sprintf("run %d.%d", n, owners) },
		}})
	}
	return w
}

// act lets one idle run take one step, or moves the clock.
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
		ledger.ErrUnmatched, ledger.ErrKept,
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
	often := 12
	if w.last.State == ledger.Delivered {
		often = 2
	}
	if w.random.IntN(often) == 0 && w.verdict == nil {
		return w.resolve(a)
	}
	if a.hold == nil || w.random.IntN(10) == 0 {
		return w.claim(a)
	}
	decision := []ledger.Decision{{Key: "k", ETag: "1"}, {Key: "k", ETag: "2"}, {Skip: "no_match"}}[w.random.IntN(3)]
	end := []ledger.State{ledger.Delivered, ledger.Skipped, ledger.Failed, ledger.Delivered, ledger.Claimed}[w.random.IntN(5)]
	switch w.random.IntN(11) {
	case 8, 9:
		return "give way", a.hold.GiveWay(ctx, w.random.IntN(2) == 0)
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
	hold, err := claim(w.t.Context(), a.request(), deadline)
	if err != nil {
		return what, err
	}
	a.hold = hold
	return fmt.Sprint(what, ", fence ", hold.Item().Fence), nil
}

// expires is the expiry of the request.
var expires = time.Date(2026, 11, 21, 0, 4, 0, 0, time.UTC)

// request returns the request as it comes through the actor's destination.
func (a *actor) request() ledger.Request {
	r := asked
	r.Destination, r.Library, r.Target, r.ExpiresAt = a.team, a.team, "9x16", expires
	return r
}

// resolve sends a random result of the platform through the actor's destination. The result may
// lack the fields that name the request.
func (w *world) resolve(a *actor) (string, error) {
	v := ledger.Verdict{
		Destination: a.team, Library: a.team, Class: []ledger.Class{ledger.ClassFulfilled, ledger.ClassRejected, ledger.ClassTimedOut}[w.random.IntN(3)],
		StorageKey: []string{"", asked.StorageKey, "another"}[w.random.IntN(3)], SHA256: []string{"", "0", "1", "2"}[w.random.IntN(4)],
		Aspect: []string{"", "9x16", "1x1"}[w.random.IntN(3)], NotAvailable: w.random.IntN(3) == 0,
		ExpiredAt: []time.Time{{}, expires, expires.Add(-time.Hour)}[w.random.IntN(3)],
		Raw:       fmt.Appendf(nil, `{"n":%d}`, w.random.IntN(20)),
	}
	w.verdict = &v
	defer func() { w.verdict = nil }()
	_, _, err := a.ledger.Resolve(w.t.Context(), asked.Slot, v)
	return fmt.Sprintf("result %+v", v), err
}

// oneAlive checks the invariant that at most one run may move bytes.
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

// audited is the store that all simulated runs use. It lets other runs act between a run's calls,
// and checks each write against the item before the write.
type audited struct{ *world }

func (w audited) Load(ctx context.Context, id string) (ledger.Item, error) {
	w.interleave()
	return w.lossy.Load(ctx, id)
}

func (w audited) Save(ctx context.Context, item ledger.Item) error {
	w.interleave()
	err := w.lossy.Save(ctx, item)
	if now, _ := w.lossy.Load(ctx, item.ID); item.ID == asked.ID && now.Version != w.last.Version {
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

// interleave lets another run act, at random times.
func (w *world) interleave() {
	if w.depth < 3 && w.random.IntN(4) == 0 {
		w.depth++
		w.act()
		w.depth--
	}
}

// audit checks a write against the invariants.
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
	byResult := string(now.Result) != string(was.Result)
	if byResult {
		w.auditResult(was, now)
	} else if was.State.Ended() && (now.State != was.State || now.Code != was.Code) {
		changed("an end")
	}
	if was.Version > 0 && now.Library != was.Library {
		w.takenOver++
		if was.Decision != nil && !was.GaveWay || was.SHA256 != "" || now.Destination == was.Destination {
			changed("the library, after a decision,")
		}
	}
	if len(now.Passed) < len(was.Passed) || len(now.Passed) > 2 {
		changed("the libraries that have passed")
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

// auditResult checks a write that stores a result: which request the result may match, and what it
// may change.
func (w *world) auditResult(was, now ledger.Item) {
	v := w.verdict
	changed := func(what string) { w.t.Errorf("%s by %+v\nfrom %+v\nto   %+v", what, v, was, now) }
	if v == nil || was.Result != nil || now.ResultClass != v.Class {
		changed("a result was stored without a result, or over another")
		return
	}
	if v.Destination != was.Destination || v.Library != was.Library {
		changed("another destination's request was changed")
	}
	if v.StorageKey != "" && v.StorageKey != was.StorageKey || v.Aspect != "" && v.Aspect != was.Target {
		changed("a request was changed that the result contradicts")
	}
	named := v.StorageKey == was.StorageKey || v.SHA256 != "" && v.SHA256 == was.SHA256 || v.Class == ledger.ClassTimedOut && v.ExpiredAt.Equal(was.ExpiresAt)
	if held := was.Owner != "" && w.clock.Now().Before(was.LeaseUntil); held && !named {
		changed("a live run was ended that is not named exactly")
	}
	if v.Class == ledger.ClassTimedOut && w.clock.Now().Add(ledger.Skew).Before(was.ExpiresAt) {
		changed("a time-out matched before the expiry")
	}
	if v.Class == ledger.ClassRejected && v.NotAvailable && (was.Decision == nil || was.Decision.Skip == "") {
		changed("the echo of a skip matched a request that was not skipped")
	}
	allowed := map[ledger.State]bool{was.State: true}
	switch {
	case v.Class == ledger.ClassFulfilled && was.State == ledger.Delivered:
		allowed[ledger.Superseded] = v.SHA256 != "" && v.SHA256 != was.SHA256
	case v.Class == ledger.ClassFulfilled && !was.State.Ended():
		allowed[ledger.Delivered], allowed[ledger.FulfilledElsewhere] = v.SHA256 != "" && v.SHA256 == was.SHA256, v.SHA256 != was.SHA256 || v.SHA256 == ""
	case v.Class == ledger.ClassRejected && was.SHA256 != "" && !was.State.Ended():
		allowed[ledger.Delivered] = true
	case v.Class == ledger.ClassTimedOut && !was.State.Ended():
		allowed[ledger.Expired] = true
	}
	if !allowed[now.State] {
		changed("the state was changed")
	}
}
