package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

const slot = "p#HRT-1212#2#en#video"

// stand saves an item as it is before the verdict arrives. It sets the item's version to 1 and its
// slot to the constant slot.
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

func TestAResultChangesItsRequest(t *testing.T) {
	t.Parallel()
	const ours, theirs = "0f", "1f"
	rejected, skipped := ledger.Verdict{Class: ledger.ClassRejected}, ledger.Verdict{Class: ledger.ClassRejected, NotAvailable: true}
	timedOut := ledger.Verdict{Class: ledger.ClassTimedOut}
	fulfilled := func(hash string) ledger.Verdict { return ledger.Verdict{Class: ledger.ClassFulfilled, SHA256: hash} }
	is := func(state ledger.State) ledger.Item {
		i := ledger.Item{State: state}
		if state == ledger.Uploaded || state == ledger.Delivered {
			i.SHA256 = ours
		}
		return i
	}
	unconfirmed, requeued, skipping := is(ledger.Delivered), is(ledger.Queued), is(ledger.Claimed)
	unconfirmed.Unconfirmed, requeued.SHA256, skipping.Decision = true, ours, &ledger.Decision{Skip: "no_match"}
	const none = ledger.State("")
	for _, c := range []struct {
		name            string
		was             ledger.Item
		verdict         ledger.Verdict
		expired         bool         // whether the request has expired when the result arrives
		want            ledger.State // the request's state after a result with the storage key; "" if the result must not match it
		wantUnnamed     ledger.State // the request's state after a result without storage key; "" for no match
		wantUnconfirmed bool
	}{
		{"open, fulfilled", is(ledger.Claimed), fulfilled(""), false, ledger.FulfilledElsewhere, none, false},
		{"queued, fulfilled", is(ledger.Queued), fulfilled(theirs), false, ledger.FulfilledElsewhere, none, false},
		{"uploaded, fulfilled with ours", is(ledger.Uploaded), fulfilled(ours), false, ledger.Delivered, ledger.Delivered, false},
		{"queued after the upload, fulfilled with ours", requeued, fulfilled(ours), false, ledger.Delivered, ledger.Delivered, false},
		{"uploaded, fulfilled with theirs", is(ledger.Uploaded), fulfilled(theirs), false, ledger.FulfilledElsewhere, none, false},
		{"uploaded, fulfilled with an unknown hash", is(ledger.Uploaded), fulfilled(""), false, ledger.Uploaded, none, false},
		{"delivered, fulfilled with ours", unconfirmed, fulfilled(ours), false, ledger.Delivered, ledger.Delivered, false},
		{"delivered, fulfilled with theirs", is(ledger.Delivered), fulfilled(theirs), false, ledger.Superseded, none, false},
		{"delivered, fulfilled with an unknown hash", unconfirmed, fulfilled(""), false, ledger.Delivered, ledger.Delivered, true},
		{"skipped, fulfilled", is(ledger.Skipped), fulfilled(""), false, ledger.Skipped, ledger.Skipped, false},
		{"open, rejected", is(ledger.Claimed), rejected, false, none, none, false},
		{"queued, rejected", is(ledger.Queued), rejected, false, none, none, false},
		{"uploaded, rejected", is(ledger.Uploaded), rejected, false, ledger.Delivered, none, false},
		{"queued after the upload, rejected", requeued, rejected, false, ledger.Delivered, none, false},
		{"delivered, rejected", unconfirmed, rejected, false, ledger.Delivered, ledger.Delivered, true},
		{"skipped, rejected", is(ledger.Skipped), rejected, false, none, none, false},
		{"superseded, rejected", is(ledger.Superseded), rejected, false, none, none, false},
		{"open, skip reported", is(ledger.Claimed), skipped, false, none, none, false},
		{"uploaded, skip reported", is(ledger.Uploaded), skipped, false, none, none, false},
		{"delivered, skip reported", is(ledger.Delivered), skipped, false, none, none, false},
		{"skipped, skip reported", is(ledger.Skipped), skipped, false, ledger.Skipped, ledger.Skipped, false},
		{"skipping, skip reported", skipping, skipped, false, ledger.Claimed, none, false},
		{"open, timed out early", is(ledger.Claimed), timedOut, false, none, none, false},
		{"failed, timed out early", is(ledger.Failed), timedOut, false, none, none, false},
		{"open, timed out", is(ledger.Claimed), timedOut, true, ledger.Expired, none, false},
		{"uploaded, timed out", is(ledger.Uploaded), timedOut, true, ledger.Expired, none, false},
		{"failed, timed out", is(ledger.Failed), timedOut, true, ledger.Failed, ledger.Failed, false},
		{"delivered, timed out", unconfirmed, timedOut, true, ledger.Delivered, ledger.Delivered, true},
	} {
		for _, named := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, named %t", c.name, named), func(t *testing.T) {
				t.Parallel()
				l, clock := resolver()
				was, v, want := c.was, c.verdict, c.wantUnnamed
				was.ID, was.Code, was.StorageKey = "req#1", "before", "k"
				was.LeaseUntil, was.ExpiresAt = clock.Now().Add(time.Minute), clock.Now().Add(time.Hour)
				if c.expired {
					was.ExpiresAt = clock.Now()
				}
				if v.Raw = json.RawMessage(`{"a": 1.0}`); named {
					v.StorageKey, want = "k", c.want
				}
				was = stand(t, l.Store, was)
				got, ends, err := l.Resolve(t.Context(), slot, v)
				if ends != (want != none && got.State.Ended() && !was.State.Ended()) {
					t.Errorf("the request was %s and is %s: ends is %t", was.State, got.State, ends)
				}
				if want == none {
					wantKept(t, l, was, got, err)
					return
				}
				if err != nil || got.State != want || got.Unconfirmed != c.wantUnconfirmed || string(got.Result) != `{"a":1.0}` || got.ResultClass != v.Class {
					t.Errorf("%v, %+v", err, got)
				}
				if ends := got.State == ledger.FulfilledElsewhere || got.State == ledger.Expired; (got.Code != "before") != ends || ends && got.Code != "platform_said_so" {
					t.Errorf("the end is told as %q", got.Code)
				}
				if got.State.Ended() && !was.State.Ended() && !got.LeaseUntil.IsZero() {
					t.Error("an ended request is leased")
				}
			})
		}
	}
}

