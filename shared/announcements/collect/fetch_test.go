package collect_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/timeline"
)

const key = "lib/HRT-1212/v2/en/9x16-"

// fetched ends the test unless the announced file is stored and its object contains the bytes want.
// It also checks that no upload is left open.
func (d *fixture) fetched(t *testing.T, want []byte) {
	t.Helper()
	f, sum := d.file(t), sha256.Sum256(want)
	if f.State != timeline.Stored || f.Size != int64(len(want)) || f.SHA256 != hex.EncodeToString(sum[:]) || !strings.HasPrefix(f.Key, key) {
		t.Fatalf("noted as %+v", f)
	}
	if got := d.bucket.Objects()[f.Key]; !bytes.Equal(got.Data, want) || got.ContentType != "video/mp4" {
		t.Fatalf("stored are %d bytes of %s, want %d", len(got.Data), got.ContentType, len(want))
	}
	if open, _ := d.bucket.Uploads(); open != 0 {
		t.Errorf("%d uploads are left open", open)
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	for _, size := range []int{24, part - 1, part, part + 1, 2*part + 7} {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			d, content := newFixture(), film(size)
			m := d.export(t, server(t, serving(content, `"v1"`)))
			o := d.collect(t, m)
			if !o.Done || o.Err != nil || o.Bytes != int64(size) || len(o.Ended) != 1 {
				t.Fatalf("outcome %+v", o)
			}
			d.fetched(t, content)
			if o = d.collect(t, m); !o.Done || o.Err != nil || o.Bytes != 0 || len(o.Ended) != 0 {
				t.Errorf("again: %+v", o)
			}
		})
	}
}

// cutting returns a handler that answers like the given one, but breaks off every answer after n
// bytes.
func cutting(content []byte, n int, each http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { each(&cutter{ResponseWriter: w, left: n}, r) }
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; err == nil && n < len(p) {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func TestCutBodiesAreResumed(t *testing.T) {
	t.Parallel()
	content := film(part + 3<<18)
	modified := time.Now().Add(-time.Hour)
	var requests atomic.Int32
	for name, each := range map[string]http.HandlerFunc{
		"by range": serving(content, `"v1"`),
		"by date": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", modified, bytes.NewReader(content))
		},
		"from a length untold": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			if r.Header.Get("Range") != "" {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
				return
			}
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(content)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				cutting(content, 5<<15, each)(w, r)
			})))
			if !o.Done || o.Bytes != int64(len(content)) {
				t.Fatalf("outcome %+v", o)
			}
			d.fetched(t, content)
		})
	}
}

func TestServersThatIgnoreRanges(t *testing.T) {
	t.Parallel()
	content := film(part + 100)
	for name, tag := range map[string]string{"and prove that the file is the same": `"v1"`, "and prove nothing": "", "and have a weak tag": `W/"v1"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			var times atomic.Int32
			o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
				if tag != "" {
					w.Header().Set("ETag", tag)
				}
				w.Header().Set("Content-Length", strconv.Itoa(len(content)))
				if times.Add(1) == 1 {
					w = &cutter{ResponseWriter: w, left: part + 10}
				}
				_, _ = w.Write(content)
			})))
			if !o.Done || times.Load() != 2 {
				t.Fatalf("outcome %+v after %d requests", o, times.Load())
			}
			d.fetched(t, content)
		})
	}
}

// A server may ignore the requested range, send the file from its first byte without a length, and end
// before the offset that the download had reached. Then the download must not count as complete.
func TestAnswersThatEndTooEarly(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(part+100)
	var times atomic.Int32
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		switch times.Add(1) {
		case 1:
			_, _ = w.Write(content[:part+10])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case 2:
			_, _ = w.Write(content[:100])
			_ = http.NewResponseController(w).Flush()
		default:
			_, _ = w.Write(content)
			_ = http.NewResponseController(w).Flush()
		}
	})))
	if !o.Done || times.Load() != 3 {
		t.Fatalf("outcome %+v after %d requests", o, times.Load())
	}
	d.fetched(t, content)
}

// A file that changes during the transfer must be fetched again from the first byte. The stored
// file must never mix both versions.
func TestAChangedFileIsFetchedFromTheStart(t *testing.T) {
	t.Parallel()
	old, content := film(2<<20), append(film(2<<20), "another"...)
	d := newFixture()
	var times atomic.Int32
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if times.Add(1) == 1 {
			cutting(old, 1<<20, serving(old, `"old"`))(w, r)
			return
		}
		serving(content, `"new"`)(w, r)
	})))
	if !o.Done {
		t.Fatalf("outcome %+v", o)
	}
	d.fetched(t, content)
}

// A range answer with other bytes than requested, or of another file, must be refused.
func TestAWrongRangeIsRefused(t *testing.T) {
	t.Parallel()
	content := film(2 << 20)
	for name, header := range map[string][2]string{
		"another place": {"bytes 0-99/2097152", `"v1"`}, "another length": {"bytes 1048576-2097151/9999999", `"v1"`},
		"another tag": {"bytes 1048576-2097151/2097152", `"v2"`}, "no range": {"", `"v1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") == "" {
					cutting(content, 1<<20, serving(content, `"v1"`))(w, r)
					return
				}
				w.Header().Set("Content-Range", header[0])
				w.Header().Set("ETag", header[1])
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(content[1<<20:])
			})))
			if f := d.file(t); o.Done || f.State != timeline.Announced || f.Code != collect.CodeChanged || len(d.bucket.Objects()) > 0 {
				t.Errorf("outcome %+v, noted as %+v", o, f)
			}
		})
	}
}

