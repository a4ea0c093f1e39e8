package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

const slot = "p#HRT-1212#2#en#video"

// stand saves an item of the slot as it stands before a verdict.
func stand(t *testing.T, store ledger.Store, item ledger.Item) ledger.Item {
	t.Helper()
	item.Version, item.Slot = 1, slot
	if err := store.Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	return item
}

func resolver() (*ledger.Ledger, *ledgertest.Clock) {
	clock := ledgertest.NewClock(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))
	return &ledger.Ledger{Store: ledgertest.NewMemory(), Now: clock.Now}, clock
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const ours, theirs = "0f", "1f"
	for _, c := range []struct {
		name            string
		was             ledger.Item
		verdict         ledger.Verdict
		want            ledger.State
		wantUnconfirmed bool
	}{
		{"open, fulfilled", ledger.Item{State: ledger.Claimed}, ledger.Verdict{State: ledger.FulfilledElsewhere}, ledger.FulfilledElsewhere, false},
		{"queued, fulfilled", ledger.Item{State: ledger.Queued}, ledger.Verdict{State: ledger.FulfilledElsewhere, SHA256: theirs}, ledger.FulfilledElsewhere, false},
		{"queued, rejected", ledger.Item{State: ledger.Queued}, ledger.Verdict{State: ledger.Failed}, ledger.Failed, false},
		{"open, timed out", ledger.Item{State: ledger.Claimed}, ledger.Verdict{State: ledger.Expired}, ledger.Expired, false},
		{"uploaded, fulfilled with ours", ledger.Item{State: ledger.Uploaded, SHA256: ours}, ledger.Verdict{State: ledger.FulfilledElsewhere, SHA256: ours}, ledger.Delivered, false},
		{"uploaded, fulfilled with theirs", ledger.Item{State: ledger.Uploaded, SHA256: ours}, ledger.Verdict{State: ledger.FulfilledElsewhere, SHA256: theirs}, ledger.FulfilledElsewhere, false},
		{"delivered, fulfilled with ours", ledger.Item{State: ledger.Delivered, SHA256: ours, Unconfirmed: true}, ledger.Verdict{State: ledger.FulfilledElsewhere, SHA256: ours}, ledger.Delivered, false},
		{"delivered, fulfilled with theirs", ledger.Item{State: ledger.Delivered, SHA256: ours}, ledger.Verdict{State: ledger.FulfilledElsewhere, SHA256: theirs}, ledger.Superseded, false},
		{"uploaded, refused", ledger.Item{State: ledger.Uploaded, SHA256: ours}, ledger.Verdict{State: ledger.Failed, Refused: true}, ledger.Delivered, false},
		{"uploaded, skipped by another", ledger.Item{State: ledger.Uploaded, SHA256: ours}, ledger.Verdict{State: ledger.Failed}, ledger.Failed, false},
		{"delivered, rejected", ledger.Item{State: ledger.Delivered, SHA256: ours, Unconfirmed: true}, ledger.Verdict{State: ledger.Failed}, ledger.Delivered, true},
		{"skipped, rejected", ledger.Item{State: ledger.Skipped}, ledger.Verdict{State: ledger.Failed}, ledger.Skipped, false},
		{"failed, timed out", ledger.Item{State: ledger.Failed}, ledger.Verdict{State: ledger.Expired}, ledger.Failed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, clock := resolver()
			c.was.ID, c.was.Code, c.was.LeaseUntil = "req#1", "before", clock.Now().Add(time.Minute)
			stand(t, l.Store, c.was)
			c.verdict.Raw, c.verdict.Reason = json.RawMessage(`{"a": 1.0}`), "at https://host/secret"
			got, err := l.Resolve(t.Context(), slot, c.verdict)
			if err != nil || got.State != c.want || got.Unconfirmed != c.wantUnconfirmed || string(got.Result) != `{"a":1.0}` {
				t.Errorf("%v, %+v", err, got)
			}
			if got.Code != "before" && (got.Code != "platform_said_so" || got.Detail != "at https://host/[redacted]" || c.was.State.Ended()) {
				t.Errorf("the end is told as %q, %q", got.Code, got.Detail)
			}
			if got.State.Ended() && !c.was.State.Ended() && !got.LeaseUntil.IsZero() {
				t.Error("an ended request is leased")
			}
		})
	}
}

