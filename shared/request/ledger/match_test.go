package ledger

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// Each case has a request and a result, and states whether the result may be about the request.
func TestAResultMatchesARequestByWhatBothState(t *testing.T) {
	t.Parallel()
	over := noon.Add(-time.Minute)
	running := Item{State: Claimed, ExpiresAt: over, LeaseUntil: noon.Add(time.Minute), ReceivedAt: noon.Add(-time.Hour), StorageKey: "k"}
	with := func(i Item, change func(*Item)) Item { change(&i); return i }
	ended := func(s State) Item { return with(running, func(i *Item) { i.State, i.LeaseUntil = s, time.Time{} }) }
	delivered := with(ended(Delivered), func(i *Item) { i.SHA256 = "0f" })
	target := func(name, aspect string) Item {
		return with(delivered, func(i *Item) {
			if i.Target = name; aspect != "" {
				i.Decision = &Decision{Aspect: aspect}
			}
		})
	}
	timedOut, rejected := Verdict{Class: ClassTimedOut}, Verdict{Class: ClassRejected}
	skipped := Verdict{Class: ClassRejected, NotAvailable: true}
	of := func(v Verdict, change func(*Verdict)) Verdict { change(&v); return v }
	for name, c := range map[string]struct {
		item Item
		v    Verdict
		want bool
	}{
		"a time-out, unnamed, of a running request":  {running, timedOut, false},
		"of one whose lease has lapsed":              {with(running, func(i *Item) { i.LeaseUntil = noon.Add(-Lease) }), timedOut, true},
		"of one that is released":                    {with(running, func(i *Item) { i.LeaseUntil = time.Time{} }), timedOut, true},
		"with the second of its expiry":              {running, of(timedOut, func(v *Verdict) { v.ExpiredAt = over.Add(time.Second - 1) }), true},
		"with another second":                        {running, of(timedOut, func(v *Verdict) { v.ExpiredAt = over.Add(time.Second) }), false},
		"stated before it expired":                   {ended(Failed), of(timedOut, func(v *Verdict) { v.ExpiredAt = over.Add(-time.Second) }), false},
		"stated after it expired":                    {ended(Failed), of(timedOut, func(v *Verdict) { v.ExpiredAt = noon }), true},
		"of one that never expires":                  {with(ended(Failed), func(i *Item) { i.ExpiresAt = time.Time{} }), timedOut, false},
		"asked a minute after it was received":       {ended(Failed), of(timedOut, func(v *Verdict) { v.RequestedAt = noon.Add(-59 * time.Minute) }), true},
		"asked over a minute after it was received":  {ended(Failed), of(timedOut, func(v *Verdict) { v.RequestedAt = noon.Add(1 - 59*time.Minute) }), false},
		"a fulfilment of a running one without key":  {with(running, func(i *Item) { i.StorageKey = "" }), Verdict{Class: ClassFulfilled}, false},
		"a skip of a running one that decided so":    {with(running, func(i *Item) { i.Decision = &Decision{Skip: "no_match"} }), of(skipped, func(v *Verdict) { v.StorageKey = "k" }), true},
		"of a running one that decided to deliver":   {with(running, func(i *Item) { i.Decision = &Decision{Key: "a"} }), of(skipped, func(v *Verdict) { v.StorageKey = "k" }), false},
		"of one that failed although it had decided": {with(ended(Failed), func(i *Item) { i.Decision = &Decision{Skip: "no_match"} }), skipped, false},
		"a rejection of an upload that expired":      {with(delivered, func(i *Item) { i.State = Expired }), rejected, true},
		"of one that expired before its upload":      {ended(Expired), rejected, false},
		"a rejection of a superseded upload":         {with(delivered, func(i *Item) { i.State = Superseded }), rejected, false},
		"of another destination's delivery":          {with(delivered, func(i *Item) { i.Destination = "b" }), rejected, false},
		"of another library's delivery":              {with(delivered, func(i *Item) { i.Library = "b" }), rejected, false},
		"a class that nobody knows":                  {delivered, Verdict{Class: "invented"}, false},
		"an aspect, of a request without target":     {delivered, of(rejected, func(v *Verdict) { v.Aspect, v.Family = "1x1", "feed" }), true},
		"a family in the reason, of an exact aspect": {target("9x16", ""), of(rejected, func(v *Verdict) { v.ReasonFamily = "story_reel" }), false},
		"the same with its key":                      {target("9x16", ""), of(rejected, func(v *Verdict) { v.ReasonFamily, v.StorageKey = "story_reel", "k" }), true},
		"a family and an aspect that it did not get": {target("feed", "4x5"), of(rejected, func(v *Verdict) { v.Family, v.Aspect = "feed", "16x9" }), true},
		"the aspect that the family got":             {target("feed", "4x5"), of(rejected, func(v *Verdict) { v.Aspect = "4x5" }), true},
		"another that the family accepts":            {target("feed", "4x5"), of(rejected, func(v *Verdict) { v.Aspect = "1x1" }), false},
		"an aspect that the family accepts":          {target("feed", ""), of(rejected, func(v *Verdict) { v.Aspect = "1x1" }), true},
		"one that it does not accept":                {target("feed", ""), of(rejected, func(v *Verdict) { v.Aspect = "16x9" }), false},
		"an aspect, of a family that nobody knows":   {target("invented", ""), of(rejected, func(v *Verdict) { v.Aspect = "16x9" }), true},
		"a decision without aspect":                  {with(target("feed", ""), func(i *Item) { i.Decision = &Decision{Key: "a"} }), of(rejected, func(v *Verdict) { v.Aspect = "1x1" }), true},
	} {
		if got := c.v.fits(c.item, at(noon)); got != c.want {
			t.Errorf("%s: fits is %v", name, got)
		}
	}
}

