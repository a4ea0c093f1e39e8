package collect_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// If a run ends during a transfer, the next run must continue its upload.
func TestAnotherRunContinuesTheUpload(t *testing.T) {
	t.Parallel()
	content := film(2*part + 1000)
	d := newFixture()
	var ranges []string
	var second atomic.Bool
	arrived := make(chan struct{})
	d.Bucket = &watched{Bucket: d.bucket, part: func() { close(arrived) }}
	ctx, cancel := context.WithCancel(t.Context())
	m := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		if second.Load() {
			serving(content, `"v1"`)(w, r)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content[:part+500])
		_ = http.NewResponseController(w).Flush()
		<-arrived
		cancel()
		<-r.Context().Done()
	}))
	o := d.Collect(ctx, m)
	f := d.file(t)
	if o.Done || f.State != timeline.Announced || f.Code != collect.CodeTime || f.Holder != "" {
		t.Fatalf("outcome %+v, noted as %+v", o, f)
	}
	second.Store(true)
	d.Bucket = d.bucket
	o = d.collect(t, m)
	if !o.Done || o.Err != nil {
		t.Fatalf("the next run: %+v", o)
	}
	d.fetched(t, content)
	if f.Progress == nil || f.Progress.Offset != part {
		t.Fatalf("left to go on with: %+v", f.Progress)
	}
	if o.Bytes != int64(len(content))-f.Progress.Offset || ranges[1] != fmt.Sprintf("bytes=%d-", part) {
		t.Errorf("from %d on %d bytes, by %q", f.Progress.Offset, o.Bytes, ranges)
	}
}

// If the coordinates are corrected after a fetch began, the fetch must begin again. This must hold
// whether the first or the second announcement's message is processed next.
func TestCorrectedCoordinatesRestartAFetch(t *testing.T) {
	t.Parallel()
	for _, mover := range []string{"the first's message", "the second's"} {
		t.Run(mover, func(t *testing.T) {
			t.Parallel()
			d, content := newFixture(), film(2*part+1000)
			var whole atomic.Bool
			address := server(t, func(w http.ResponseWriter, r *http.Request) {
				if whole.Load() {
					serving(content, `"v1"`)(w, r)
					return
				}
				w.Header().Set("ETag", `"v1"`)
				w.Header().Set("Content-Length", strconv.Itoa(len(content)))
				if r.Header.Get("Range") == "" {
					_, _ = w.Write(content[:part+500])
					_ = http.NewResponseController(w).Flush()
				}
				panic(http.ErrAbortHandler)
			})
			wrong := coordinates
			wrong.Creative.Code = "HRT-99"
			first := d.store(t, senders.Hoox, wrong, exported(address))
			if o := d.collect(t, first); o.Done || d.file(t).Progress == nil {
				t.Fatalf("outcome %+v, noted as %+v", o, d.file(t))
			}
			d.advance(time.Minute)
			second := d.export(t, address)
			if o := d.collect(t, second); o.Done {
				t.Fatalf("the second, of a server that is down: %+v", o)
			}
			whole.Store(true)
			if mover == "the second's" {
				first = second
			}
			if o := d.collect(t, first); !o.Done || o.Err != nil {
				t.Fatalf("outcome %+v", o)
			}
			d.fetched(t, content)
		})
	}
}
