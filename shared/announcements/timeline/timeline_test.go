package timeline_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/timelinetest"
	"masterhand/shared/kit/capability"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

const secret = "S3CR3T"

// samples returns all sample announcements. They have few subjects, so that some timelines contain
// several events.
func samples(t *testing.T) []senders.Delivery {
	t.Helper()
	address, err := capability.Parse("https://files.test/" + secret + ".mp4?sig=" + secret)
	if err != nil {
		t.Fatal(err)
	}
	var all []senders.Delivery
	for i, name := range events.AnnouncementNames() {
		a, err := events.Announced(name)
		if err != nil {
			t.Fatal(err)
		}
		at := start.Add(time.Duration(i) * time.Minute)
		body, err := events.Fill(a.Body, events.Values{FileURL: address, ID: "1", Bucket: "masters", Key: "k.png", Now: at})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, senders.Delivery{Sender: a.Sender, Header: a.Header, Body: body, Received: at})
	}
	return all
}

// seen holds the parts of a timeline that must not depend on the order of events.
type seen struct {
	State  timeline.State
	Counts map[string]int
	Files  []string
}

// replay adds deliveries in the given order, each with its own record, and returns the resulting
// timelines as text.
func replay(t *testing.T, deliveries []senders.Delivery) string {
	t.Helper()
	store, ids := timelinetest.NewMemory(), map[string]bool{}
	for i, d := range deliveries {
		e, err := senders.Read(d, senders.PosternityConfig{})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // twice, because the queue may deliver a message twice; the event must be counted once
			_, err = timeline.Change(t.Context(), store, e.Sender, e.Subject, func(line *timeline.Timeline) bool {
				return line.Take(e, fmt.Sprint("raw/", i), d.Received, start)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		ids[timeline.ID(e.Sender, e.Subject)] = true
	}
	ends := map[string]seen{}
	for id := range ids {
		line, err := store.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		end := seen{State: line.State, Counts: map[string]int{}}
		for _, entry := range line.Entries {
			end.Counts[entry.Identity] = entry.Count
		}
		for _, f := range line.Files {
			end.Files = append(end.Files, fmt.Sprint(f.Name, " ", f.Role, " ", f.State, " ", f.Code))
		}
		slices.Sort(end.Files)
		ends[id] = end
	}
	text, err := json.MarshalIndent(ends, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Fatal("a timeline shows a URL")
	}
	return string(text)
}

// If every sample is added three times, the resulting timelines must be the same in whatever order
// the samples are added.
func TestTheOrderAndTheCopiesOfEventsDoNotMatter(t *testing.T) {
	t.Parallel()
	all := samples(t)
	three := slices.Concat(all, all, all)
	want := replay(t, three)
	for _, part := range []string{`"status": "Reject"`, `"status": "completed"`, `"export master announced "`, `"build build announced "`} {
		if !strings.Contains(want, part) {
			t.Fatalf("the end lacks %s:\n%s", part, want)
		}
	}
	for round := range 25 {
		random := rand.New(rand.NewPCG(7, uint64(round)))
		random.Shuffle(len(three), func(i, j int) { three[i], three[j] = three[j], three[i] })
		if got := replay(t, three); got != want {
			t.Fatalf("round %d ends otherwise:\n%s\nwant\n%s", round, got, want)
		}
	}
}

func event(identity string, rank int, at time.Time, files ...senders.File) senders.Event {
	return senders.Event{Sender: "streampixel", Subject: "build/1", Identity: identity, Type: identity, Status: identity, Rank: rank, At: at, Files: files}
}

func TestTheEventThatCounts(t *testing.T) {
	t.Parallel()
	late := start.Add(time.Hour)
	for name, test := range map[string]struct {
		first, second senders.Event
		want          string
	}{
		"a late downloading never undoes approved": {event("approved", 6, start), event("downloading", 2, late), "approved"},
		"approved after downloading":               {event("downloading", 2, late), event("approved", 6, start), "approved"},
		"of one rank the later":                    {event("approved", 6, start), event("rejected", 6, late), "rejected"},
		"of one rank the later, come first":        {event("rejected", 6, late), event("approved", 6, start), "rejected"},
		"of one time the greater identity":         {event("b", 1, start), event("a", 1, start), "b"},
	} {
		var line timeline.Timeline
		line.Take(test.first, "raw/1", start, start)
		line.Take(test.second, "raw/2", start, start)
		if line.State.Status != test.want || len(line.Entries) != 2 {
			t.Errorf("%s: %+v", name, line)
		}
	}
}

func TestCopies(t *testing.T) {
	t.Parallel()
	var line timeline.Timeline
	for i, test := range []struct {
		record string
		want   bool
		count  int
	}{{"raw/1", true, 1}, {"raw/1", false, 1}, {"raw/2", true, 2}} {
		at := start.Add(time.Duration(i) * time.Minute)
		if got := line.Take(event("a", 1, at), test.record, at, at); got != test.want || line.Entries[0].Count != test.count {
			t.Errorf("%s: %t, %+v", test.record, got, line.Entries[0])
		}
	}
	if e := line.Entries[0]; !e.At.Equal(start.Add(2*time.Minute)) || !e.Received.Equal(start) || e.Record != "raw/2" {
		t.Errorf("kept as %+v", e)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	var line timeline.Timeline
	for i := range timeline.MaxEntries + 5 {
		var files []senders.File
		for n := range 3 {
			files = append(files, senders.File{Name: fmt.Sprint(i, "/", n), Problem: senders.ProblemURLAbsent})
		}
		line.Take(event(fmt.Sprintf("%03d", i), i, start, files...), fmt.Sprint("raw/", i), start, start)
	}
	unlisted := 5 + 3*(timeline.MaxEntries+5) - timeline.MaxFiles
	if len(line.Entries) != timeline.MaxEntries || len(line.Files) != timeline.MaxFiles || line.Unlisted != unlisted {
		t.Errorf("%d entries, %d files, %d unlisted", len(line.Entries), len(line.Files), line.Unlisted)
	}
	if line.State.Rank != timeline.MaxEntries+4 {
		t.Errorf("an unlisted event does not count: %+v", line.State)
	}
}

// A repeated announcement may only replace a file's state by one of a higher rank.
func TestAnnouncedAgain(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://Files.test/" + secret)
	if err != nil {
		t.Fatal(err)
	}
	fetchable := senders.File{Name: "f", Role: senders.Build, URL: address}
	absent := senders.File{Name: "f", Role: senders.Build, Problem: senders.ProblemURLAbsent}
	for _, test := range []struct {
		had  timeline.FileState
		then senders.File
		want timeline.FileState
	}{
		{timeline.Stored, fetchable, timeline.Stored},
		{timeline.Stored, absent, timeline.Stored},
		{timeline.Announced, absent, timeline.Announced},
		{timeline.Skipped, fetchable, timeline.Announced},
		{timeline.Failed, fetchable, timeline.Announced},
		{timeline.Failed, absent, timeline.Failed},
		{timeline.Recorded, fetchable, timeline.Announced},
		{timeline.Recorded, absent, timeline.Recorded},
		{timeline.Skipped, absent, timeline.Failed},
	} {
		var line timeline.Timeline
		line.Take(event("a", 1, start, fetchable), "raw/1", start, start)
		line.File("f").State = test.had
		line.Take(event("b", 1, start, test.then), "raw/2", start, start)
		if got := *line.File("f"); got.State != test.want || (got.Host == "files.test") == got.Lost() {
			t.Errorf("%s, then %q: %+v", test.had, cmp.Or(test.then.Problem, "announced"), got)
		} else if got.Lost() != (test.had == timeline.Skipped && test.then.Problem != "") {
			t.Errorf("%s, then %q: lost %v", test.had, test.then.Problem, got.Lost())
		}
	}
	var line timeline.Timeline
	tried := event("t", 1, start, fetchable)
	tried.Test = true
	if line.Take(tried, "raw/1", start, start); len(line.Files) != 0 || !line.Test {
		t.Errorf("of a test: %+v", line)
	}
}

// The record through which a file is fetched must be the same, in whatever order the records are added.
func TestOrderOfAnnouncements(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://Files.test/" + secret)
	if err != nil {
		t.Fatal(err)
	}
	fetchable := senders.File{Name: "f", Role: senders.Master, URL: address, Status: "first"}
	again := fetchable
	again.Status = "second"
	absent := senders.File{Name: "f", Role: senders.Master, Problem: senders.ProblemURLAbsent}
	unusable := senders.File{Name: "f", Role: senders.Master, Problem: senders.ProblemURLUnusable}
	for name, test := range map[string]struct {
		older, newer senders.File
		by           string
	}{
		"both to be fetched":  {fetchable, again, "raw/2"},
		"the older one":       {fetchable, absent, "raw/1"},
		"the newer one":       {absent, fetchable, "raw/2"},
		"nothing to fetch of": {absent, unusable, "raw/2"},
	} {
		var in, out timeline.Timeline
		in.Take(event("a", 1, start, test.older), "raw/1", start, start)
		in.Take(event("a", 1, start, test.newer), "raw/2", start, start)
		out.Take(event("a", 1, start, test.newer), "raw/2", start, start)
		out.Take(event("a", 1, start, test.older), "raw/1", start, start)
		if f := in.Files[0]; f.Record != test.by || f.Newest != "raw/2" || !reflect.DeepEqual(in.Files, out.Files) {
			t.Errorf("%s: %+v, the other way round %+v", name, f, out.Files[0])
		}
	}
	var line timeline.Timeline
	line.Take(event("a", 1, start, fetchable), "raw/2", start, start)
	line.Files[0].State = timeline.Failed
	line.Take(event("a", 1, start, fetchable), "raw/1", start, start)
	if f := line.Files[0]; f.State != timeline.Announced || f.Record != "raw/1" || f.Newest != "raw/2" {
		t.Errorf("an older one after a newer one failed: %+v", f)
	}
}

func TestHoldAndSettle(t *testing.T) {
	t.Parallel()
	f := timeline.File{Name: "f", State: timeline.Announced}
	until := start.Add(time.Minute)
	if !f.Hold("a", start, until) || f.Hold("b", start, until) || !f.Hold("b", until, until.Add(time.Minute)) {
		t.Fatalf("held: %+v", f)
	}
	if f.Settle("a", timeline.File{State: timeline.Stored}) {
		t.Error("settled by a run that lost it")
	}
	if !f.Settle("b", timeline.File{State: timeline.Announced, Code: "cut"}) || f.Holder != "" || f.Tries != 2 || f.Code != "cut" {
		t.Errorf("after a try: %+v", f)
	}
	if !f.Hold("a", start, until) || !f.Settle("a", timeline.File{State: timeline.Stored, Copy: timeline.Copy{Key: "k"}}) || !f.Ended() || f.Code != "" {
		t.Errorf("stored: %+v", f)
	}
	if f.Hold("a", start, until) || f.Settle("a", timeline.File{State: timeline.Failed}) {
		t.Error("what is stored is fetched again")
	}
}

// A file that is stored in a wrong place must keep its old object's key until it is stored in another
// place.
func TestAMisplacedFileKeepsItsOldKey(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://Files.test/" + secret)
	if err != nil {
		t.Fatal(err)
	}
	again, later := senders.File{Name: "f", Role: senders.Master, URL: address, Status: "said"}, start.Add(time.Hour)
	there := timeline.File{
		Name: "f", Role: senders.Master, State: timeline.Stored, Record: "raw/1", Since: start,
		Copy: timeline.Copy{Key: "unsorted/f", SHA256: "a", Size: 1, Problem: "coordinates"}, Tries: 1,
	}
	elsewhere := timeline.Copy{Key: "x/f", SHA256: "b", Size: 2}
	for _, test := range []struct {
		to   timeline.File
		want timeline.File
	}{
		{timeline.File{State: timeline.Stored, Copy: elsewhere}, timeline.File{State: timeline.Stored, Copy: elsewhere}},
		{timeline.File{State: timeline.Failed, Code: "refused", Detail: "d"},
			timeline.File{State: timeline.Stored, Copy: there.Copy, Code: "refused", Detail: "d"}},
		{timeline.File{State: timeline.Announced, Code: "cut"},
			timeline.File{State: timeline.Announced, Code: "cut", Earlier: &there.Copy}},
	} {
		f := there
		f.Reopen(again, "raw/2", later)
		if f.Ended() || f.Key != "" || f.SHA256 != "" || f.Problem != "" || !f.Hold("a", later, later.Add(time.Minute)) || !f.Settle("a", test.to) {
			t.Errorf("%s: %+v", test.to.State, f)
		}
		want := test.want
		want.Name, want.Role, want.Host, want.Status, want.Since, want.Tries = "f", senders.Master, "files.test", "said", later, 1
		want.Record, want.Newest = "raw/2", "raw/2"
		if !reflect.DeepEqual(f, want) {
			t.Errorf("%s:\n%+v, want\n%+v", test.to.State, f, want)
		}
	}
}

// An object is created, and then its coordinates are corrected. The timeline must list the object's
// key in Orphans. If the file is later stored under this key again, the key must no longer be in
// Orphans.
func TestAnOldObjectIsListedAsOrphan(t *testing.T) {
	t.Parallel()
	made := func(key string) timeline.File {
		return timeline.File{Name: "f", State: timeline.Announced, Holder: "a", Copy: timeline.Copy{Key: key, SHA256: "s", Size: 1, Place: "p", Problem: "q"}}
	}
	f := made("one")
	f.Leave(false)
	if f.Earlier == nil || *f.Earlier != made("one").Copy || f.Orphans != nil || f.Copy != (timeline.Copy{}) {
		t.Errorf("%+v", f)
	}
	f = made("one")
	for _, key := range []string{"one", "two", "two"} {
		f.Key = key
		f.Leave(true)
	}
	if f.Earlier.Key != "one" || !slices.Equal(f.Orphans, []string{"one", "two"}) {
		t.Errorf("%+v, earlier %+v", f, f.Earlier)
	}
	back, failed, many := f, f, f
	if !back.Settle("a", timeline.File{State: timeline.Stored, Copy: timeline.Copy{Key: "two"}}) || !slices.Equal(back.Orphans, []string{"one"}) || back.Earlier != nil {
		t.Errorf("in its place: %+v", back)
	}
	if !failed.Settle("a", timeline.File{State: timeline.Failed, Code: "c"}) || failed.State != timeline.Stored || failed.Key != "one" || failed.Place != "p" || len(failed.Orphans) != 2 {
		t.Errorf("in vain: %+v", failed)
	}
	failed.Reopen(senders.File{Name: "f"}, "raw/2", start)
	if !slices.Equal(failed.Orphans, []string{"one", "two"}) {
		t.Errorf("reopened: %+v", failed)
	}
	for i := range 2 * timeline.MaxOrphans {
		many.Key = fmt.Sprint(i)
		many.Leave(true)
	}
	if len(many.Orphans) != timeline.MaxOrphans || len(f.Orphans) != 2 {
		t.Errorf("%d orphans", len(many.Orphans))
	}
}
