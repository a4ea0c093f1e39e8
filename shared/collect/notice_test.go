package collect_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/intake"
	"masterhand/shared/senders"
)

// A record that travelled in the queue is put beside the others, and taken once.
func TestInlineRecord(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r, err := d.Get(t.Context(), d.keep(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.saving","uploadId":"u"}`).Key)
	if err != nil {
		t.Fatal(err)
	}
	clear(d.records)
	if o := d.collect(t, intake.Message{Record: &r}); !o.Done || o.Record != r.Key() || d.records[r.Key()] == nil {
		t.Errorf("%+v", o)
	}
	if o := d.collect(t, intake.Message{Key: r.Key()}); !o.Done {
		t.Errorf("%+v", o)
	}
	if line := d.line(t, senders.Streampixel, "build/u"); line.Entries[0].Count != 1 {
		t.Errorf("%+v", line)
	}
	if o := d.collect(t, intake.Message{Key: "raw/hoox/2026/11/21/x.json"}); !o.Done || !errors.Is(o.Err, intake.ErrAbsent) {
		t.Errorf("a record that is gone: %+v", o)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	failed := `{"task":"video_export","job_id":"run_1","status":"failed","error":{"code":"NO","message":"see https://x.test/` + secret + `"}}`
	d := newDesk(t)
	d.telling = errors.New("topic down")
	m := d.keep(t, senders.Hoox, intake.Coordinates{}, failed)
	if o := d.collect(t, m); o.Done || o.Err == nil {
		t.Errorf("while nobody can be told: %+v", o)
	}
	d.telling = nil
	for _, m := range []intake.Message{m, m, d.keep(t, senders.Hoox, intake.Coordinates{}, failed)} {
		if o := d.collect(t, m); !o.Done {
			t.Errorf("%+v", o)
		}
	}
	if len(d.told) != 1 || d.told[0].Code != senders.AlertJobFailed || d.told[0].Subject != "job/run_1" || strings.Contains(fmt.Sprint(d.told), secret) {
		t.Errorf("told %+v", d.told)
	}
	rejected := `{"event":"build.rejected","projectId":"p","uploadId":"u","status":"Reject"}`
	d.collect(t, d.keep(t, senders.Streampixel, intake.Coordinates{}, rejected)) // not among NotifyOn
	d = newDesk(t)
	d.collect(t, d.keep(t, senders.Hoox, intake.Coordinates{}, exported("")))
	d.collect(t, d.keep(t, senders.Hoox, intake.Coordinates{}, failed)) // completed beats it
	if len(d.told) != 0 {
		t.Errorf("told %+v", d.told)
	}
}

// What no message told of is found, once it is old enough that none will.
func TestSweep(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	taken := d.keep(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.saving","uploadId":"u"}`)
	d.collect(t, taken)
	lost := d.keep(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.approved","uploadId":"u"}`)
	d.advance(14 * time.Minute)
	sweep := func(want ...string) {
		t.Helper()
		d.sent = nil
		if n, err := d.Sweep(t.Context()); err != nil || n != len(want) || !slices.Equal(d.sent, want) {
			t.Errorf("swept %d, %v: %v, want %v", n, err, d.sent, want)
		}
	}
	sweep()
	d.advance(time.Minute)
	sweep(lost.Key)
	d.advance(2 * 24 * time.Hour)
	sweep(lost.Key)
	d.collect(t, lost)
	sweep()
	if line := d.line(t, senders.Streampixel, "build/u"); line.State.Rank != 6 {
		t.Errorf("%+v", line.State)
	}
}
