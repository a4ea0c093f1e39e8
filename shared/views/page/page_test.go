package page_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
	"masterhand/shared/views/page"
)

var into = flag.String("page", "", "write the sample page into this file")

func TestThePageTellsWhatHappened(t *testing.T) {
	t.Parallel()
	html := written(t, day(), page.View{Name: "production"})
	if *into != "" {
		if err := os.WriteFile(*into, []byte(html), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for what, want := range map[string]string{
		"the headline":          `<b>131</b> requests: <b>120</b> delivered, <b>7</b> had no master, <b>2</b> are open, <b>1</b> was rejected by the platform, <b>1</b> expired.`,
		"who is affected":       `2 ads of HRT Prospecting - Sep`,
		"why it was chosen":     `the best of 2 files that fit, of 7 considered: aspect 4x5 is preferred to 1x1`,
		"why it was skipped":    `the library has no de 4x5; it has de 9x16, en 1x1, en 4x5, en 9x16`,
		"what the platform did": `rejected: wrong aspect`,
		"what may be the file":  `<code>HRT-1213-1_english_9x16.mp4</code>`,
		"what holds back":       `holds back 3 ads of Broad - DE - v1`,
		"the key to put":        `<code>HRT-2001/v1/de/4x5.mp4</code>`,
		"a family is one file":  `4x5 or 1x1 or 3x4`,
		"the tags to set":       `<code>masterhand place HRT-2004-1_9x16.mp4 HRT-2004-1 en</code>`,
		"or that it is none":    `<code>masterhand ignore HRT-1213-1_english_9x16.mp4</code>`,
		"a cell asked in vain":  `<i class="v" title="requested, missing, skipped 3 times">×3</i>`,
		"another locale":        `<i class="l" title="covered by another locale, HRT-2005/v1/pt/1x1.mp4">≈</i>`,
		"shares":                `available, of all wanted`,
		"announcements":         `00:32 video_export completed → HRT-2056/v1/en/9x16.mp4`,
		"requests an hour":      `131 requests; the most in one column`,
		"rules of candidates":   `<td>fits, but the chosen file is better: aspect 4x5 is preferred to 1x1</td>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%s: the page lacks %s", what, want)
		}
	}
	if strings.Contains(html, "<script") {
		t.Error("a snapshot has a script")
	}
}

// A text from outside, such as a file's name, must not become HTML markup, and must not reverse the text
// direction.
func TestHostileNamesAreText(t *testing.T) {
	t.Parallel()
	d := newDeck()
	d.master("HRT-1 1 en video 9x16", func(m *masters.Master) { m.Key, m.Rule = hostile, hostile })
	d.master("HRT-2 1 en video 9x16", func(m *masters.Master) { m.Key, m.Locale, m.LocaleUnclear = hostile, "", hostile })
	d.named(d.ask(time.Minute, "HRT-1 1 en video 9x16", ledger.Delivered, sent(hostile, 1, time.Second), func(i *ledger.Item) {
		i.ResultClass, i.Result = ledger.ClassRejected, fmt.Appendf(nil, `{"reason":%q}`, "<img src=x onerror=alert(2)>")
		i.Destination, i.Detail, i.Code, i.Target = hostile, hostile, hostile, hostile
	}), names(hostile, hostile))
	d.named(d.ask(time.Minute, "HRT-2 1 en video 9x16", ledger.Queued, func(i *ledger.Item) { i.Blocker, i.Code, i.Detail = hostile, hostile, hostile }), names(hostile, hostile))
	d.named(d.ask(time.Minute, "HRT-3 1 en video 9x16", ledger.Queued, func(i *ledger.Item) { i.Blocker = hostile }), names(hostile, hostile))
	d.ask(time.Minute, "HRT-3 1 en video 9x16", ledger.Malformed, func(i *ledger.Item) { i.Slot, i.Detail = hostile, hostile })
	d.Timelines = []timeline.Timeline{{Sender: hostile, Subject: hostile, State: timeline.State{Type: hostile, Status: hostile, Alert: hostile}, ReceivedAt: now.Add(-time.Hour)}}
	html := written(t, d.Data, page.View{Name: hostile, Links: true, Outcome: "", Code: ""})
	filtered := written(t, d.Data, page.View{Links: true, Outcome: hostile, Code: hostile})
	if n := strings.Count(html, "alert(1)"); n < 12 {
		t.Errorf("the hostile name shows %d times only", n)
	}
	for _, out := range []string{html, filtered} {
		for _, odd := range []string{"<script", "<img", `"'>`, "\u202e"} {
			if strings.Contains(out, odd) {
				t.Errorf("%q stands in the page", odd)
			}
		}
	}
	quoted := `masterhand place $&#39;`
	if !strings.Contains(html, quoted) {
		t.Error("a hostile key is not quoted for the shell")
	}
}

// A text that a sender or the platform wrote may contain a URL. The page must show at most the URL's
// host.
func TestNoAddressIsShown(t *testing.T) {
	t.Parallel()
	const secret = "X-Amz-Signature=SECRET"
	d := newDeck()
	d.ask(time.Minute, "HRT-1 1 en video 9x16", ledger.Failed, func(i *ledger.Item) { i.Code, i.Detail = "refused", "https://r2.example/k?"+secret })
	d.ask(time.Minute, "HRT-1 1 en video 9x16", ledger.Malformed, func(i *ledger.Item) { i.Slot, i.Detail = "", "https://r2.example/k?"+secret })
	if html := written(t, d.Data, page.View{}); strings.Contains(html, "SECRET") || strings.Count(html, "redacted") < 2 {
		t.Error("a URL stands in the page, or nothing of it does")
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask  func(*deck)
		want string
	}{
		"nothing":       {func(*deck) {}, "quiet"},
		"a delivery":    {func(d *deck) { d.ask(time.Hour, "A 1 en video 9x16", ledger.Delivered) }, "all well"},
		"a skip":        {func(d *deck) { d.ask(time.Hour, "A 1 en video 9x16", ledger.Skipped, skipped("no_match:kind")) }, "all well"},
		"just open":     {func(d *deck) { d.ask(time.Minute, "A 1 en video 9x16", ledger.Queued) }, "all well"},
		"open for long": {func(d *deck) { d.ask(10*time.Minute, "A 1 en video 9x16", ledger.Queued) }, "needs attention"},
		"too late":      {func(d *deck) { d.ask(time.Hour, "A 1 en video 9x16", ledger.Expired) }, "needs attention"},
		"failed":        {func(d *deck) { d.ask(time.Hour, "A 1 en video 9x16", ledger.Failed) }, "needs attention"},
		"malformed":     {func(d *deck) { d.ask(time.Hour, "A 1 en video 9x16", ledger.Malformed) }, "needs attention"},
		"long ago":      {func(d *deck) { d.ask(30*time.Hour, "A 1 en video 9x16", ledger.Failed) }, "quiet"},
		"a try of the deployment": {func(d *deck) {
			d.ask(time.Hour, "SMOKE 1 en video 9x16", ledger.Expired, func(i *ledger.Item) { i.Slot = "smoke#SMOKE#1#en#video" })
		}, "quiet"},
	} {
		d := newDeck()
		c.ask(d)
		if got := page.New(d.Data, page.View{}).Health.Word; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestRequestsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	data := day()
	seen := map[string]bool{}
	view := page.View{Links: true}
	for leaf := range 20 {
		view.Leaf = leaf
		shown := page.New(data, view).Requests
		for _, row := range shown.Rows {
			if seen[row.ID] {
				t.Fatalf("leaf %d repeats request %s", leaf, row.ID)
			}
			seen[row.ID] = true
		}
		if (leaf == 0) != (shown.Newer == "") {
			t.Errorf("leaf %d has newer %q", leaf, shown.Newer)
		}
		if shown.Older == "" {
			break
		}
	}
	if len(seen) != len(data.Requests) {
		t.Errorf("the leaves have %d requests of %d", len(seen), len(data.Requests))
	}
	for _, c := range []struct {
		view  page.View
		found int
	}{
		{page.View{Outcome: "skipped"}, 7}, {page.View{Outcome: "waiting"}, 1}, {page.View{Code: "hrt-2010"}, 3},
		{page.View{Code: "HRT-2010", Outcome: "skipped"}, 2}, {page.View{Code: "none"}, 0}, {page.View{Leaf: -3}, len(data.Requests)}, {page.View{Leaf: 9999}, len(data.Requests)},
	} {
		shown := page.New(data, c.view).Requests
		if shown.Found != c.found || (len(shown.Rows) == 0) != (c.found == 0) {
			t.Errorf("%+v: %d found, %d shown, want %d", c.view, shown.Found, len(shown.Rows), c.found)
		}
	}
}

// counted is a store of requests that counts its reads.
type counted struct {
	requests []ledger.Item
	reads    atomic.Int64
}

func (c *counted) ByDayUntil(_ context.Context, day string, until time.Time, limit int) (found []ledger.Item, _ error) {
	c.reads.Add(1)
	for _, i := range c.requests {
		if i.ReceivedAt.Format(time.DateOnly) == day && !i.ReceivedAt.After(until) && len(found) < limit {
			found = append(found, i)
		}
	}
	return found, nil
}

func (c *counted) Affected(_ context.Context, ids []string) (map[string]affected.Names, error) {
	c.reads.Add(1)
	if len(ids) > page.MaxRequests {
		return nil, fmt.Errorf("%d requests are asked after", len(ids))
	}
	found := map[string]affected.Names{}
	for _, id := range ids {
		found[id] = names("Campaign of some length - Sep", "ad one", "ad two")
	}
	return found, nil
}

// blobs is an index in memory that counts its reads.
type blobs struct {
	masterstest.Memory
	reads atomic.Int64
}

func (b *blobs) Load(ctx context.Context, name string) ([]byte, string, error) {
	b.reads.Add(1)
	return b.Memory.Load(ctx, name)
}

// Even with many requests and masters, reading the data of the page must read the stores only a few
// times. The benchmarks of this package measure the time.
func TestALargePageNeedsFewReads(t *testing.T) {
	t.Parallel()
	store, index := &counted{}, &blobs{}
	lib := masters.Library{Name: "default"}
	d := newDeck()
	for n := range 1000 {
		code := fmt.Sprintf("HRT-%04d", 1000+n)
		for _, words := range []string{" 1 en video 9x16", " 1 en video 4x5", " 1 de video 9x16", " 1 en image 1x1", " 2 fr video 1x1"} {
			d.master(code + words)
		}
	}
	for _, doc := range d.Libraries[0].Documents {
		if err := (masters.Index{Blobs: index}).SaveDocument(t.Context(), lib, doc, ""); err != nil {
			t.Fatal(err)
		}
	}
	keeper := summary.Keeper{Index: masters.Index{Blobs: index}, Names: &index.Memory}
	if err := keeper.Refresh(t.Context(), lib); err != nil {
		t.Fatal(err)
	}
	for n := range 10_000 {
		words := fmt.Sprintf("HRT-%04d 1 %s video %s", 1000+n%1000, []creative.Locale{"en", "de", "it"}[n%3], []string{"9x16", "4x5", "feed", "1x1"}[n%4])
		state, edit := ledger.Delivered, sent(fmt.Sprintf("HRT-%04d/v1/en/9x16.mp4", 1000+n%1000), 50_000_000, 2*time.Second)
		if n%3 > 0 {
			state, edit = ledger.Skipped, skipped("no_match:aspect")
		}
		d.ask(time.Duration(n)*8*time.Second, words, state, edit)
	}
	store.requests = d.Requests
	index.reads.Store(0)
	sources := page.Sources{Requests: store, Names: store, Blobs: index, Libraries: []masters.Library{lib}}
	data, err := page.Read(t.Context(), sources, now, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	html := written(t, data, page.View{Links: true})
	if got := index.reads.Load(); got != 1 {
		t.Errorf("%d objects of the index were read, want the summary alone", got)
	}
	if got := store.reads.Load(); got > 8 {
		t.Errorf("the ledger was asked %d times", got)
	}
	if len(data.Requests) != page.MaxRequests || !data.Cut || len(data.Libraries[0].Documents) != 2000 {
		t.Errorf("%d requests, cut %t, %d creatives", len(data.Requests), data.Cut, len(data.Libraries[0].Documents))
	}
	if len(html) > 500_000 {
		t.Errorf("the page has %d bytes, want at most 500 kB", len(html))
	}
	for _, want := range []string{"the newest 500 requests, since ", "1,700 creatives with less demand", "2,000 creatives"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestASupersededDeliveryIsNotShownAsAccepted(t *testing.T) {
	t.Parallel()
	d := newDeck()
	d.master("HRT-1 1 en video 9x16")
	d.ask(time.Minute, "HRT-1 1 en video 9x16", ledger.Superseded, sent("HRT-1/v1/en/9x16.mp4", 1, time.Second), func(i *ledger.Item) {
		i.ResultClass, i.Result = ledger.ClassFulfilled, []byte(`{"a":1}`)
	})
	html := written(t, d.Data, page.View{})
	if !strings.Contains(html, advice.ReplacedWords) || !strings.Contains(html, "the platform has another file") || strings.Contains(html, "accepted by the platform") {
		t.Error("the page does not say that the delivery was superseded")
	}
}

// If a request waits only because a file is not indexed yet, the page must not offer to place that
// file at the requested locale, nor to exclude it: the file's own name may state another locale.
func TestAFileThatIsNotIndexedIsNeverPlacedForTheRequest(t *testing.T) {
	t.Parallel()
	for code, places := range map[string]bool{fulfillment.CodeIndex: false, fulfillment.CodeUnplaced: true} {
		d := newDeck()
		d.ask(time.Minute, "HRT-606 1 en video 9x16", ledger.Queued, func(i *ledger.Item) { i.Code, i.Blocker = code, "HRT-606_1.mp4" })
		html := written(t, d.Data, page.View{})
		for what, has := range map[string]bool{"masterhand place": places, "masterhand ignore": places, "this file may be": places, "masterhand reindex --status": !places} {
			if n := strings.Count(strings.ToLower(html), what); (n > 0) != has {
				t.Errorf("%s: the page shows %q %d times", code, what, n)
			}
		}
	}
}

// An older skip must not say that the library lacks a file which was uploaded since.
func TestAnOlderSkipSaysWhatTheLibraryHasNow(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(*masters.Master){
		"the library had no uk 9x16 then; now it has new.mp4":                                func(*masters.Master) {},
		"the library had no uk 9x16 then; now it has one that cannot be delivered: archived": func(m *masters.Master) { m.StorageClass = "GLACIER" },
		"the library had no uk 9x16 then; now a file may be it: unseen":                      func(m *masters.Master) { m.Probed, m.Extension = false, "" },
		"the library has no uk 9x16; it has en 9x16, uk 16x9":                                func(m *masters.Master) { m.Aspect = "16x9" },
	} {
		d := newDeck()
		d.master("HRT-606 1 en video 9x16")
		d.master("HRT-606 1 uk video 9x16", func(m *masters.Master) { m.Key = "new.mp4" }, edit)
		d.ask(time.Hour, "HRT-606 1 uk video 9x16", ledger.Skipped, skipped("no_match:locale"))
		if html := written(t, d.Data, page.View{}); !strings.Contains(html, want) || strings.Contains(html, "uk 9x16; it has") != strings.HasPrefix(want, "the library has") {
			t.Errorf("the page lacks %q: %v", want, regexp.MustCompile(`the library [^<]*`).FindAllString(html, -1))
		}
	}
}
