package collect_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/placement"
)

// If a record's token may not announce the record's code, its file must stay in the folder for
// unsorted files. This must hold even if a record of another token gives the same subject usable
// coordinates. In this test the file can be fetched only after that other record has arrived.
func TestAForeignFileKeepsItsOwnPlace(t *testing.T) {
	t.Parallel()
	d := newFixture()
	var up atomic.Bool
	evil := film(100)
	evilURL := server(t, func(w http.ResponseWriter, r *http.Request) {
		if !up.Load() {
			w.WriteHeader(503)
			return
		}
		serving(evil, `"evil"`)(w, r)
	})
	goodURL := server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) })
	foreign := d.store(t, senders.Hoox, intake.Coordinates{Problem: intake.ProblemForeignCode}, exported(evilURL))
	d.collect(t, foreign)
	d.advance(time.Minute)
	good := d.export(t, goodURL) // the other token may announce the code HRT-1212 of this record
	d.collect(t, good)
	up.Store(true)
	d.advance(20 * time.Minute)
	d.collect(t, foreign)
	f := d.file(t)
	if f.State == timeline.Stored && !strings.HasPrefix(f.Key, "lib/unsorted/") {
		t.Errorf("the foreign token's bytes lie at %s, %d bytes", f.Key, f.Size)
	}
}

// Two records of different tokens announce the same file. The newer record may move the file only
// if the older record's token may announce the newer record's code. In this test the file can be
// fetched only after the newer record has arrived.
func TestANewerRecordMovesAFileOnlyWithinItsTokensCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shapes []string // shapes of the codes that the older record's token may announce; nil means every code
		opens  bool
	}{
		"the token may not announce the newer code": {[]string{"SUM-####"}, false},
		"the token may announce both codes":         {[]string{"SUM-####", "HRT-####"}, true},
		"the token may announce any code":           {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			d.NotifyOn = []string{senders.AlertForeignCode}
			var codes []placement.Code
			for _, shape := range c.shapes {
				code, err := placement.ParseCode(shape)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
			summer := coordinates
			summer.Creative.Code = "SUM-1212"
			var up atomic.Bool
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				if !up.Load() {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				serving(film(100), `"v1"`)(w, r)
			})
			older := d.limited(t, codes, senders.Hoox, summer, exported(address))
			d.collect(t, older)
			d.advance(time.Minute)
			d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })))
			up.Store(true)
			d.advance(20 * time.Minute)
			if d.telling = errors.New("down"); !c.opens {
				if o := d.collect(t, older); o.Done || o.Err == nil {
					t.Errorf("without its notice: %+v", o)
				}
				d.told = nil
			}
			d.telling = nil
			d.advance(20 * time.Minute)
			for n := range 2 {
				if o := d.collect(t, older); !o.Done || o.Err != nil || (o.Notified != "") != (!c.opens && n == 0) {
					t.Errorf("%+v", o)
				}
			}
			f := d.file(t)
			if unsorted := strings.HasPrefix(f.Key, "lib/unsorted/") && f.Problem == collect.ProblemCode; f.State != timeline.Stored || unsorted == c.opens {
				t.Errorf("%+v", f)
			}
			if told := len(d.told) == 1 && d.told[0].Code == senders.AlertForeignCode && d.told[0].Detail == intake.ProblemForeignCode; told == c.opens {
				t.Errorf("told %+v", d.told)
			}
		})
	}
}
