package collect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/collecttest"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// lies ends the test unless the export is stored under a key with the given prefix, its timeline has
// the given problem, and the bucket has the given number of objects.
func (d *fixture) lies(t *testing.T, prefix, problem string, objects int) timeline.File {
	t.Helper()
	f := d.file(t)
	if f.State != timeline.Stored || !strings.HasPrefix(f.Key, prefix) || f.Problem != problem || f.Earlier != nil {
		t.Fatalf("noted as %+v, want it stored below %s, problem %q", f, prefix, problem)
	}
	if n := len(d.bucket.Objects()); n != objects || d.bucket.Objects()[f.Key].Data == nil {
		t.Fatalf("%d objects, want %d, %s among them", n, objects, f.Key)
	}
	return f
}

// elsewhere are coordinates that differ from those in the record of the method export: the
// variation is 3, not 2.
var elsewhere = intake.Coordinates{Given: true, Coordinates: masters.Coordinates{
	Creative: creative.Creative{Code: "HRT-1212", Variation: 3}, Locale: "en", Aspect: "9x16",
}}

const amongUnsorted = "lib/unsorted/hoox/job/run_1/export-"

// A file is in the folder for unsorted files because the coordinates in the sender's URL were
// missing or wrong. After they are corrected, a repeated announcement must move the file to its
// right place, and only once. An older record, or a record without better coordinates, must not
// move it.
func TestBetterCoordinatesMoveAnUnsortedFile(t *testing.T) {
	t.Parallel()
	wide := coordinates
	wide.Aspect = "16x9" // unusable, because 16x9 is horizontal and the sender says that the video is vertical
	for name, test := range map[string]struct {
		at      intake.Coordinates
		problem string
	}{
		"none": {intake.Coordinates{}, ""}, "unusable": {intake.Coordinates{Problem: "code: no"}, collect.ProblemCoordinates}, "others": {wide, collect.ProblemAspect},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, asked := newFixture(), atomic.Int64{}
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				serving(film(100), `"v1"`)(w, r)
			})
			early := d.export(t, address)
			d.advance(time.Second)
			first := d.store(t, senders.Hoox, test.at, exported(address))
			d.collect(t, first)
			d.lies(t, amongUnsorted, test.problem, 1)
			d.advance(time.Second)
			same := d.store(t, senders.Hoox, test.at, exported(address))
			d.advance(time.Second)
			late := d.export(t, address)
			// None of these records may move the file: same and first have no usable coordinates,
			// and early is older than the record that the file has now.
			for _, m := range []intake.Message{same, first, early} {
				if o := d.collect(t, m); !o.Done || o.Err != nil || o.Bytes != 0 {
					t.Errorf("%+v", o)
				}
			}
			d.lies(t, amongUnsorted, test.problem, 1)
			o := d.collect(t, late)
			if !o.Done || o.Err != nil || len(o.Ended) != 1 || o.Ended[0].State != timeline.Stored {
				t.Errorf("corrected: %+v", o)
			}
			d.lies(t, key, "", 2)
			for _, m := range []intake.Message{late, same, first, early, d.store(t, senders.Hoox, test.at, exported(address))} {
				if o := d.collect(t, m); !o.Done || o.Err != nil || o.Bytes != 0 {
					t.Errorf("%+v", o)
				}
			}
			if d.lies(t, key, "", 2); asked.Load() != 2 {
				t.Errorf("asked for %d times", asked.Load())
			}
		})
	}
}

// If a file's link has expired when its coordinates are corrected, the file must stay where it is,
// and the failure must be reported. A replay must try again to fetch and move the file.
func TestAnExpiredLinkKeepsTheFileInItsPlace(t *testing.T) {
	t.Parallel()
	d, gone := newFixture(), atomic.Bool{}
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		serving(film(100), `"v1"`)(w, r)
	})
	d.collect(t, d.store(t, senders.Hoox, intake.Coordinates{Problem: "code: no"}, exported(address)))
	before := d.lies(t, amongUnsorted, collect.ProblemCoordinates, 1)
	gone.Store(true)
	d.advance(time.Hour)
	m := d.export(t, address)
	if o := d.collect(t, m); o.Done || o.Files[0].State != timeline.Announced || o.Files[0].Earlier.Key != before.Key {
		t.Errorf("perhaps it comes back: %+v", o)
	}
	d.advance(7*24*time.Hour + time.Second)
	o := d.collect(t, m)
	if !o.Done || len(o.Ended) != 1 || o.Ended[0].State != timeline.Failed || o.Ended[0].Code != collect.CodeExpired {
		t.Errorf("past its end: %+v", o)
	}
	f := d.lies(t, amongUnsorted, collect.ProblemCoordinates, 1)
	if f.Key != before.Key || f.SHA256 != before.SHA256 || f.Size != before.Size || f.Code != collect.CodeExpired {
		t.Errorf("noted as %+v, before as %+v", f, before)
	}
	gone.Store(false)
	m.Replay = d.clock()
	if o := d.collect(t, m); !o.Done || o.Err != nil {
		t.Errorf("replayed: %+v", o)
	}
	if f := d.lies(t, key, "", 2); f.Code != "" {
		t.Errorf("noted as %+v", f)
	}
}

