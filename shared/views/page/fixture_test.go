package page_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/page"
)

var now = time.Date(2026, 11, 21, 14, 32, 8, 0, time.UTC)

// hostile is a file name that tries to inject a script and to reverse the text direction.
const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>` + "\u202e"

func names(campaign string, ads ...string) affected.Names {
	return affected.Names{
		Ads: affected.List{Count: len(ads), Names: ads}, AdSets: affected.List{Count: 1, Names: []string{"Broad - US"}},
		Campaigns: affected.List{Count: 1, Names: []string{campaign}},
	}
}

// deck builds the data that a test shows on the page.
type deck struct{ page.Data }

func newDeck() *deck {
	return &deck{page.Data{
		At: now, Affected: map[string]affected.Names{},
		Libraries: []page.Library{{Library: masters.Library{Name: "default"}, Documents: map[creative.Creative]masters.Document{}}},
	}}
}

// master adds a master to the data. The argument words states the master's code, variation, locale,
// kind and aspect, such as "HRT-1212 2 en video 9x16".
func (d *deck) master(words string, edit ...func(*masters.Master)) {
	w := strings.Fields(words)
	var c creative.Creative
	c.Code = w[0]
	fmt.Sscan(w[1], &c.Variation)
	aspect := creative.Aspect(w[4])
	m := masters.Master{
		Key: fmt.Sprintf("%s/v%s/%s/%s.mp4", w[0], w[1], w[2], w[4]), ETag: `"1"`, Size: 72_100_000, Locale: creative.Locale(w[2]), Kind: creative.Kind(w[3]),
		Aspect: aspect, NamedAspect: aspect, Probed: true, Width: 1080, Height: 1920, Extension: "mp4", Rule: "folder", Modified: now,
	}
	if m.Kind == creative.Image {
		m.Extension, m.Key = "jpg", strings.TrimSuffix(m.Key, "mp4")+"jpg"
	}
	for _, e := range edit {
		e(&m)
	}
	doc, has := d.Libraries[0].Documents[c]
	if !has {
		doc = masters.NewDocument(c)
	}
	d.Libraries[0].Documents[c] = doc.Put(m)
}

// ask adds a request to the data. The argument back is the time since the request arrived. The
// argument words states the requested code, variation, locale, kind and aspect, such as
// "HRT-1212 2 en video 9x16".
func (d *deck) ask(back time.Duration, words string, state ledger.State, edit ...func(*ledger.Item)) *ledger.Item {
	w := strings.Fields(words)
	c := creative.Creative{Code: w[0]}
	fmt.Sscan(w[1], &c.Variation)
	at := now.Add(-back)
	i := ledger.Item{
		ID: fmt.Sprintf("req#%012x", len(d.Requests)+1), State: state, Target: w[4], Attempts: 1, Destination: "outpost", Library: "default",
		Slot:       creative.Slot{Project: "p", Creative: c, Locale: creative.Locale(w[2]), Kind: creative.Kind(w[3])}.Key(),
		ReceivedAt: at, ExpiresAt: at.Add(time.Hour), ClaimedAt: at.Add(60 * time.Millisecond),
	}
	for _, e := range edit {
		e(&i)
	}
	d.Requests = append(d.Requests, i)
	return &d.Requests[len(d.Requests)-1]
}

// sent returns a function that turns an item into that of a delivered request. The file at key was
// sent. The argument took is the time from the request's arrival to its end.
func sent(key string, size int64, took time.Duration) func(*ledger.Item) {
	return func(i *ledger.Item) {
		i.Decision = &ledger.Decision{Key: key, Size: size}
		i.DecidedAt = i.ReceivedAt.Add(took / 5)
		i.UploadedAt = i.ReceivedAt.Add(took * 4 / 5)
		i.EndedAt = i.ReceivedAt.Add(took)
		i.SHA256 = strings.Repeat("0f", 32)
	}
}

func skipped(reason string) func(*ledger.Item) {
	return func(i *ledger.Item) {
		i.Decision = &ledger.Decision{Skip: reason}
		i.DecidedAt, i.EndedAt = i.ReceivedAt.Add(1900*time.Millisecond), i.ReceivedAt.Add(2100*time.Millisecond)
	}
}

func (d *deck) named(i *ledger.Item, n affected.Names) { d.Affected[i.ID] = n }

// day returns the data of one day with at least one request of each outcome.
func day() page.Data {
	d := newDeck()
	for _, words := range []string{
		"HRT-1212 2 en video 9x16", "HRT-1212 2 en video 4x5", "HRT-1212 2 en video 1x1", "HRT-1212 2 en video 16x9", "HRT-1212 2 en image 1x1", "HRT-1212 2 en image 4x5", "HRT-1212 2 de image 1x1",
		"HRT-2001 1 en video 9x16", "HRT-2001 1 en video 4x5", "HRT-2001 1 en video 1x1", "HRT-2001 1 en image 1x1", "HRT-2001 1 de video 9x16",
		"HRT-2002 1 en video 9x16", "HRT-2002 1 en video 16x9", "HRT-2002 1 en image 4x5", "HRT-2005 1 pt video 1x1", "HRT-2010 1 en video 9x16", "HRT-2055 1 en video 9x16", "HRT-0077 1 de video 9x16", "HRT-0301 1 en video 1x1",
	} {
		d.master(words)
	}
	d.master("HRT-2001 1 en video 9x16", func(m *masters.Master) { m.Key = "HRT-2001/v1/en/9x16 older.mp4"; m.Modified = now.Add(-time.Hour) })
	d.master("HRT-2004 1 en video 9x16", func(m *masters.Master) { m.Key, m.Locale = "HRT-2004-1_9x16.mp4", "" })
	d.master("HRT-1213 1 en video 9x16", func(m *masters.Master) {
		m.Key, m.Locale, m.LocaleUnclear = "HRT-1213-1_english_9x16.mp4", "", "english"
	})
	d.master("HRT-2003 1 en video 9x16", func(m *masters.Master) { m.Problem = masters.Corrupt })
	d.master("HRT-2006 1 en video 9x16", func(m *masters.Master) { m.StorageClass = "GLACIER" })
	prospecting := names("HRT Prospecting - Sep", "15-08-25 HRT-1212-2 <Spring> & more", "15-08-25 HRT-1212-2 b")
	broad := names("Broad - DE - v1", "DE 1", "DE 2", "DE 3")
	d.named(d.ask(time.Second, "HRT-2010 1 en video 9x16", ledger.Claimed, func(i *ledger.Item) {
		i.Decision, i.DecidedAt = &ledger.Decision{Key: "HRT-2010/v1/en/9x16.mp4", Size: 251_000_000}, i.ReceivedAt.Add(200*time.Millisecond)
	}), prospecting)
	d.named(d.ask(12*time.Second, "HRT-1212 2 en video feed", ledger.Delivered, sent("HRT-1212/v2/en/4x5.mp4", 72_100_000, 1100*time.Millisecond)), prospecting)
	for n, back := range []time.Duration{40 * time.Second, 50 * time.Minute, 5 * time.Hour} {
		i := d.ask(back, "HRT-2001 1 de video 4x5", ledger.Skipped, skipped("no_match:aspect"))
		d.named(i, broad)
		_ = n
	}
	d.named(d.ask(2*time.Minute, "HRT-1213 1 en video 9x16", ledger.Queued, func(i *ledger.Item) {
		i.Attempts, i.Code, i.Detail, i.Blocker = 9, "unclear_locale", "the locale of HRT-1213-1_english_9x16.mp4 is not known", "HRT-1213-1_english_9x16.mp4"
		i.ClaimedAt = i.ReceivedAt.Add(90 * time.Second)
	}), names("Retargeting - Q4", "one"))
	d.named(d.ask(4*time.Minute, "HRT-0077 1 de video 9x16", ledger.Delivered, sent("HRT-0077/v1/de/9x16.mp4", 18_000_000, 400*time.Millisecond), func(i *ledger.Item) {
		i.ResultClass, i.Result = ledger.ClassFulfilled, []byte(`{"a":1}`)
	}), prospecting)
	d.named(d.ask(6*time.Minute, "HRT-1212 2 en image 1x1", ledger.Delivered, sent("HRT-1212/v2/en/1x1.jpg", 400_000, 200*time.Millisecond), func(i *ledger.Item) {
		i.ResultClass, i.Result = ledger.ClassRejected, []byte(`{"reason":"wrong_aspect"}`)
	}), names("HRT Brand - Aug", "x"))
	d.named(d.ask(9*time.Minute, "HRT-0301 1 en video 1x1", ledger.Delivered, sent("kampagne für äpfel 🍏 +50%/HRT-301-1_en_1x1.mp4", 6_000_000, 200*time.Millisecond)), names("Äpfel - EU", "a"))
	d.named(d.ask(21*time.Minute, "HRT-2010 1 en video feed", ledger.Skipped, skipped("no_match:aspect")), prospecting)
	d.named(d.ask(80*time.Minute, "HRT-2010 1 en video feed", ledger.Skipped, skipped("no_match:aspect")), prospecting)
	d.named(d.ask(70*time.Minute, "HRT-2004 1 en video 9x16", ledger.Skipped, skipped("no_match:locale")), names("Retargeting - Q4", "two"))
	d.named(d.ask(3*time.Hour, "HRT-2099 1 en video 9x16", ledger.Skipped, skipped("no_match:creative")), names(hostile, hostile))
	d.ask(3*time.Hour, "HRT-2005 1 pt-br video 1x1", ledger.Delivered, sent("HRT-2005/v1/pt/1x1.mp4", 36_000_000, 900*time.Millisecond))
	d.ask(4*time.Hour, "HRT-2055 1 en video 9x16", ledger.Expired, func(i *ledger.Item) { i.Code, i.EndedAt = "expired", i.ReceivedAt.Add(time.Second) })
	for n := range 116 {
		back := 30*time.Minute + time.Duration(n*n%1380)*time.Minute
		d.ask(back, "HRT-1212 2 en video 9x16", ledger.Delivered, sent("HRT-1212/v2/en/9x16.mp4", 290_000_000, time.Duration(1+n%40)*time.Second))
	}
	for n, l := range []struct{ sender, kind, status, alert, key string }{
		{"hoox", "video_export", "completed", "", "HRT-2055/v1/en/9x16.mp4"}, {"hoox", "video_export", "failed", "job_failed", ""}, {"hoox", "video_export", "completed", "", "HRT-2056/v1/en/9x16.mp4"},
		{"streampixel", "build.uploaded", "pending", "", ""}, {"streampixel", "build.rejected", "Reject", "build_rejected", ""}, {"adreform", "screenshot_set.approved", "approved", "", "HRT-3000/v1/en/1x1.png"}, {"posternity", "studio.campaign.completed", "", "", ""},
	} {
		t := timeline.Timeline{Sender: l.sender, Subject: fmt.Sprint("job/", n), State: timeline.State{Type: l.kind, Status: l.status, Alert: l.alert}, ReceivedAt: now.Add(-time.Duration(20-3*n) * time.Hour)}
		if l.key != "" {
			t.Files = []timeline.File{{Name: "f", State: timeline.Stored, Role: senders.Role("export"), Copy: timeline.Copy{Key: l.key}}}
		}
		d.Timelines = append(d.Timelines, t)
	}
	slices.SortStableFunc(d.Requests, func(a, b ledger.Item) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
	return d.Data
}

// written returns the HTML of a page.
func written(t *testing.T, d page.Data, v page.View) string {
	t.Helper()
	var out strings.Builder
	if err := page.New(d, v).Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