// watched is a bucket that calls its function part after each part that it has received.
type watched struct {
	collect.Bucket
	part func()
}

// Part implements [collect.Bucket].
func (w *watched) Part(ctx context.Context, key, upload string, number int, data []byte) error {
	defer w.part()
	return w.Bucket.Part(ctx, key, upload, number, data)
}

// A stalled transfer continues at its offset if the server proves that the file is unchanged.
func TestStalledBodiesAreResumed(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(2000)
	d.Silence = 200 * time.Millisecond
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			serving(content, `"v1"`)(w, r)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", "2000")
		_, _ = w.Write(content[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})))
	if !o.Done {
		t.Fatalf("outcome %+v", o)
	}
	d.fetched(t, content)
}

// A server that sends single bytes at long intervals must not hold a run: such a transfer counts as
// stalled.
func TestSingleBytesCountAsAStall(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(2000)
	d.Silence = 500 * time.Millisecond
	var times atomic.Int32
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		times.Add(1)
		ticker := time.NewTicker(d.Silence / 20)
		defer ticker.Stop()
		for i := range content {
			select {
			case <-ticker.C:
				_, _ = w.Write(content[i:][:1])
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})))
	if f := d.file(t); o.Done || f.Code != collect.CodeCut || times.Load() != 3 {
		t.Errorf("outcome %+v after %d requests, noted as %+v", o, times.Load(), f)
	}
}

// paced is a server that sends a chunk of bytes at a fixed interval of the test's clock.
type paced struct {
	d       *fixture
	content []byte
	chunk   int           // the size of a chunk in bytes
	every   time.Duration // the interval between two chunks
	asked   int
}

// RoundTrip implements [http.RoundTripper].
func (p *paced) RoundTrip(req *http.Request) (*http.Response, error) {
	p.asked++
	from := 0
	status := http.StatusOK
	header := http.Header{"Etag": {`"v1"`}}
	if asked := req.Header.Get("Range"); asked != "" {
		_, _ = fmt.Sscanf(asked, "bytes=%d-", &from)
		status = http.StatusPartialContent
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(p.content)-1, len(p.content)))
	}
	body := io.NopCloser(&pacedBody{p, p.content[from:]})
	return &http.Response{StatusCode: status, Header: header, Body: body, ContentLength: int64(len(p.content) - from), Request: req}, nil
}

type pacedBody struct {
	*paced
	left []byte
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		return 0, io.EOF
	}
	b.d.advance(b.every)
	n := copy(p[:min(len(p), b.chunk)], b.left)
	b.left = b.left[n:]
	return n, nil
}

// A server that sends less than 64 KiB a second on average, after the first minute, must not hold
// a run. The next run continues at the same offset.
func TestASlowServerDoesNotHoldARun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		chunk int
		every time.Duration
		code  string
		took  time.Duration
	}{
		"just too slow":        {64 << 10, 1100 * time.Millisecond, collect.CodeSlow, 60500 * time.Millisecond},
		"a quantum in silence": {32 << 10, 4 * time.Second, collect.CodeSlow, 64 * time.Second},
		"fast enough":          {64 << 10, 990 * time.Millisecond, "", 119790 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			p := &paced{d: d, content: film(7700 << 10), chunk: c.chunk, every: c.every}
			d.Client = &http.Client{Transport: p}
			m := d.export(t, "https://cdn.example/film.mp4?"+secret)
			o := d.collect(t, m)
			f := d.file(t)
			if o.Done != (c.code == "") || f.Code != c.code || p.asked != 1 || d.clock().Sub(start) != c.took {
				t.Fatalf("done %t after %v and %d requests, noted as %+v", o.Done, d.clock().Sub(start), p.asked, f)
			}
			if c.code == "" {
				return
			}
			p.every = time.Millisecond
			if o := d.collect(t, m); !o.Done || o.Bytes >= int64(len(p.content)) {
				t.Errorf("the next run: %+v", o)
			}
			d.fetched(t, p.content)
		})
	}
}

// While S3 is down, no file may end as failed, and no announcement may be lost.
func TestNothingIsLostWhileS3IsDown(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(1000)
	m := d.export(t, server(t, serving(content, `"v1"`)))
	d.bucket.Fail(errors.New("down"))
	o := d.collect(t, m)
	if f := d.file(t); o.Done || f.State != timeline.Announced || f.Code != collect.CodeBucket {
		t.Errorf("outcome %+v, noted as %+v", o, f)
	}
	d.bucket.Fail(nil)
	if o = d.collect(t, m); !o.Done {
		t.Errorf("later: %+v", o)
	}
	d.fetched(t, content)
}
