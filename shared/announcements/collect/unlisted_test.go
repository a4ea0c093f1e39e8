package collect_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// unmarked is a timeline store whose method Mark fails at the first calls.
type unmarked struct {
	timeline.Store
	times int
}

// Mark implements [timeline.Store].
func (s *unmarked) Mark(ctx context.Context, record string, now time.Time) error {
	if s.times > 0 {
		s.times--
		return errors.New("throttled")
	}
	return s.Store.Mark(ctx, record, now)
}

// fill adds files to a timeline until it has no room for another one.
func (d *fixture) fill(t *testing.T, sender, subject string) {
	t.Helper()
	_, err := timeline.Change(t.Context(), d.timelines, sender, subject, func(line *timeline.Timeline) bool {
		for i := range timeline.MaxFiles {
			line.Files = append(line.Files, timeline.File{Name: fmt.Sprint(i), State: timeline.Stored, Copy: timeline.Copy{Key: "k"}})
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// If a timeline has no room for a file, the file must be reported as failed, once per record, even
// if its link is unusable.
func TestAFileBeyondTheTimelineIsReported(t *testing.T) {
	t.Parallel()
	d := newFixture()
	store := &unmarked{Store: d.timelines, times: 1}
	d.Timelines = store
	d.Posternity.Files = []string{"/files/*"}
	subject := `{"event":"studio.batch.progress","data":{"id":"b"},"files":[`
	d.fill(t, senders.Posternity, "batch/b")
	m := d.store(t, senders.Posternity, coordinates, subject+`"`+server(t, serving([]byte(png), ""))+`",7]}`)
	if o := d.collect(t, m); o.Done || o.Err == nil || o.Fresh || len(o.Ended) != 0 {
		t.Errorf("not marked: %+v", o)
	}
	o := d.collect(t, m)
	if !o.Done || o.Err != nil || o.Bytes != 0 || len(o.Event.Files) != 2 || len(o.Ended) != 2 || len(o.Files) != 2 {
		t.Fatalf("%+v", o)
	}
	for i, f := range o.Ended {
		if f.State != timeline.Failed || f.Code != collect.CodeUnlisted || f.Name != o.Event.Files[i].Name || f.Record != m.Key || (f.Host == "") != (i == 1) {
			t.Errorf("%+v", f)
		}
	}
	if again := d.collect(t, m); !again.Done || len(again.Ended) != 0 || len(again.Files) != 2 {
		t.Errorf("again: %+v", again)
	}
}

// If the sender itself says that it has no such file, nothing must be reported, even if the timeline
// has no room.
func TestAFileThatTheSenderLacksIsNotReported(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.fill(t, senders.AdReform, "set/s")
	m := d.store(t, senders.AdReform, coordinates,
		`{"topic":"screenshot_set.approved","data":{"object":{"id":"s","screenshots":[{"status":"ad_not_captured"}]}}}`)
	if o := d.collect(t, m); !o.Done || o.Event.Subject != "set/s" || len(o.Event.Files) != 1 || len(o.Ended) != 0 {
		t.Errorf("%+v", o)
	}
}

// If an event has more than 200 files, the files beyond this limit must be reported as one failure,
// once.
func TestFilesBeyondTheEventAreReported(t *testing.T) {
	t.Parallel()
	d := newFixture()
	shots := strings.Repeat(`{"status":"ad_not_captured"},`, 201)
	m := d.store(t, senders.AdReform, coordinates,
		`{"topic":"screenshot_set.approved","data":{"object":{"id":"s","screenshots":[`+strings.TrimSuffix(shots, ",")+`]}}}`)
	o := d.collect(t, m)
	if !o.Done || len(o.Event.Files) != 200 || len(o.Ended) != 1 || o.Ended[0].Name != "more" || o.Ended[0].Code != collect.CodeUnlisted {
		t.Errorf("%d files, ended %+v", len(o.Event.Files), o.Ended)
	}
	if again := d.collect(t, m); !again.Done || len(again.Ended) != 0 {
		t.Errorf("again: %+v", again.Ended)
	}
}
