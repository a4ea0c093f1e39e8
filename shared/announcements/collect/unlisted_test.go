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

// If a timeline has no room for a file, the file must be reported as failed, once per record. If the
// sender itself says that it has no such file, nothing must be reported.
func TestAFileBeyondTheTimelineIsReported(t *testing.T) {
	t.Parallel()
	d := newFixture()
	store := &unmarked{Store: d.timelines, times: 1}
	d.Timelines = store
	d.Posternity.Files = []string{"/files/*"}
	subject := `{"event":"studio.batch.progress","data":{"id":"b"},"files":[`
	full := func(line *timeline.Timeline) bool {
		for i := range timeline.MaxFiles {
			line.Files = append(line.Files, timeline.File{Name: fmt.Sprint(i), State: timeline.Stored, Copy: timeline.Copy{Key: "k"}})
		}
		return true
	}
	if _, err := timeline.Change(t.Context(), d.timelines, senders.Posternity, "batch/b", full); err != nil {
		t.Fatal(err)
	}
	m := d.store(t, senders.Posternity, coordinates, subject+`"`+server(t, serving([]byte(png), ""))+`",7]}`)
	if o := d.collect(t, m); o.Done || o.Err == nil || o.Fresh || len(o.Ended) != 0 {
		t.Errorf("not marked: %+v", o)
	}
	o := d.collect(t, m)
	if !o.Done || o.Err != nil || o.Bytes != 0 || len(o.Event.Files) != 2 || len(o.Ended) != 1 || len(o.Files) != 1 {
		t.Fatalf("%+v", o)
	}
	if f := o.Ended[0]; f.State != timeline.Failed || f.Code != collect.CodeUnlisted || f.Name != o.Event.Files[0].Name || f.Record != m.Key || f.Host == "" {
		t.Errorf("%+v", f)
	}
	if again := d.collect(t, m); !again.Done || len(again.Ended) != 0 || len(again.Files) != 1 {
		t.Errorf("again: %+v", again)
	}
}

// The files beyond an event's file limit must be reported as failed together, once.
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