// wantKept fails the test unless the result was stored in an item of its own and the request is
// unchanged.
func wantKept(t *testing.T, l *ledger.Ledger, was, kept ledger.Item, err error) {
	t.Helper()
	if !errors.Is(err, ledger.ErrUnmatched) || kept.State != ledger.Unmatched || len(kept.Result) == 0 || kept.ResultClass == "" || kept.Slot != "" {
		t.Errorf("%v, kept as %+v", err, kept)
	}
	if now, err := l.Look(t.Context(), was.ID); err != nil || now.Version != was.Version {
		t.Errorf("the request was changed: %v, %+v", err, now)
	}
	if stored, err := l.Look(t.Context(), kept.ID); err != nil || stored.Version != 1 {
		t.Errorf("the result is not stored: %v, %+v", err, stored)
	}
}

func TestAResultMatchesTheOneRequestThatFitsAllItStates(t *testing.T) {
	t.Parallel()
	l, clock := resolver()
	began := clock.Now()
	feed := func(i ledger.Item) ledger.Item {
		i.Target, i.Decision = "feed", &ledger.Decision{Aspect: "4x5"}
		return i
	}
	for _, i := range []ledger.Item{
		{ID: "exact", Target: "9x16", SHA256: "e"}, feed(ledger.Item{ID: "feed", SHA256: "f"}),
		{ID: "story", Target: "story_reel", SHA256: "s", Decision: &ledger.Decision{Aspect: "9x16"}},
		{ID: "theirs", Target: "feed", SHA256: "t", Destination: "b", Library: "lib b"},
	} {
		clock.Advance(10 * time.Minute)
		i.State, i.ReceivedAt, i.ExpiresAt, i.StorageKey = ledger.Delivered, clock.Now(), clock.Now().Add(time.Hour), "key of "+i.ID
		stand(t, l.Store, i)
	}
	minute := func(n int) time.Time { return began.Add(time.Duration(n) * time.Minute) }
	rejected := func(v ledger.Verdict) ledger.Verdict { v.Class = ledger.ClassRejected; return v }
	timedOut := func(asked, expired int) ledger.Verdict {
		return ledger.Verdict{Class: ledger.ClassTimedOut, RequestedAt: minute(asked), ExpiredAt: minute(expired)}
	}
	for name, c := range map[string]struct {
		verdict ledger.Verdict
		want    string
	}{
		"nothing told":                      {rejected(ledger.Verdict{}), ""},
		"a key":                             {rejected(ledger.Verdict{StorageKey: "key of feed"}), "feed"},
		"a key nobody knows":                {rejected(ledger.Verdict{StorageKey: "another"}), ""},
		"a key and another hash":            {rejected(ledger.Verdict{StorageKey: "key of feed", SHA256: "s"}), ""},
		"a key and another family":          {rejected(ledger.Verdict{StorageKey: "key of feed", Family: "story_reel"}), ""},
		"a key and another aspect":          {rejected(ledger.Verdict{StorageKey: "key of exact", Aspect: "1x1"}), ""},
		"a hash":                            {rejected(ledger.Verdict{SHA256: "s"}), "story"},
		"a family":                          {rejected(ledger.Verdict{Family: "feed"}), "feed"},
		"a family in the reason":            {rejected(ledger.Verdict{ReasonFamily: "story_reel"}), "story"},
		"two families":                      {rejected(ledger.Verdict{Family: "feed", ReasonFamily: "story_reel"}), ""},
		"a family of which it had another":  {rejected(ledger.Verdict{Aspect: "16x9", ReasonFamily: "feed"}), "feed"},
		"an aspect of two":                  {rejected(ledger.Verdict{Aspect: "9x16"}), ""},
		"an aspect and its family":          {rejected(ledger.Verdict{Aspect: "9x16", Family: "story_reel"}), "story"},
		"an aspect of the family delivered": {fulfil(ledger.Verdict{Aspect: "4x5", SHA256: "f"}), "feed"},
		"an aspect that was not delivered":  {fulfil(ledger.Verdict{Aspect: "1x1", SHA256: "f"}), ""},
		"another destination's hash":        {fulfil(ledger.Verdict{SHA256: "t"}), ""},
		"another destination's key":         {fulfil(ledger.Verdict{StorageKey: "key of theirs"}), ""},
		"another destination's library":     {fulfil(ledger.Verdict{SHA256: "t", Destination: "b"}), ""},
		"that destination":                  {fulfil(ledger.Verdict{SHA256: "t", Destination: "b", Library: "lib b"}), "theirs"},
		"its own expiry":                    {timedOut(0, 80), "feed"},
		"another time that fits several":    {timedOut(0, 85), ""},
		"asked after the others came":       {timedOut(25, 95), "story"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			later := ledgertest.NewClock(began.Add(24 * time.Hour))
			l := &ledger.Ledger{Store: copied(t, l.Store), Now: later.Now}
			c.verdict.Raw = json.RawMessage(`{}`)
			got, _, err := l.Resolve(t.Context(), slot, c.verdict)
			if c.want == "" && !errors.Is(err, ledger.ErrUnmatched) || c.want != "" && (err != nil || got.ID != c.want) {
				t.Errorf("goes to %q, %v; want %q", got.ID, err, c.want)
			}
		})
	}
}