// strayed fails the test unless the exported video is stored under the corrected coordinates, and
// its first object, under the earlier coordinates, is reported with the code CodeOrphan.
func (d *fixture) strayed(t *testing.T, o collect.Outcome) {
	t.Helper()
	f, under := d.lies(t, key, "", 2), "lib/HRT-1212/v3/en/9x16-"
	if len(f.Orphans) != 1 || !strings.HasPrefix(f.Orphans[0], under) || d.bucket.Objects()[f.Orphans[0]].Data == nil ||
		f.Code != collect.CodeOrphan || f.Detail != f.Orphans[0] {
		t.Errorf("noted as %+v", f)
	}
	if len(o.Ended) != 1 || o.Ended[0].State != timeline.Failed || o.Ended[0].Code != collect.CodeOrphan {
		t.Errorf("told of: %+v", o.Ended)
	}
}

// If coordinates are corrected during the fetch of a file, the corrected ones must decide its place.
func TestCoordinatesCorrectedDuringAFetchCount(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]intake.Coordinates{"none": {}, "others": elsewhere} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, entered, leave, times := newFixture(), make(chan struct{}), make(chan struct{}), atomic.Int32{}
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				if times.Add(1) == 1 {
					close(entered)
					<-leave
				}
				serving(film(100), `"v1"`)(w, r)
			})
			first := d.store(t, senders.Hoox, at, exported(address))
			outcome := make(chan collect.Outcome)
			go func() { outcome <- d.Collect(t.Context(), first) }()
			<-entered
			d.advance(time.Second)
			second := d.export(t, address)
			if o := d.collect(t, second); o.Done {
				t.Errorf("beside the first: %+v", o)
			}
			close(leave)
			if o := <-outcome; !o.Done {
				t.Errorf("the first: %+v", o)
			}
			if !at.Given {
				d.lies(t, amongUnsorted, "", 1)
			}
			o := d.collect(t, second)
			if !o.Done || o.Err != nil {
				t.Errorf("the second: %+v", o)
			}
			if at.Given {
				d.strayed(t, o)
				return
			}
			if f := d.lies(t, key, "", 2); f.Code != "" || f.Orphans != nil {
				t.Errorf("noted as %+v", f)
			}
		})
	}
}

// unsettled is a timeline store that refuses every save as soon as the bucket has an object, so
// that no file can be saved as stored.
type unsettled struct {
	timeline.Store
	bucket *collecttest.Bucket
}

// Save implements [timeline.Store].
func (s unsettled) Save(ctx context.Context, t timeline.Timeline) error {
	if len(s.bucket.Objects()) > 0 {
		return errors.New("throttled")
	}
	return s.Store.Save(ctx, t)
}

// A run creates a file's object but ends before it saves the state Stored. Then the coordinates are
// corrected. The file must be stored under the corrected coordinates, whichever record's message is
// processed next. If the old object is a master of a wrong slot, it must be reported with the code
// CodeOrphan.
func TestCoordinatesCorrectedAfterACrashCount(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at    intake.Coordinates
		mover string
	}{
		"none": {at: intake.Coordinates{}, mover: "second"}, "none, by the first": {at: intake.Coordinates{}, mover: "first"},
		"others": {at: elsewhere, mover: "second"}, "others, by the first": {at: elsewhere, mover: "first"},
		"the same": {at: coordinates, mover: "second"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, up, asked := newFixture(), atomic.Bool{}, atomic.Int64{}
			up.Store(true)
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				if !up.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				asked.Add(1)
				serving(film(100), `"v1"`)(w, r)
			})
			first := d.store(t, senders.Hoox, test.at, exported(address))
			d.Timelines = unsettled{d.timelines, d.bucket}
			if o := d.collect(t, first); o.Done || len(d.bucket.Objects()) != 1 {
				t.Fatalf("%+v", o)
			}
			d.Timelines = d.timelines
			d.advance(20 * time.Minute)
			second := d.export(t, address)
			if test.at == coordinates {
				if o := d.collect(t, second); !o.Done || asked.Load() != 1 {
					t.Errorf("asked for %d times, %+v", asked.Load(), o)
				}
				d.lies(t, key, "", 1)
				return
			}
			up.Store(false)
			if o := d.collect(t, second); o.Done || d.file(t).Earlier == nil {
				t.Errorf("while the server is down: %+v", o)
			}
			up.Store(true)
			if test.mover == "first" {
				second = first
			}
			o := d.collect(t, second)
			if !o.Done || o.Err != nil {
				t.Errorf("%+v", o)
			}
			if test.at.Given {
				d.strayed(t, o)
				return
			}
			if f := d.lies(t, key, "", 2); f.Code != "" || f.Orphans != nil {
				t.Errorf("noted as %+v", f)
			}
		})
	}
}

// Corrected coordinates must decide a file's place even if the older record's message is processed
// after the newer one's. At first the file cannot be fetched: its server answers 503, or in a
// second case 410.
func TestCorrectedCoordinatesCountInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"server down": http.StatusServiceUnavailable, "made away with": http.StatusGone} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, up := newFixture(), atomic.Bool{}
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				if up.Load() {
					serving(film(100), `"v1"`)(w, r)
					return
				}
				w.WriteHeader(status)
			})
			older := d.store(t, senders.Hoox, elsewhere, exported(address))
			d.advance(time.Minute)
			newer := d.export(t, address)
			d.collect(t, newer)
			d.advance(8 * 24 * time.Hour)
			d.collect(t, newer)
			up.Store(d.file(t).Ended())
			d.collect(t, older)
			up.Store(true)
			if o := d.collect(t, newer); !o.Done || o.Err != nil {
				t.Errorf("%+v", o)
			}
			d.lies(t, key, "", 1)
		})
	}
}
