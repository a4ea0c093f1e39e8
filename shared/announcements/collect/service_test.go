package collect_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/capability"
)

const document = "%PDF-1.7\n%\xe2\xe3\xcf\xd3" // the first bytes of a PDF, which is neither a video nor an image

const png = "\x89PNG\r\n\x1a\n and a picture"

// replay collects every sample three times, in random order and with repeated messages, and
// returns the final objects and timelines.
func replay(t *testing.T, seed uint64, address string) string {
	t.Helper()
	d := newFixture()
	d.bucket.Put("theirs.png", []byte(png))
	parsed, err := capability.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var messages []intake.Message
	for _, name := range slices.Repeat(events.AnnouncementNames(), 3) {
		a, err := events.Announced(name)
		if err != nil {
			t.Fatal(err)
		}
		id := "1"
		if strings.HasSuffix(name, "-stored") {
			id = "2" // this sample must be about another set of screenshots than the other samples
		}
		body, err := events.Fill(a.Body, events.Values{FileURL: parsed, ID: id, Bucket: "masters", Key: "theirs.png", Now: start})
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, d.store(t, a.Sender, coordinates, string(body)))
	}
	random := rand.New(rand.NewPCG(7, seed))
	random.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	subjects := map[string]bool{}
	for _, m := range messages {
		for range 1 + random.IntN(2) {
			o := d.collect(t, m)
			if !o.Done {
				t.Fatalf("%+v", o)
			}
			if !o.Event.Test {
				subjects[timeline.ID(o.Event.Sender, o.Event.Subject)] = true
			}
		}
	}
	var end []string
	for id := range subjects {
		line, err := d.timelines.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range line.Entries {
			end = append(end, fmt.Sprint(id, " event ", e.Identity, " ", e.Count))
		}
		end = append(end, fmt.Sprintf("%s state %+v notified %v", id, line.State, line.Notified))
		for _, f := range line.Files {
			end = append(end, fmt.Sprint(id, " file ", f.Name, " ", f.State, " ", f.Code, " ", f.Key, " ", f.SHA256))
		}
	}
	for key, o := range d.bucket.Objects() {
		end = append(end, fmt.Sprint("object ", key, " ", len(o.Data), " ", o.Tags))
	}
	open, _ := d.bucket.Uploads()
	slices.Sort(end)
	return fmt.Sprintf("%d uploads open\n%s", open, strings.Join(end, "\n"))
}

func TestSamplesInAnyOrderComeToOneEnd(t *testing.T) {
	t.Parallel()
	address := server(t, serving([]byte(png), `"v1"`))
	want := replay(t, 0, address)
	for _, part := range []string{
		"0 uploads open", "state {Identity:upload_1/build.rejected", "file export stored  lib/HRT-1212/v2/en/9x16-",
		"file build recorded", "screenshot/shot-1-2 stored  theirs.png", "object lib/proofs/adreform/set/", "notified [job_failed video_export/job/run_1/failed]",
	} {
		if !strings.Contains(want, part) {
			t.Errorf("the end lacks %q", part)
		}
	}
	if t.Failed() {
		t.Fatal(want)
	}
	for seed := range uint64(5) {
		// The comparison ignores notices. A notice about a failure is sent only if the job's
		// completion was not processed before it, so the notices depend on the order.
		if got := replay(t, seed+1, address); unnotified(got) != unnotified(want) {
			t.Fatalf("another end:\n%s\nwant\n%s", got, want)
		}
	}
}

func unnotified(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, " notified ")
	}
	return strings.Join(lines, "\n")
}

// After a link's expiry the file is tried once more. If this try fails, the file fails with CodeExpired.
func TestAnExpiredLinkIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		after  time.Duration
		done   bool
		code   string
	}{
		"refused for days":              {http.StatusNotFound, 7 * 24 * time.Hour, false, collect.CodeRefused},
		"refused past the end":          {http.StatusNotFound, 7*24*time.Hour + time.Second, true, collect.CodeExpired},
		"down for days":                 {http.StatusServiceUnavailable, 7 * 24 * time.Hour, false, collect.CodeServer},
		"down past the end of the link": {http.StatusServiceUnavailable, 7*24*time.Hour + time.Second, true, collect.CodeExpired},
	} {
		d := newFixture()
		m := d.export(t, server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) }))
		if o := d.collect(t, m); o.Done {
			t.Errorf("%s: at first %+v", name, o)
		}
		d.advance(test.after)
		o, f := d.collect(t, m), d.file(t)
		if o.Done != test.done || f.Code != test.code || (f.State == timeline.Failed) != test.done || f.Tries != 2 {
			t.Errorf("%s: %+v, noted as %+v", name, o, f)
		}
	}
}

// A file whose link has no known expiry must fail before the queue deletes its message. It must fail
// sooner if the server answers that the file does not exist.
func TestALinkWithoutExpiryIsGivenUp(t *testing.T) {
	t.Parallel()
	for status, test := range map[int]struct {
		after time.Duration
		code  string
	}{http.StatusBadGateway: {collect.Life, collect.CodeGaveUp}, http.StatusNotFound: {24 * time.Hour, collect.CodeRefused}} {
		d := newFixture()
		address := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		m := d.store(t, senders.Hoox, coordinates,
			`{"task":"asset_generation","asset_id":"a","status":"completed","result":{"asset_url":"`+address+`"}}`)
		d.collect(t, m)
		d.advance(test.after)
		if o := d.collect(t, m); o.Done || !collect.IsOverdue(o.Files[0], d.clock()) {
			t.Errorf("%d: given up too early, or not overdue: %+v", status, o)
		}
		d.advance(time.Second)
		if o := d.collect(t, m); !o.Done || len(o.Ended) != 1 || o.Ended[0].Code != test.code || collect.IsOverdue(o.Ended[0], d.clock()) {
			t.Errorf("%d: %+v", status, o)
		}
	}
}

