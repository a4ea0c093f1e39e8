package collect_test

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// batch stores a record in which Posternity announces one file at each of the addresses. It returns
// the message that refers to the record.
func (d *fixture) batch(t *testing.T, c intake.Coordinates, addresses ...string) intake.Message {
	t.Helper()
	d.Posternity.Files = []string{"/files/*"}
	d.advance(time.Minute)
	var list string
	for _, address := range addresses {
		list += `,"` + address + `"`
	}
	return d.store(t, senders.Posternity, c, `{"event":"studio.batch.progress","data":{"id":"b"},"files":[`+list[1:]+`]}`)
}

// problems returns the field Problem of each file of the batch, in the order of announcement. It
// ends the test unless all files are stored.
func (d *fixture) problems(t *testing.T) (all []string) {
	t.Helper()
	for _, f := range d.line(t, senders.Posternity, "batch/b").Files {
		if object := d.bucket.Objects()[f.Key]; f.State != timeline.Stored || (len(object.Tags) == 0) != (f.Problem != "") {
			t.Fatalf("%+v with %v", f, object.Tags)
		}
		all = append(all, f.Problem)
	}
	return all
}

// Several events announce files with the same coordinates. A file that was stored under these
// coordinates before the next event arrived stays there. All other files must be stored in the
// folder for unsorted files.
func TestSeveralEventsForOnePlaceFileOnlyTheFirst(t *testing.T) {
	t.Parallel()
	const several = collect.ProblemSeveral
	wide, open := coordinates, coordinates
	wide.Aspect, open.Aspect = "16x9", ""
	type event struct {
		at    intake.Coordinates
		files string // the files that the event announces: "a", "b" or "ab"
	}
	for name, test := range map[string]struct {
		events []event
		want   []string
	}{
		"both, then each":           {[]event{{coordinates, "ab"}, {coordinates, "a"}, {coordinates, "b"}}, []string{several, several}},
		"both nowhere, then each":   {[]event{{intake.Coordinates{Problem: "no"}, "ab"}, {coordinates, "ab"}, {coordinates, "b"}}, []string{collect.ProblemCoordinates, collect.ProblemCoordinates}},
		"each":                      {[]event{{coordinates, "a"}, {coordinates, "b"}, {coordinates, "b"}}, []string{"", several}},
		"each, one of any aspect":   {[]event{{open, "a"}, {coordinates, "b"}}, []string{"", several}},
		"each, the other of any":    {[]event{{coordinates, "a"}, {open, "b"}}, []string{"", several}},
		"of two aspects":            {[]event{{coordinates, "a"}, {wide, "b"}}, []string{"", ""}},
		"of two variations":         {[]event{{coordinates, "a"}, {elsewhere, "b"}}, []string{"", ""}},
		"both, then one elsewhere":  {[]event{{coordinates, "ab"}, {elsewhere, "b"}}, []string{several, ""}},
		"both, then each elsewhere": {[]event{{coordinates, "ab"}, {elsewhere, "b"}, {coordinates, "a"}}, []string{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			address := map[rune]string{'a': server(t, serving(film(100), `"v1"`)), 'b': server(t, serving(film(200), `"v2"`))}
			for _, e := range test.events {
				var files []string
				for _, file := range e.files {
					files = append(files, address[file])
				}
				if o := d.collect(t, d.batch(t, e.at, files...)); !o.Done || o.Err != nil {
					t.Errorf("%+v", o)
				}
			}
			if got := d.problems(t); len(got) != 2 || got[0] != test.want[0] || got[1] != test.want[1] {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// A second file with the same coordinates is announced before the first file is fetched. Then the
// first file's fetch must begin again, with a key in the folder for unsorted files, whichever
// message is processed next. If the second file is not media, this must happen only if one event
// announced both files.
func TestASecondFileForTheSamePlaceUnsortsTheFirst(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		together, first, gone bool
	}{
		"by the next event":           {together: true},
		"by the first":                {together: true, first: true},
		"announced apart":             {first: true},
		"apart, and it cannot be had": {first: true, gone: true},
		"one of both cannot be had":   {together: true, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, content, up := newFixture(), film(3*part), atomic.Bool{}
			a := server(t, func(w http.ResponseWriter, r *http.Request) {
				if up.Load() {
					serving(content, `"v1"`)(w, r)
					return
				}
				if r.Header.Get("Range") != "" {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", strconv.Itoa(len(content)))
				_, _ = w.Write(content[:part+part/2])
				panic(http.ErrAbortHandler)
			})
			b := server(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case test.gone:
					_, _ = w.Write([]byte(document))
				case up.Load():
					serving(film(200), `"v2"`)(w, r)
				default:
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			first := d.batch(t, coordinates, a)
			if o := d.collect(t, first); o.Done || o.Files[0].Progress == nil {
				t.Fatalf("%+v", o)
			}
			next := d.batch(t, coordinates, b)
			if test.together {
				next = d.batch(t, coordinates, a, b)
			}
			d.collect(t, next)
			up.Store(true)
			order := []intake.Message{next, first}
			if test.first {
				order = []intake.Message{first, next}
			}
			for _, m := range order {
				if o := d.collect(t, m); !o.Done {
					t.Errorf("%+v", o)
				}
			}
			// If test.gone is true, the file b is not media. Then the file a must be in the folder
			// for unsorted files only if one event announced both files.
			if test.gone {
				want := map[bool]string{true: collect.ProblemSeveral}[test.together]
				if f := d.line(t, senders.Posternity, "batch/b").Files[0]; f.State != timeline.Stored || f.Problem != want {
					t.Errorf("%+v", f)
				}
				return
			}
			if got := d.problems(t); len(got) != 2 || got[0] != collect.ProblemSeveral || got[1] != collect.ProblemSeveral {
				t.Errorf("%q", got)
			}
		})
	}
}
