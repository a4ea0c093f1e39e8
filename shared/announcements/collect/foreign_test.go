package collect_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// A token for SUM-#### alone announces a file for HRT-1212; its server answers 503 until another
// token's record of the same subject has come.
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
	good := d.export(t, goodURL) // coordinates of HRT-1212 by a token that covers them
	d.collect(t, good)
	up.Store(true)
	d.advance(20 * time.Minute)
	d.collect(t, foreign)
	f := d.file(t)
	if f.State == timeline.Stored && !strings.HasPrefix(f.Key, "lib/unsorted/") {
		t.Errorf("the foreign token's bytes lie at %s, %d bytes", f.Key, f.Size)
	}
}