func TestIsOverdue(t *testing.T) {
	t.Parallel()
	waiting := timeline.File{State: timeline.Announced, Since: start, Code: collect.CodeRefused}
	moving, held := waiting, waiting
	moving.Code, held.Holder = collect.CodeTime, "another"
	for name, test := range map[string]struct {
		file  timeline.File
		after time.Duration
		want  bool
	}{
		"new": {waiting, time.Hour, false}, "old": {waiting, time.Hour + 1, true},
		"on its way": {moving, 2 * time.Hour, false}, "being fetched": {held, 2 * time.Hour, false},
	} {
		if got := collect.IsOverdue(test.file, start.Add(test.after)); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A failed file is tried again when another record announces it.
func TestAnotherRecordMakesAFailedFileTriedAgain(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(100)
	d.collect(t, d.export(t, server(t, serving([]byte(document), ""))))
	if f := d.file(t); f.State != timeline.Failed {
		t.Fatalf("noted as %+v", f)
	}
	if o := d.collect(t, d.export(t, server(t, serving(content, `"v1"`)))); !o.Done || o.Err != nil {
		t.Errorf("%+v", o)
	}
	d.fetched(t, content)
}

// A failed file is tried again once when an operator replays its record.
func TestAReplayTriesAFailedFileOnce(t *testing.T) {
	t.Parallel()
	d, content, served, asked := newFixture(), film(100), atomic.Pointer[[]byte]{}, atomic.Int64{}
	served.Store(new([]byte(document)))
	m := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		serving(*served.Load(), `"v1"`)(w, r)
	}))
	d.collect(t, m)
	if d.collect(t, m); d.file(t).State != timeline.Failed || asked.Load() != 1 {
		t.Fatalf("noted as %+v, asked for %d times", d.file(t), asked.Load())
	}
	d.advance(time.Hour)
	m.Replay = d.clock()
	for range 2 { // twice, because the queue may deliver a message twice
		if o := d.collect(t, m); !o.Done {
			t.Errorf("%+v", o)
		}
	}
	if f := d.file(t); f.State != timeline.Failed || asked.Load() != 2 {
		t.Errorf("replayed, noted as %+v, asked for %d times", f, asked.Load())
	}
	served.Store(&content)
	d.advance(time.Hour)
	m.Replay = d.clock()
	if o := d.collect(t, m); !o.Done || o.Err != nil {
		t.Errorf("%+v", o)
	}
	d.fetched(t, content)
}

// Only one run may hold a file at a time. After a crashed run's hold expires, another run takes over.
func TestOnlyOneRunHoldsAFile(t *testing.T) {
	t.Parallel()
	d, content, entered, leave := newFixture(), film(100), make(chan struct{}), make(chan struct{})
	var times atomic.Int32
	m := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if times.Add(1) == 1 {
			close(entered)
			<-leave
		}
		serving(content, `"v1"`)(w, r)
	}))
	first := make(chan collect.Outcome)
	go func() { first <- d.Collect(t.Context(), m) }()
	<-entered
	if o := d.collect(t, m); o.Done || o.Err == nil || times.Load() != 1 {
		t.Errorf("beside another run: %+v", o)
	}
	close(leave)
	if o := <-first; !o.Done {
		t.Errorf("%+v", o)
	}
	d.fetched(t, content)
}

// If a run created the object but ended before it saved the state Stored, the file must not be fetched
// again.
func TestAnExistingObjectIsNotFetchedAgain(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(100)
	m := d.export(t, server(t, serving(content, `"v1"`)))
	d.Bucket = &forgetful{Bucket: d.bucket}
	if o := d.collect(t, m); o.Done {
		t.Fatalf("%+v", o)
	}
	d.Bucket = d.bucket
	if o := d.collect(t, m); !o.Done || o.Bytes != 0 {
		t.Errorf("%+v", o)
	}
	d.fetched(t, content)
}

// forgetful is a bucket whose Complete creates the object but returns an error.
type forgetful struct{ collect.Bucket }

// Complete implements [collect.Bucket].
func (f *forgetful) Complete(ctx context.Context, key, upload string, parts int) error {
	return errors.Join(f.Bucket.Complete(ctx, key, upload, parts), errors.New("no answer"))
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	archive := append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), film(9<<20)...)
	address := server(t, serving(archive, `"v1"`))
	d := newFixture()
	build := `{"event":"build.approved","projectId":"p","uploadId":"u","fileUrl":"` + address + `","status":"Approved"}`
	if o := d.collect(t, d.store(t, senders.Streampixel, coordinates, build)); !o.Done || o.Bytes != 0 || o.Files[0].State != timeline.Recorded {
		t.Errorf("not configured: %+v", o)
	}
	d.Builds = true
	o := d.collect(t, d.store(t, senders.Streampixel, coordinates, build))
	if !o.Done || o.Bytes != int64(len(archive)) || !strings.HasPrefix(o.Files[0].Key, "lib/builds/streampixel/build/u/build-") || !strings.HasSuffix(o.Files[0].Key, ".zip") {
		t.Errorf("configured: %+v", o)
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{0: 20 * time.Second, 1: 20 * time.Second, 3: 80 * time.Second, 20: time.Hour, 1000: time.Hour} {
		if low, high := collect.Pause(n, 0), collect.Pause(n, 1); low != want/2 || high != want {
			t.Errorf("Pause(%d) from %v to %v, want up to %v", n, low, high, want)
		}
	}
}