func fulfil(v ledger.Verdict) ledger.Verdict { v.Class = ledger.ClassFulfilled; return v }

// copied returns a store with copies of the slot's requests.
func copied(t *testing.T, store ledger.Store) ledger.Store {
	t.Helper()
	items, err := store.BySlot(t.Context(), slot, 100)
	if err != nil {
		t.Fatal(err)
	}
	copies := ledgertest.NewMemory()
	for _, i := range items {
		stand(t, copies, i)
	}
	return copies
}

func TestTheSameResultIsAppliedOnce(t *testing.T) {
	t.Parallel()
	l, clock := resolver()
	deliver := func(id string) {
		clock.Advance(time.Minute)
		stand(t, l.Store, ledger.Item{ID: id, State: ledger.Delivered, ReceivedAt: clock.Now(), StorageKey: "key of " + id})
	}
	resolve := func(class ledger.Class, raw, storageKey, want string, wantErr error) {
		t.Helper()
		got, ends, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: class, Raw: json.RawMessage(raw), StorageKey: storageKey})
		if !errors.Is(err, wantErr) || want != "" && got.ID != want || ends {
			t.Errorf("result %s goes to %q, %v; want %q, %v", raw, got.ID, err, want, wantErr)
		}
	}
	deliver("req#1")
	resolve(ledger.ClassRejected, `{"n":1}`, "", "req#1", nil)
	deliver("req#2")
	// the same result in another JSON form matches the same request
	resolve(ledger.ClassRejected, `{ "n": 1 }`, "", "req#1", nil)
	resolve(ledger.ClassFulfilled, `{"n":1}`, "key of req#2", "", ledger.ErrUnmatched)
	deliver("req#3")
	resolve(ledger.ClassRejected, `{"n":2}`, "", "", ledger.ErrUnmatched)
	resolve(ledger.ClassRejected, `{"n":3}`, "key of req#3", "req#3", nil)
	// this result stays unmatched, even though only one request has no result now
	resolve(ledger.ClassRejected, `{"n":2}`, "", "", ledger.ErrKept)
	resolve(ledger.ClassFulfilled, `{"n":2}`, "key of req#2", "", ledger.ErrUnmatched)
	// no match: this request already has a result
	resolve(ledger.ClassRejected, `{"n":4}`, "key of req#3", "", ledger.ErrUnmatched)
	for id, want := range map[string]int64{"req#1": 2, "req#2": 1, "req#3": 2} {
		if item, err := l.Look(t.Context(), id); err != nil || item.Version != want {
			t.Errorf("%s was written %d times: %v", id, item.Version, err)
		}
	}
	if _, _, err := l.Resolve(t.Context(), "p#another", ledger.Verdict{Class: ledger.ClassRejected}); !errors.Is(err, ledger.ErrUnmatched) {
		t.Errorf("a slot that nobody asked for: %v", err)
	}
}

