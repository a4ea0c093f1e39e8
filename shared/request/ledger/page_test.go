package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// architecture is the page with the table of the steps that change a request's state.
const architecture = "../../../docs/architecture.md"

// The table of states in docs/architecture.md must list exactly the changes of state that random
// runs make.
func TestThePagesTableOfStatesMatchesTheLedger(t *testing.T) {
	t.Parallel()
	w := walk{random: rand.New(rand.NewPCG(1, 0)), seen: map[string]bool{}}
	for n := range 3000 {
		w.request(t.Context(), n)
	}
	seen, listed := slices.Sorted(maps.Keys(w.seen)), tableOfStates(t)
	for _, change := range seen {
		if !slices.Contains(listed, change) {
			t.Errorf("the page lacks %s", change)
		}
	}
	for _, change := range listed {
		if !w.seen[change] {
			t.Errorf("the ledger never makes the page's %s", change)
		}
	}
}

// tableOfStates returns the changes in the table of states in architecture.md. Each change is a
// text: the state before, the step, and the state after.
func tableOfStates(t *testing.T) (changes []string) {
	t.Helper()
	page, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| from | step | to | condition |\n|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	word := regexp.MustCompile("no item|the same|`\\w+`")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		for _, from := range word.FindAllString(cells[1], -1) {
			for _, step := range word.FindAllString(cells[2], -1) {
				for _, to := range word.FindAllString(cells[3], -1) {
					if to == "the same" {
						to = from
					}
					changes = append(changes, strings.ReplaceAll(from+" "+step+" "+to, "`", ""))
				}
			}
		}
	}
	return changes
}

// walk takes random steps and records the states before and after each.
type walk struct {
	ledger.Store
	random *rand.Rand
	step   string
	seen   map[string]bool // the changes made: state before, step, state after, as in "claimed Uploaded uploaded"
}

// Save implements [ledger.Store].
func (w *walk) Save(ctx context.Context, item ledger.Item) error {
	before, _ := w.Load(ctx, item.ID)
	err := w.Store.Save(ctx, item)
	if err == nil && (!before.State.Ended() || before.State != item.State) {
		from := string(before.State)
		if before.Version == 0 {
			from = "no item"
		}
		w.seen[fmt.Sprintf("%s %s %s", from, w.step, item.State)] = true
	}
	return err
}

// request takes random steps with one request. At most one run at a time holds the request.
func (w *walk) request(ctx context.Context, n int) {
	clock := ledgertest.NewClock(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC))
	w.Store = ledgertest.NewMemory()
	owners := 0
	l := ledger.Ledger{Store: w, Now: clock.Now, NewOwner: func() string { owners++; return fmt.Sprint(owners) }}
	r := ledger.Request{
		ID: "req#1", Fingerprint: "f", Slot: slot, Target: "9x16", StorageKey: "key", Library: "ours",
		ExpiresAt: clock.Now().Add(10 * time.Minute),
	}
	ours := ledger.Decision{Key: "a", ETag: "1"}
	var hold *ledger.Hold
	for range 30 {
		if w.random.IntN(4) == 0 {
			clock.Advance(time.Duration(w.random.Int64N(int64(2 * time.Minute))))
		}
		steps := map[string]func() error{
			"Expire":  func() error { _, err := l.Expire(ctx, r.ID); return err },
			"Record":  func() error { _, err := l.Record(ctx, fmt.Sprintf("bad#%d", n), "d", "topic", "why", 1); return err },
			"Resolve": func() error { _, _, err := l.Resolve(ctx, slot, w.verdict()); return err },
		}
		if hold == nil {
			r.Library = []string{"ours", "theirs"}[w.random.IntN(8)/7]
			claim := func(claim func(context.Context, ledger.Request, time.Time) (*ledger.Hold, error)) func() error {
				return func() error {
					held, err := claim(ctx, r, time.Time{})
					if err == nil {
						hold = held
					}
					return err
				}
			}
			steps["Claim"], steps["ClaimQueued"] = claim(l.Claim), claim(l.ClaimQueued)
		} else {
			steps["Renew"] = func() error { return hold.Renew(ctx) }
			steps["Decide"] = func() error {
				if w.random.IntN(4) == 0 {
					return hold.Decide(ctx, ledger.Decision{Skip: "no_match:creative"})
				}
				return hold.Decide(ctx, ours)
			}
			steps["Redecide"] = func() error { return hold.Redecide(ctx, ours) }
			steps["BeginUpload"] = func() error { return hold.BeginUpload(ctx) }
			steps["GiveWay"] = func() error { return hold.GiveWay(ctx, true) }
			steps["Uploaded"] = func() error { return hold.Uploaded(ctx, "0f") }
			steps["Release"] = func() error { return hold.Release(ctx, "code", "why") }
			steps["Queue"] = func() error { return hold.Queue(ctx, "code", "why") }
			steps["Settle"] = func() error {
				ends := []ledger.State{ledger.Delivered, ledger.Skipped, ledger.Expired, ledger.Failed, ledger.Superseded}
				return hold.Settle(ctx, ledger.Outcome{State: ends[w.random.IntN(len(ends))]})
			}
		}
		names := slices.Sorted(maps.Keys(steps))
		w.step = names[w.random.IntN(len(names))]
		err := steps[w.step]()
		if given := w.step == "Release" || w.step == "Queue" || w.step == "Settle"; given && err == nil || w.random.IntN(10) == 0 {
			hold = nil
		}
	}
}

// verdict returns a random result, as the platform might send it.
func (w *walk) verdict() ledger.Verdict {
	classes := []ledger.Class{ledger.ClassFulfilled, ledger.ClassRejected, ledger.ClassTimedOut}
	v := ledger.Verdict{
		Class: classes[w.random.IntN(3)], StorageKey: "key", Library: "ours",
		Raw: fmt.Appendf(nil, `{"n":%d}`, w.random.Int64()), NotAvailable: w.random.IntN(3) == 0,
	}
	if v.Class == ledger.ClassFulfilled {
		v.SHA256 = []string{"", "0f", "1f"}[w.random.IntN(3)]
	}
	return v
}