// An item that older code wrote may lack the expiry and the storage key. If a result lacks them,
// too, this does not count as an agreement that singles out the item.
func TestAFieldThatNeitherSideStatesMatchesNothing(t *testing.T) {
	t.Parallel()
	older := Item{ID: "older", State: Delivered, SHA256: "0f"}
	newer := Item{ID: "newer", State: Delivered, SHA256: "1f", ExpiresAt: noon, StorageKey: "k"}
	if got, err := (Verdict{Class: ClassRejected}).choose([]Item{older, newer}, at(noon)); err == nil {
		t.Errorf("the result goes to %s", got.ID)
	}
}

func TestEventIDsAreBounded(t *testing.T) {
	t.Parallel()
	long := make([]byte, 257)
	for i := range long {
		long[i] = 'x'
	}
	full := make([]string, 20)
	for _, c := range []struct {
		ids  []string
		id   string
		want bool
	}{
		{nil, "evt", true}, {nil, "", false}, {[]string{"evt"}, "evt", false}, {[]string{"other"}, "evt", true},
		{nil, string(long[:256]), true}, {nil, string(long), false}, {full[:19], "evt", true}, {full, "evt", false},
	} {
		got := remember(c.ids, c.id)
		if added := len(got) > len(c.ids); added != c.want || added && got[len(got)-1] != c.id {
			t.Errorf("%d ids and %.10q: %d ids", len(c.ids), c.id, len(got))
		}
	}
	if got := remember(nil, "https://h.example/s3cr3t"); !slices.Equal(got, []string{"https://h.example/[redacted]"}) {
		t.Errorf("kept %q", got)
	}
}

// The test states the lease and the skew as numbers, so that it fails if one of them is changed:
// time limits of the platform and of operators depend on them.
func TestALeaseLastsAMinuteAndItsSkewFiveSeconds(t *testing.T) {
	t.Parallel()
	i, err := Item{}.claim(Request{ID: "req#1"}, "me", false, clock{now: noon, deadline: noon.Add(5 * time.Minute), lease: Lease})
	if err != nil || !i.LeaseUntil.Equal(noon.Add(60*time.Second)) {
		t.Fatalf("claimed until %v, %v", i.LeaseUntil, err)
	}
	if !i.held(at(noon.Add(65*time.Second-1))) || i.held(at(noon.Add(65*time.Second))) {
		t.Error("a lapsed lease is not left alone for 5 s")
	}
}