// Older code stored results without a class. If the same bytes come again, they are the same
// result, whatever class they have now.
func TestAResultWithoutAClassIsTheSameUnderEachClass(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	was := stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Delivered, Result: json.RawMessage(`{"n":1}`)})
	got, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(`{"n":1}`)})
	if err != nil || got.ID != was.ID || got.Version != was.Version {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestARunLearnsOfAVerdict(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	l.NewOwner = func() string { return "owner" }
	hold, err := l.Claim(t.Context(), ledger.Request{ID: "req#1", Slot: slot, StorageKey: "k"}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassFulfilled, StorageKey: "k"}); err != nil {
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
		``:               omitted("no JSON", ""),
		`{`:              omitted("no JSON", "{"),
		long:             omitted("over 16 KiB", long),
		" " + long:       omitted("over 16 KiB", long),
	} {
		// a delivered request matches the result and stores it; a claimed one does not match, so
		// the result is stored in an item of its own
		for _, state := range []ledger.State{ledger.Delivered, ledger.Claimed} {
			l, _ := resolver()
			stand(t, l.Store, ledger.Item{ID: "req#1", State: state})
			got, _, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassRejected, Raw: json.RawMessage(raw)})
			if (err == nil) != (state == ledger.Delivered) || string(got.Result) != want {
				t.Errorf("%.80s is kept as\n%s, want\n%s (%v)", raw, got.Result, want, err)
			}
		}
	}
}

func omitted(why, raw string) string {
	return fmt.Sprintf(`{"omitted":%q,"sha256":"%x"}`, why, sha256.Sum256([]byte(raw)))
}

// brokenIndex is a store whose index fails.
type brokenIndex struct{ ledger.Store }

var errIndex = errors.New("index down")

func (brokenIndex) BySlot(context.Context, string, int) ([]ledger.Item, error) { return nil, errIndex }

func TestResolveTellsFaultsFromAbsence(t *testing.T) {
	t.Parallel()
	l, _ := resolver()
	l.Store = brokenIndex{l.Store}
	if _, ends, err := l.Resolve(t.Context(), slot, ledger.Verdict{}); !errors.Is(err, errIndex) || ends {
		t.Errorf("got %v, and ends a request: %t", err, ends)
	}
}

// A result that could not be written ends no request, whether it matched a request or not.
func TestAResultThatIsNotWrittenEndsNothing(t *testing.T) {
	t.Parallel()
	errDown := errors.New("store down")
	fails := saving(func(context.Context, ledger.Item) error { return errDown })
	for _, key := range []string{"k", "another"} {
		l, _ := resolver()
		stand(t, l.Store, ledger.Item{ID: "req#1", State: ledger.Claimed, StorageKey: "k"})
		store := &faulty{Store: l.Store}
		store.save.Store(&fails)
		l.Store = store
		if _, ends, err := l.Resolve(t.Context(), slot, ledger.Verdict{Class: ledger.ClassFulfilled, StorageKey: key}); !errors.Is(err, errDown) || ends {
			t.Errorf("%s: %v, and ends a request: %t", key, err, ends)
		}
	}
}