func TestResolveMeansTheNewestWithoutAResult(t *testing.T) {
	t.Parallel()
	l, clock := resolver()
	for _, id := range []string{"req#1", "req#2", "req#3"} {
		clock.Advance(time.Minute)
		stand(t, l.Store, ledger.Item{ID: id, State: ledger.Delivered, ReceivedAt: clock.Now(), StorageKey: "key of " + id})
	}
	resolve := func(raw, storageKey, want string) {
		t.Helper()
		got, err := l.Resolve(t.Context(), slot, ledger.Verdict{State: ledger.Failed, Raw: json.RawMessage(raw), StorageKey: storageKey})
		if want == "" && !errors.Is(err, ledger.ErrNotFound) || want != "" && (err != nil || got.ID != want) {
			t.Errorf("verdict %s goes to %q, %v; want %q", raw, got.ID, err, want)
		}
	}
	resolve(`{"n":1}`, "key of req#2", "req#2")
	resolve(`{"n":2}`, "", "req#3")
	resolve(`{ "n": 2 }`, "", "req#3") // sent again, and written otherwise
	resolve(`{"n":1}`, "", "req#2")
	resolve(`{"n":3}`, "", "req#1")
	resolve(`{"n":4}`, "", "")
	resolve(`{"n":1}`, "key of req#1", "")
	for _, id := range []string{"req#1", "req#2", "req#3"} {
		if item, err := l.Look(t.Context(), id); err != nil || item.Version != 2 {
			t.Errorf("%s was written %d times: %v", id, item.Version-1, err)
		}
	}
	if _, err := l.Resolve(t.Context(), "p#another", ledger.Verdict{State: ledger.Failed}); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a slot that nobody asked for: %v", err)
	}
}

func TestARunLearnsOfAVerdict(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	l.NewOwner = func() string { return "owner" }
	hold, err := l.Claim(t.Context(), ledger.Request{ID: "req#1", Slot: slot}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Resolve(t.Context(), slot, ledger.Verdict{State: ledger.FulfilledElsewhere}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := hold.Renew(t.Context()); !errors.Is(err, ledger.ErrEnded) || hold.Item().State != ledger.FulfilledElsewhere {
			t.Errorf("renewed after the verdict: %v, %+v", err, hold.Item())
		}
	}
	if err := hold.Settle(t.Context(), ledger.Outcome{State: ledger.Failed}); !errors.Is(err, ledger.ErrEnded) {
		t.Errorf("settled after the verdict: %v", err)
	}
}

func TestAResultIsKeptWithoutURLs(t *testing.T) {
	t.Parallel()
	long := `{"a":"` + strings.Repeat("x", ledger.MaxResult) + `"}`
	for raw, want := range map[string]string{
		`{"b":[1e400,"\u0026"],"a":"<>"}`: `{"a":"\u003c\u003e","b":[1e400,"\u0026"]}`,
		`["https://u:pw@r2.example:8443/k?X-Amz-Signature=s3cr3t","see HTTPS:\/\/h\/s3cr3t\" and http\u003a\u002f\u002fh2?s3cr3t ok"]`: `["https://r2.example:8443/[redacted]","see HTTPS://h/[redacted]\" and http://h2/[redacted] ok"]`,
		`{"https://h/s3cr3t":{"x":["http://h/s3cr3t"]}}`: `{"https://h/[redacted]":{"x":["http://h/[redacted]"]}}`,
		`null`:           `null`,
		`"https://host"`: `"https://host/[redacted]"`,
		``:               `{"omitted":"no JSON"}`,
		`{`:              `{"omitted":"no JSON"}`,
		long:             `{"omitted":"over 16 KiB"}`,
	} {
		l, _ := resolver()
		stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Delivered})
		got, err := l.Resolve(t.Context(), slot, ledger.Verdict{State: ledger.Failed, Raw: json.RawMessage(raw)})
		if err != nil || string(got.Result) != want {
			t.Errorf("%.80s is kept as\n%s, want\n%s (%v)", raw, got.Result, want, err)
		}
	}
}

// brokenIndex is a store whose index does not answer.
type brokenIndex struct{ ledger.Store }

var errIndex = errors.New("index down")

func (brokenIndex) BySlot(context.Context, string, int) ([]ledger.Item, error) { return nil, errIndex }

func TestResolveTellsFaultsFromAbsence(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	l.Store = brokenIndex{l.Store}
	if _, err := l.Resolve(t.Context(), slot, ledger.Verdict{}); !errors.Is(err, errIndex) {
		t.Errorf("got %v", err)
	}
}
