package collect_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/collect"
	"masterhand/shared/timeline"
)

// What may pass is tried again, with the reason noted meanwhile.
func TestTriedAgain(t *testing.T) {
	t.Parallel()
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"server": {answer(503), collect.CodeServer}, "busy": {answer(429), collect.CodeServer},
		"not yet": {answer(404), collect.CodeRefused}, "not for us": {answer(403), collect.CodeRefused},
		"a silent server": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, collect.CodeUnreachable},
		"closed at once":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, collect.CodeUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, healthy, content := newDesk(t), atomic.Bool{}, film(1000)
			m := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
				if healthy.Load() {
					serving(content, `"v1"`)(w, r)
					return
				}
				test.handler(w, r)
			}))
			if name == "a silent server" {
				d.Silence = 100 * time.Millisecond
			}
			o := d.collect(t, m)
			if f := d.file(t); o.Done || f.State != timeline.Announced || f.Code != test.code {
				t.Fatalf("outcome %+v, noted as %+v", o, f)
			}
			healthy.Store(true)
			if o = d.collect(t, m); !o.Done || o.Err != nil {
				t.Errorf("later: %+v", o)
			}
			d.fetched(t, content)
			if f := d.file(t); f.Tries != 2 || f.Code != "" {
				t.Errorf("noted as %+v", f)
			}
		})
	}
}

// A file that another record announces while it is fetched does not end with the first
// record's link.
func TestAnnouncedAnewMeanwhile(t *testing.T) {
	t.Parallel()
	d, content, entered, leave := newDesk(t), film(100), make(chan struct{}), make(chan struct{})
	first := d.export(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = w.Write([]byte("<html>"))
	}))
	outcome := make(chan collect.Outcome)
	go func() { outcome <- d.Collect(t.Context(), first) }()
	<-entered
	second := d.export(t, server(t, serving(content, `"v1"`)))
	if o := d.collect(t, second); o.Done {
		t.Errorf("beside the first: %+v", o)
	}
	close(leave)
	if o := <-outcome; !o.Done || len(o.Ended) != 0 {
		t.Errorf("the first: %+v", o)
	}
	if f := d.file(t); f.State != timeline.Announced || f.Code != collect.CodeNotMedia || f.Record != second.Key {
		t.Errorf("meanwhile noted as %+v", f)
	}
	if o := d.collect(t, second); !o.Done || o.Err != nil {
		t.Errorf("the second: %+v", o)
	}
	d.fetched(t, content)
}
