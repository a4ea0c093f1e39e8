package ledger

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ours    = Decision{Key: "HRT-1212/v2/en/9x16.mp4", ETag: "e1"}
	another = Decision{Key: "HRT-1212/v2/en/9x16.mp4", ETag: "e2"}
	nothing = Decision{Skip: "no_match: no file"}
	me      = run{owner: "me", fence: 3}
)

// at returns a clock that shows the time now. The length of leases is the usual one, and the
// invocation has no deadline.
func at(now time.Time) clock { return clock{now: now, lease: Lease} }

// situations returns items as a run named "me" with fence 3 may find them.
func situations() map[string]Item {
	with := func(change func(*Item)) Item {
		i := Item{ID: "req#1", Version: 7, State: Claimed, Owner: "me", Fence: 3, Fingerprint: "print", LeaseUntil: noon.Add(Lease)}
		change(&i)
		return i
	}
	return map[string]Item{
		"claimed":   with(func(*Item) {}),
		"decided":   with(func(i *Item) { i.Decision = &ours }),
		"skipping":  with(func(i *Item) { i.Decision = &nothing }),
		"uploaded":  with(func(i *Item) { i.State, i.Decision, i.SHA256 = Uploaded, &ours, "0f" }),
		"released":  with(func(i *Item) { i.Owner, i.LeaseUntil = "", time.Time{} }),
		"queued":    with(func(i *Item) { i.State, i.Owner = Queued, "" }),
		"lost":      with(func(i *Item) { i.Owner, i.Fence = "other", 4 }),
		"reclaimed": with(func(i *Item) { i.Fence = 4 }), // a later claim by a run that is also named "me"
		"delivered": with(func(i *Item) { i.State, i.Decision, i.SHA256 = Delivered, &ours, "0f" }),
		"failed":    with(func(i *Item) { i.State = Failed }),
	}
}

// steps returns functions that try one step with an item, by the step's column in the table
// allowed.
func steps() map[string]func(Item) (Item, error) {
	settle := func(s State) func(Item) (Item, error) {
		return func(i Item) (Item, error) { return i.settle(me, Outcome{State: s}) }
	}
	return map[string]func(Item) (Item, error){
		"renew":     func(i Item) (Item, error) { return i.renew(me, at(noon)) },
		"decide":    func(i Item) (Item, error) { return i.decide(me, ours, false) },
		"differ":    func(i Item) (Item, error) { return i.decide(me, another, false) },
		"redecide":  func(i Item) (Item, error) { return i.decide(me, another, true) },
		"upload":    func(i Item) (Item, error) { return i.uploaded(me, "0f") },
		"reupload":  func(i Item) (Item, error) { return i.uploaded(me, "1f") },
		"deliver":   settle(Delivered),
		"skip":      settle(Skipped),
		"fail":      settle(Failed),
		"unsettled": settle(Claimed),
		"release":   func(i Item) (Item, error) { return i.release(me, "c", "d") },
		"queue":     func(i Item) (Item, error) { return i.queue(me, "c", "d", at(noon)) },
	}
}

// allowed is a table: for each situation (row) and step (column), it states ok if the step is
// allowed, otherwise the error with which the step is refused.
const allowed = `
.          renew  decide  differ  redecide upload  reupload deliver skip   fail   unsettled release queue
claimed    ok     ok      ok      ok       order   order    order   order  ok     order     ok      ok
decided    ok     ok      decided ok       ok      ok       order   order  ok     order     ok      ok
skipping   ok     decided decided decided  order   order    order   ok     ok     order     ok      ok
uploaded   ok     ok      decided decided  ok      decided  ok      order  ok     order     ok      ok
released   fenced fenced  fenced  fenced   fenced  fenced   fenced  fenced fenced fenced    ok      fenced
queued     fenced fenced  fenced  fenced   fenced  fenced   fenced  fenced fenced fenced    fenced  ok
lost       fenced fenced  fenced  fenced   fenced  fenced   fenced  fenced fenced fenced    fenced  fenced
reclaimed  fenced fenced  fenced  fenced   fenced  fenced   fenced  fenced fenced fenced    fenced  fenced
delivered  ended  ended   ended   ended    ended   ended    ok      ended  ended  ended     ended   ended
failed     ended  ended   ended   ended    ended   ended    ended   ended  ok     ended     ended   ended`

func TestEachStepInEachSituation(t *testing.T) {
	t.Parallel()
	reasons := map[string]error{"ok": nil, "order": ErrOrder, "decided": ErrDecided, "fenced": ErrFenced, "ended": ErrEnded}
	lines := strings.Split(strings.TrimSpace(allowed), "\n")
	columns := strings.Fields(lines[0])[1:]
	if len(lines)-1 != len(situations()) || len(columns) != len(steps()) {
		t.Fatal("the table leaves something out")
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		for n, column := range columns {
			was := situations()[cells[0]]
			next, err := steps()[column](was)
			if want := reasons[cells[n+1]]; !errors.Is(err, want) || (want == nil && err != nil) {
				t.Errorf("%s when %s: %v, want %s", column, cells[0], err, cells[n+1])
			}
			if err != nil && (next.State != was.State || next.Owner != was.Owner || next.Decision != was.Decision || next.Fence != was.Fence) {
				t.Errorf("%s when %s is refused and changes the item", column, cells[0])
			}
			if next.Fence != was.Fence || next.Version != was.Version {
				t.Errorf("%s when %s changes fence or version", column, cells[0])
			}
		}
	}
}