// If the answer to a run's write was lost, the run recognizes its write in the stored item only if
// both the owner and the fence are the run's own.
func TestARunRecognizesItsOwnWriteByOwnerAndFence(t *testing.T) {
	t.Parallel()
	for name, who := range map[string]run{"by name": {"me", 2}, "by fence": {"other", 3}} {
		if _, err := situations()["delivered"].settle(who, Outcome{State: Delivered}); err == nil {
			t.Errorf("settled by a run that is like the owner %s alone", name)
		}
	}
	over := situations()["released"]
	over.State = Expired
	later := situations()["released"]
	later.Fence = 4
	queued := situations()["queued"]
	queued.Fence = 4
	for name, step := range map[string]func() (Item, error){
		"released, and over by now":      func() (Item, error) { return over.release(me, "c", "d") },
		"released by a later run":        func() (Item, error) { return later.release(me, "c", "d") },
		"queued by a later run":          func() (Item, error) { return queued.queue(me, "c", "d", at(noon)) },
		"queued, where another holds it": func() (Item, error) { return situations()["lost"].queue(me, "c", "d", at(noon)) },
	} {
		if _, err := step(); err == nil {
			t.Errorf("%s: taken for this run's own write", name)
		}
	}
	held := situations()["claimed"]
	// If a queued item has no owner, this run may have written it and lost the answer. This item has an
	// owner, so this run has not written it, and the method queue must write it again.
	held.State = Queued
	if _, err := held.queue(me, "c", "d", at(noon)); err != nil {
		t.Error(err)
	}
}

func TestGivingBackSavesTheReasonAndFreesTheRequest(t *testing.T) {
	t.Parallel()
	released, err := situations()["claimed"].release(me, "c", "https://h/s3cr3t")
	if err != nil || released.Owner != "" || !released.LeaseUntil.IsZero() || released.Code != "c" || released.Detail != "https://h/[redacted]" {
		t.Errorf("released: %+v, %v", released, err)
	}
	queued, err := situations()["uploaded"].queue(me, "c", "d", at(noon))
	if err != nil || queued.Owner != "" || !queued.LeaseUntil.Equal(noon.Add(time.Minute)) || queued.Code != "c" || queued.Detail != "d" || queued.SHA256 == "" {
		t.Errorf("queued: %+v, %v", queued, err)
	}
	settled, err := situations()["claimed"].settle(me, Outcome{State: Failed, Code: "c", Detail: "d"})
	if err != nil || !settled.LeaseUntil.IsZero() || settled.Code != "c" || settled.Detail != "d" {
		t.Errorf("settled: %+v, %v", settled, err)
	}
	queued.ExpiresAt = noon
	expired, err := queued.expire(at(noon)) // noon is exactly the request's expiry
	if err != nil || !expired.Unconfirmed {
		t.Errorf("expired after an upload: %+v, %v", expired, err)
	}
}

// An older version of an item does not replace a newer one in a hold.
func TestAHoldKeepsTheNewestItem(t *testing.T) {
	t.Parallel()
	h := &Hold{run: me}
	h.saw(Item{Version: 5, Owner: "me", Fence: 3}, true)
	h.saw(Item{Version: 4, Owner: "other", Fence: 2}, false)
	if got := h.Item(); got.Version != 5 || got.Owner != "me" {
		t.Errorf("kept %+v", got)
	}
}

// An item of older code names no library, so a run for any library may claim it.
func TestAnItemWithoutLibraryIsClaimedForAny(t *testing.T) {
	t.Parallel()
	was := situations()["released"]
	if _, err := was.claim(Request{ID: was.ID, Fingerprint: was.Fingerprint, Library: "default"}, "next", false, at(noon)); err != nil {
		t.Error(err)
	}
	if _, err := situations()["lost"].giveWay(me, true); !errors.Is(err, ErrFenced) {
		t.Errorf("a run that lost its request gives way: %v", err)
	}
}

// A request that expired after its upload stays expired when the platform reports that it has the
// bytes.
func TestAFulfilmentDoesNotReviveARequest(t *testing.T) {
	t.Parallel()
	i, err := Item{State: Expired, SHA256: "0f", Unconfirmed: true}.resolve(Verdict{Class: ClassFulfilled, SHA256: "0f", Raw: []byte("{}")}, at(noon))
	if err != nil || i.State != Expired || i.Unconfirmed {
		t.Errorf("%+v, %v", i, err)
	}
}
