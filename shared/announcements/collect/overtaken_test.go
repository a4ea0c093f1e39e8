package collect_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// failing is a timeline store whose first n saves succeed and whose later saves fail.
type failing struct {
	timeline.Store
	left int
}

// Save implements [timeline.Store].
func (s *failing) Save(ctx context.Context, t timeline.Timeline) error {
	if s.left--; s.left < 0 {
		return errors.New("throttled")
	}
	return s.Store.Save(ctx, t)
}

// cut processes a message with a timeline store that refuses every save after the first. So the
// event is in its timeline, but no file is fetched.
func (d *fixture) cut(t *testing.T, m intake.Message) {
	t.Helper()
	d.Timelines = &failing{d.timelines, 1}
	if o := d.collect(t, m); o.Done || o.Err == nil {
		t.Fatalf("%+v", o)
	}
	d.Timelines = d.timelines
}

// A message that is processed late must not file a master under coordinates that a newer record has
// corrected, even if the newer record's run ended before it fetched the file.
func TestAnOlderRecordFilesNoMaster(t *testing.T) {
	t.Parallel()
	d := newFixture()
	address := server(t, serving(film(100), `"v1"`))
	d.collect(t, d.store(t, senders.Hoox, intake.Coordinates{}, exported(address)))
	d.advance(time.Minute)
	older := d.store(t, senders.Hoox, elsewhere, exported(address))
	d.advance(time.Minute)
	newest := d.export(t, address)
	d.cut(t, newest)
	for _, m := range []intake.Message{older, newest} {
		if o := d.collect(t, m); !o.Done || o.Err != nil {
			t.Errorf("%+v", o)
		}
	}
	d.lies(t, key, "", 2) // two objects, because the one in the folder for unsorted files is not deleted
}

// lost is a store of records that returns an error for one record.
type lost struct {
	collect.Records
	key string
}

// Get implements [collect.Records].
func (l lost) Get(ctx context.Context, key string) (intake.Record, error) {
	if key == l.key {
		return intake.Record{}, errors.New("down")
	}
	return l.Records.Get(ctx, key)
}

// The timeline must state why a file is in the folder for unsorted files, even if the run that
// stored the file could not save the reason and the next run failed as well.
func TestTheProblemIsKept(t *testing.T) {
	t.Parallel()
	d := newFixture()
	address, unusable := server(t, serving(film(100), `"v1"`)), intake.Coordinates{Problem: "no"}
	first := d.store(t, senders.Hoox, unusable, exported(address))
	d.Timelines = unsettled{d.timelines, d.bucket}
	d.collect(t, first)
	d.Timelines = d.timelines
	d.advance(20 * time.Minute) // now the first run's hold on the file has expired, so another run may process the file
	next := d.store(t, senders.Hoox, unusable, exported(address))
	d.cut(t, next)
	records := d.Records
	d.Records = lost{records, next.Key}
	if o := d.collect(t, first); o.Done {
		t.Errorf("%+v", o)
	}
	d.Records = records
	d.advance(time.Minute)
	d.collect(t, next)
	if f := d.file(t); f.State != timeline.Stored || f.Problem != collect.ProblemCoordinates {
		t.Errorf("%+v", f)
	}
}

// If a newer record corrects the coordinates but has no link, a run that already fetches the file
// must still store it.
func TestARecordWithoutALinkStopsNoRun(t *testing.T) {
	t.Parallel()
	d := newFixture()
	entered, leave := make(chan struct{}), make(chan struct{})
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		serving(film(100), `"v1"`)(w, r)
	})
	first, done := d.store(t, senders.Hoox, elsewhere, exported(address)), make(chan collect.Outcome)
	go func() { done <- d.Collect(t.Context(), first) }()
	<-entered
	next := d.store(t, senders.Hoox, coordinates, `{"task":"video_export","job_id":"run_1","status":"completed","result":{"format":"vertical"}}`)
	d.collect(t, next)
	close(leave)
	if o := <-done; !o.Done || o.Err != nil {
		t.Errorf("%+v", o)
	}
	if o := d.collect(t, next); !o.Done {
		t.Errorf("%+v", o)
	}
	if f := d.file(t); f.State != timeline.Stored || f.Code != "" {
		t.Errorf("%+v", f)
	}
}
