package collect_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// If a message contains the whole record, Collect must store the record. The record's event must be
// counted once, even if a second message refers to the same record.
func TestARecordInAMessageIsStoredAndCountedOnce(t *testing.T) {
	t.Parallel()
	d := newFixture()
	r, err := d.Get(t.Context(), d.store(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.saving","uploadId":"u"}`).Key)
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
	d := newFixture()
	d.telling = errors.New("topic down")
	m := d.store(t, senders.Hoox, intake.Coordinates{}, failed)
	if o := d.collect(t, m); o.Done || o.Err == nil {
		t.Errorf("while nobody can be told: %+v", o)
	}
	d.telling = nil
	for _, m := range []intake.Message{m, m, d.store(t, senders.Hoox, intake.Coordinates{}, failed)} {
		if o := d.collect(t, m); !o.Done {
			t.Errorf("%+v", o)
		}
	}
	if len(d.told) != 1 || d.told[0].Code != senders.AlertJobFailed || d.told[0].Subject != "job/run_1" || strings.Contains(fmt.Sprint(d.told), secret) {
		t.Errorf("told %+v", d.told)
	}
	rejected := `{"event":"build.rejected","projectId":"p","uploadId":"u","status":"Reject"}`
	// No notice is sent: the event's alert is not in NotifyOn.
	d.collect(t, d.store(t, senders.Streampixel, intake.Coordinates{}, rejected))
	d = newFixture()
	d.collect(t, d.store(t, senders.Hoox, intake.Coordinates{}, exported("")))
	// No notice is sent: another event says that the job completed, and completed outranks failed.
	d.collect(t, d.store(t, senders.Hoox, intake.Coordinates{}, failed))
	if len(d.told) != 0 {
		t.Errorf("told %+v", d.told)
	}
}

// If the sender's token may not announce a file's code, the file must be stored in the folder for
// unsorted files, and one notice must be sent.
func TestAForeignCodeIsUnsortedWithANotice(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.NotifyOn = []string{senders.AlertForeignCode}
	foreign := intake.Coordinates{Problem: intake.ProblemForeignCode}
	m := d.store(t, senders.Hoox, foreign, exported(server(t, serving(film(1000), `"v1"`))))
	for range 2 {
		if o := d.collect(t, m); !o.Done {
			t.Errorf("%+v", o)
		}
	}
	if f := d.file(t); !strings.HasPrefix(f.Key, "lib/unsorted/") || f.Problem != collect.ProblemCode {
		t.Errorf("stored as %+v", f)
	}
	if len(d.told) != 1 || d.told[0].Code != senders.AlertForeignCode || d.told[0].Detail != intake.ProblemForeignCode {
		t.Errorf("told %+v", d.told)
	}
	// No notice is sent: the event announces no file.
	d.collect(t, d.store(t, senders.Streampixel, foreign, `{"event":"build.saving","uploadId":"u"}`))
	if len(d.told) != 1 {
		t.Errorf("told %+v", d.told)
	}
}

// If a build is rejected again at a later time, a second notice must be sent. A repeated delivery
// of the same event must cause no further notice.
func TestASecondOccurrenceIsNotifiedAgain(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.NotifyOn = []string{senders.AlertBuildRejected}
	said := func(event, at string) {
		t.Helper()
		m := d.store(t, senders.Streampixel, intake.Coordinates{},
			`{"event":"build.`+event+`","projectId":"p","uploadId":"u","timestamp":"2026-11-21T`+at+`:00Z"}`)
		for range 2 {
			if o := d.collect(t, m); !o.Done {
				t.Errorf("%s at %s: %+v", event, at, o)
			}
		}
		d.advance(time.Minute)
	}
	said("rejected", "09:00")
	said("rejected", "09:00") // the sender repeats the same event, so no notice may be sent
	said("uploaded", "09:10")
	if len(d.told) != 1 {
		t.Fatalf("told %+v", d.told)
	}
	said("rejected", "09:20")
	said("rejected", "09:00") // the first event arrives once more, so no notice may be sent
	if len(d.told) != 2 || !d.told[1].At.After(d.told[0].At) {
		t.Errorf("told %+v", d.told)
	}
}

// deaf is a store of records that cannot list the records of one sender.
type deaf struct {
	collect.Records
	to string
}

// List implements [collect.Records].
func (r deaf) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	if strings.Contains(prefix, r.to) {
		return func(yield func(string, error) bool) { yield("", errors.New("denied")) }
	}
	return r.Records.List(ctx, prefix, after)
}

// If one sender's records cannot be listed, Sweep must still send messages for the other senders'
// records, and return an error.
func TestASweepGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	d := newFixture()
	lost := d.store(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.approved","uploadId":"u"}`)
	d.advance(collect.SweepEvery)
	for _, sender := range senders.Names() {
		d.sent, d.Records = nil, deaf{d, sender}
		want := 1
		if sender == senders.Streampixel {
			want = 0
		}
		if n, err := d.Sweep(t.Context()); err == nil || n != want || len(d.sent) != want || want == 1 && d.sent[0] != lost.Key {
			t.Errorf("without %s: swept %d, %v: %v", sender, n, d.sent, err)
		}
	}
}

// Sweep must send a message for a record that no run has added to a timeline, once the record is
// old enough. Sweep must send further messages only when the record reaches certain greater ages.
func TestSweepFindsRecordsWithoutAMessage(t *testing.T) {
	t.Parallel()
	d := newFixture()
	taken := d.store(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.saving","uploadId":"u"}`)
	d.collect(t, taken)
	lost := d.store(t, senders.Streampixel, intake.Coordinates{}, `{"event":"build.approved","uploadId":"u"}`)
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
	d.advance(collect.SweepEvery)
	sweep(lost.Key)
	for age := 3 * collect.SweepEvery; age < 2*time.Hour; age += collect.SweepEvery {
		d.advance(collect.SweepEvery)
		sweep()
	}
	d.advance(collect.SweepEvery)
	sweep(lost.Key)
	d.advance(70 * time.Hour)
	sweep(lost.Key)
	d.collect(t, lost)
	sweep()
	d.advance(24 * time.Hour)
	sweep()
	if line := d.line(t, senders.Streampixel, "build/u"); line.State.Rank != 6 {
		t.Errorf("%+v", line.State)
	}
}
