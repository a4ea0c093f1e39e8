package collect_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/collecttest"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/timelinetest"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// part is the part size of the tests' uploads, in bytes.
const part = 1 << 18

// secret is a part of every URL in these tests. It must never occur in a log, an error or a
// timeline.
const secret = telemetrytest.Secret

// fixture is a service with stores in memory and a clock that only the test moves.
type fixture struct {
	*collect.Service
	timelines *timelinetest.Memory
	bucket    *collecttest.Bucket

	mu      sync.Mutex
	now     time.Time
	records map[string][]byte
	sent    []string
	told    []collect.Notice
	telling error
}

func newFixture() *fixture {
	d := &fixture{
		timelines: timelinetest.NewMemory(), bucket: collecttest.NewBucket(), now: start, records: map[string][]byte{},
	}
	d.Service = &collect.Service{
		Timelines: d.timelines, Records: d, Bucket: d.bucket, Queue: d, Notifier: d, NotifyOn: []string{senders.AlertJobFailed},
		Client:     safehttp.NewClient(safehttp.Config{Loopback: true, Redirects: 3, Resolver: inside()}),
		Posternity: senders.PosternityConfig{},
		Library:    masters.Library{Name: "default", Rules: placement.Rules{Prefix: "lib/"}}, MastersBucket: "masters",
		MaxBytes: 8 << 20, MaxBuild: 16 << 20,
		Now: d.clock, NewHolder: rand.Text, PartSize: part, Silence: 5 * time.Second, Backoff: backoff.Steps{First: time.Millisecond, Longest: time.Second},
	}
	return d
}

// inside returns a DNS resolver that fails every query at once.
func inside() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no resolver")
	}}
}

func (d *fixture) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *fixture) advance(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// Get implements [collect.Records].
func (d *fixture) Get(_ context.Context, key string) (intake.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	data, ok := d.records[key]
	if !ok {
		return intake.Record{}, intake.ErrAbsent
	}
	return intake.Decode(data)
}

// Put implements [collect.Records].
func (d *fixture) Put(_ context.Context, key string, data []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records[key] = data
	return nil
}

// List implements [collect.Records].
func (d *fixture) List(_ context.Context, prefix, after string) iter.Seq2[string, error] {
	d.mu.Lock()
	defer d.mu.Unlock()
	keys := slices.Sorted(maps.Keys(d.records))
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if strings.HasPrefix(key, prefix) && key > after && !yield(key, nil) {
				return
			}
		}
	}
}

// Send implements [collect.Queue].
func (d *fixture) Send(_ context.Context, message []byte) error {
	m, err := intake.DecodeMessage(message)
	if err == nil {
		d.sent = append(d.sent, m.Key)
	}
	return err
}

// Notify implements [collect.Notifier].
func (d *fixture) Notify(_ context.Context, n collect.Notice) error {
	if d.telling == nil {
		d.told = append(d.told, n)
	}
	return d.telling
}

// coordinates are the coordinates of a vertical English video of HRT-1212, variation 2.
var coordinates = intake.Coordinates{Given: true, Coordinates: masters.Coordinates{
	Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Aspect: "9x16",
}}

// The method store stores a record with this sender, coordinates and body, and returns the message
// that refers to it.
func (d *fixture) store(t *testing.T, sender string, c intake.Coordinates, body string) intake.Message {
	t.Helper()
	return d.limited(t, nil, sender, c, body)
}

// limited stores a record and returns the message that refers to it. The record's token may
// announce only the given codes, or every code if codes is nil.
func (d *fixture) limited(t *testing.T, codes []placement.Code, sender string, c intake.Coordinates, body string) intake.Message {
	t.Helper()
	at := d.clock()
	r := intake.Record{
		ID: intake.NewID(at, rand.Text()), Sender: sender, Received: at, Codes: codes, Coordinates: c, Body: []byte(body),
		Header: map[string]string{"content-type": "application/json"},
	}
	data, err := intake.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), r.Key(), data); err != nil {
		t.Fatal(err)
	}
	return intake.Message{Key: r.Key()}
}

// export stores a record in which Hoox announces an exported video at the address. It returns the
// message that refers to the record.
func (d *fixture) export(t *testing.T, address string) intake.Message {
	t.Helper()
	return d.store(t, senders.Hoox, coordinates, exported(address))
}

func exported(address string) string {
	return `{"task":"video_export","job_id":"run_1","status":"completed","result":{"video_url":"` + address + `","format":"vertical"}}`
}

// collect calls Collect with a message, and checks that timeline, error and log contain no URL.
func (d *fixture) collect(t *testing.T, m intake.Message) collect.Outcome {
	t.Helper()
	o := d.Collect(t.Context(), m)
	if o.Err != nil && strings.Contains(o.Err.Error(), secret) {
		t.Errorf("the error shows a URL: %v", o.Err)
	}
	if text := fmt.Sprintf("%+v", o.Files) + fmt.Sprintf("%+v", d.line(t, o.Event.Sender, o.Event.Subject)); strings.Contains(text, secret) {
		t.Errorf("a timeline shows a URL: %s", text)
	}
	telemetrytest.Lines(t, func(to telemetry.Reporter) {
		collect.Try{Outcome: o, Receives: 1, Delay: time.Second, Stuck: true}.Report(t.Context(), to)
	})
	return o
}

func (d *fixture) line(t *testing.T, sender, subject string) timeline.Timeline {
	t.Helper()
	line, err := d.timelines.Load(t.Context(), timeline.ID(sender, subject))
	if err != nil && !errors.Is(err, timeline.ErrNotFound) {
		t.Fatal(err)
	}
	return line
}

// The method file returns the timeline's entry for the file that the method export announces.
func (d *fixture) file(t *testing.T) timeline.File {
	t.Helper()
	line := d.line(t, senders.Hoox, "job/run_1")
	f := line.File("export")
	if f == nil {
		t.Fatalf("no file in %+v", line)
	}
	return *f
}

// film returns n bytes that begin like a video; no two parts of them are equal.
func film(n int) []byte {
	data := append(make([]byte, 0, n+16), "\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomiso2"...)
	for i := 0; len(data) < n; i++ {
		data = fmt.Appendf(data, "%09d", i)
	}
	return data[:n]
}

// server starts a server that runs until the test ends, and returns its URL.
func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/" + secret + "?sig=" + secret
}

// serving returns a handler that serves content with ranges, and with a strong ETag unless etag is "".
func serving(content []byte, etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}