func TestClaimInEachSituation(t *testing.T) {
	t.Parallel()
	lapsed := Lease + Skew
	for _, c := range []struct {
		situation string
		after     time.Duration
		fromQueue bool
		want      error
		state     State
	}{
		{"claimed", 0, false, ErrHeld, ""},
		{"claimed", 0, true, ErrHeld, ""},
		{"claimed", lapsed - 1, false, ErrHeld, ""},
		{"claimed", lapsed, false, nil, Claimed},
		{"claimed", -time.Hour, false, ErrHeld, ""}, // the clock of the claiming run is an hour behind
		{"lost", lapsed, true, nil, Claimed},
		{"decided", lapsed, false, nil, Claimed},
		{"uploaded", lapsed, false, nil, Uploaded},
		{"released", 0, false, nil, Claimed},
		{"queued", 0, false, ErrQueued, ""},
		{"queued", 0, true, nil, Claimed},
		{"queued", lapsed, false, nil, Claimed},
		{"delivered", 0, false, ErrEnded, ""},
		{"failed", lapsed, true, ErrEnded, ""},
	} {
		was := situations()[c.situation]
		r := Request{ID: was.ID, Fingerprint: "print"}
		got, err := was.claim(r, "next", c.fromQueue, at(noon.Add(c.after)))
		if !errors.Is(err, c.want) {
			t.Errorf("%s after %v: %v, want %v", c.situation, c.after, err, c.want)
			continue
		}
		if err == nil && (got.State != c.state || got.Owner != "next" || got.Fence != was.Fence+1 || got.Attempts != 1 ||
			got.Decision != was.Decision || got.SHA256 != was.SHA256 || !got.LeaseUntil.Equal(noon.Add(c.after+Lease))) {
			t.Errorf("%s after %v: %+v", c.situation, c.after, got)
		}
		r.Fingerprint = "another"
		if _, err := was.claim(r, "next", c.fromQueue, at(noon.Add(c.after))); !errors.Is(err, ErrConflict) {
			t.Errorf("%s, asked another question: %v", c.situation, err)
		}
	}
}

func TestARepeatedClaimCountsOnce(t *testing.T) {
	t.Parallel()
	r := Request{ID: "req#1"}
	first, err := Item{}.claim(r, "me", false, at(noon))
	if err != nil {
		t.Fatal(err)
	}
	first.Version = 1
	again, err := first.claim(r, "me", false, at(noon.Add(time.Second)))
	if err != nil || again.Fence != 1 || again.Attempts != 1 {
		t.Errorf("claimed again by the same run: %+v, %v", again, err)
	}
}

func TestTextOfAnItemIsCut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "as it is “ü”": "as it is “ü”", "not \xff text": "not  text",
		"x" + strings.Repeat("ü", 600):                    "x" + strings.Repeat("ü", 511),
		`Put "https://u:p@R2.example:1/k?sig=s": refused`: `Put "https://R2.example:1/[redacted]": refused`,
		"HTTP://h and https://h/?s":                       "HTTP://h/[redacted] and https://h/[redacted]",
		"http:/h, ftp://h/p":                              "http:/h, ftp://h/p",
	} {
		if got := cut(text); got != want {
			t.Errorf("cut(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAnUnknownStateIsAnEnd(t *testing.T) {
	t.Parallel()
	for _, s := range []State{"", Claimed, Queued, Uploaded} {
		if s.Ended() {
			t.Errorf("%q is an end", s)
		}
	}
	for _, s := range []State{Delivered, Skipped, Expired, Failed, Superseded, FulfilledElsewhere, Malformed, "later invention"} {
		if !s.Ended() {
			t.Errorf("%q is no end", s)
		}
	}
}

func TestExpireInEachSituation(t *testing.T) {
	t.Parallel()
	over := noon.Add(-time.Second)
	for _, c := range []struct {
		situation string
		after     time.Duration
		want      error
		maybeOurs bool // whether the platform may have accepted a callback of ours
	}{
		{"claimed", 0, ErrHeld, false},
		{"claimed", Lease + Skew - 1, ErrHeld, false},
		{"claimed", Lease + Skew, nil, false},
		{"claimed", -time.Minute, ErrOrder, false}, // the request has not expired yet
		{"skipping", Lease + Skew, nil, false},
		{"uploaded", Lease + Skew, nil, true},
		{"released", 0, nil, false},
		{"queued", 0, nil, false},
		{"delivered", Lease + Skew, ErrEnded, false},
		{"failed", Lease + Skew, ErrEnded, false},
	} {
		was := situations()[c.situation]
		was.ExpiresAt, was.Code, was.Detail = over, "index", "no answer"
		got, err := was.expire(at(noon.Add(c.after)))
		if !errors.Is(err, c.want) {
			t.Errorf("%s after %v: %v, want %v", c.situation, c.after, err, c.want)
		}
		if err == nil && (got.State != Expired || got.Code != "overdue" || got.Unconfirmed != c.maybeOurs || !got.LeaseUntil.IsZero() ||
			!strings.HasSuffix(got.Detail, "index no answer")) {
			t.Errorf("%s after %v: %+v", c.situation, c.after, got)
		}
	}
	if _, err := (Item{}).expire(at(noon)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a request that is not there: %v", err)
	}
}
