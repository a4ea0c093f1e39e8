package collect_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/timeline"
)

// If a file cannot be fetched for a temporary reason, the next try of the message must fetch it.
// Between the two tries the timeline must state the reason.
func TestATemporaryFaultIsTriedAgain(t *testing.T) {
	t.Parallel()
	answer := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"server": {answer(503), collect.CodeServer}, "busy": {answer(429), collect.CodeServer},
		"a page in its place": {body("<!doctype html><html><body>preparing your video</body></html>"), collect.CodeNotMedia},
		"a store's error":     {body(`<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>`), collect.CodeNotMedia},
		"nothing yet":         {body(""), collect.CodeEmpty},
		"not yet":             {answer(404), collect.CodeRefused}, "not for us": {answer(403), collect.CodeRefused},
		"a silent server": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, collect.CodeUnreachable},
		"closed at once":  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, collect.CodeUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, healthy, content := newFixture(), atomic.Bool{}, film(1000)
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

// If the link of an older record expires, the file's unfinished upload must not be aborted, because
// the next try of a newer record continues this upload.
func TestAnEndedLinkLeavesTheUpload(t *testing.T) {
	t.Parallel()
	d, content, healthy := newFixture(), film(2*part), atomic.Bool{}
	first := d.export(t, server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	d.collect(t, first)
	d.advance(24 * time.Hour)
	second := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if healthy.Load() {
			serving(content, `"v1"`)(w, r)
			return
		}
		if r.Header.Get("Range") != "" {
			panic(http.ErrAbortHandler)
		}
		cutting(content, part+50, serving(content, `"v1"`))(w, r)
	}))
	if o := d.collect(t, second); o.Done || d.file(t).Progress == nil {
		t.Fatalf("outcome %+v, noted as %+v", o, d.file(t))
	}
	d.advance(6*24*time.Hour + time.Second)
	if o := d.collect(t, first); !o.Done || d.file(t).State != timeline.Announced || d.file(t).Progress == nil {
		t.Fatalf("after the first's end: %+v, noted as %+v", o, d.file(t))
	}
	healthy.Store(true)
	if o := d.collect(t, second); !o.Done || o.Bytes != part {
		t.Errorf("the second: %+v", o)
	}
	d.fetched(t, content)
}

// throttled is a timeline store that refuses to save a file whose object is about to be created, as
// often as the field times says. It also refuses every save after the context has ended.
type throttled struct {
	timeline.Store
	times int
}

// Save implements [timeline.Store].
func (s *throttled) Save(ctx context.Context, t timeline.Timeline) error {
	for _, f := range t.Files {
		if s.times > 0 && f.State == timeline.Announced && f.SHA256 != "" {
			s.times--
			return errors.New("throttled")
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.Store.Save(ctx, t)
}

// A fetched file must be stored even if the first saves of its timeline fail, and even if the run's
// context has just ended.
func TestAFetchedFileIsSavedInTheEnd(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(part)
	ctx, cancel := context.WithCancel(t.Context())
	d.Timelines = &throttled{d.timelines, 3}
	d.Bucket = &watched{Bucket: d.bucket, part: cancel}
	if o := d.Collect(ctx, d.export(t, server(t, serving(content, `"v1"`)))); !o.Done || o.Bytes != part {
		t.Errorf("outcome %+v", o)
	}
	d.fetched(t, content)
}

// A second record announces a file while a run fetches the file through the first record's link. If
// this fetch then fails for good, the file must not end as failed, because the second record's link
// may work.
func TestASecondRecordOutlivesTheFirstRecordsLink(t *testing.T) {
	t.Parallel()
	d, content, entered, leave := newFixture(), film(100), make(chan struct{}), make(chan struct{})
	first := d.export(t, server(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = w.Write([]byte(document))
	}))
	outcome := make(chan collect.Outcome)
	go func() { outcome <- d.Collect(t.Context(), first) }()
	<-entered
	d.advance(time.Second)
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
