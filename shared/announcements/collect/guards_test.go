package collect_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/timeline"
)

// A server may answer with less than the requested range. The next request must ask for the rest.
func TestAShortRangeIsFollowedByTheRest(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(part+100_000)
	const piece = 1 << 16
	var times atomic.Int32
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if times.Add(1) == 1 {
			cutting(content, piece, serving(content, `"v1"`))(w, r)
			return
		}
		var from int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err != nil {
			t.Errorf("range %q", r.Header.Get("Range"))
		}
		end := min(from+piece, len(content))
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(end-from))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, end-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(content[from:end])
	})))
	if !o.Done || o.Err != nil {
		t.Fatalf("outcome %+v", o)
	}
	d.fetched(t, content)
}

// A request for the rest of a file must have an If-Range header. Without it, the server may send
// the rest of a changed file, and the answer would not show the change.
func TestARangeRequestNamesTheVersion(t *testing.T) {
	t.Parallel()
	old, content := film(2<<20), film(2<<20)
	slices.Reverse(content[1<<10:])
	d := newFixture()
	var times atomic.Int32
	o := d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		if times.Add(1) == 1 {
			cutting(old, 1<<20, serving(old, `"old"`))(w, r)
			return
		}
		if r.Header.Get("If-Range") != "" {
			r.Header.Del("Range") // makes ServeContent send the whole file, as a server must if the file has changed
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})))
	if !o.Done {
		t.Fatalf("outcome %+v", o)
	}
	d.fetched(t, content)
}

// An answer with a content encoding must be refused, because its bytes are not the file's bytes.
func TestEncodedAnswersAreRefused(t *testing.T) {
	t.Parallel()
	for encoding, want := range map[string]timeline.FileState{
		"br": timeline.Failed, "gzip": timeline.Failed, "zstd": timeline.Failed, "identity, br": timeline.Failed, "identity": timeline.Stored,
		"aws-chunked": timeline.Stored, "AWS-Chunked, identity": timeline.Stored, "aws-chunked,": timeline.Stored,
		"base64": timeline.Stored, "UTF-8": timeline.Stored, "binary": timeline.Stored, "none": timeline.Stored, "7bit": timeline.Stored,
		"8bit": timeline.Stored, "null": timeline.Stored, "base64, gzip": timeline.Failed, "deflate": timeline.Failed, "video/mp4": timeline.Failed,
		"aws-chunked, gzip": timeline.Failed, "gzip,aws-chunked": timeline.Failed, "x-aws-chunked": timeline.Failed,
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", encoding)
				serving(film(1000), `"v1"`)(w, r)
			})))
			f := d.file(t)
			if f.State != want || (f.Code == collect.CodeEncoded) == (want == timeline.Stored) || len(d.bucket.Objects()) > 0 != (want == timeline.Stored) {
				t.Errorf("noted as %+v", f)
			}
		})
	}
}

// A real file store answers with the header "Content-Encoding: aws-chunked" but sends the file's own
// bytes. Such a file must be stored.
func TestAWireFilmInAWSChunksIsStored(t *testing.T) {
	t.Parallel()
	wire, err := events.Wire("15-content-encoding-aws-chunked.txt")
	if err != nil || !strings.Contains(string(wire), "want stored") {
		t.Fatalf("%v: %s", err, wire)
	}
	head, _, _ := strings.Cut(string(wire), "\n\n")
	answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	d := newFixture()
	d.collect(t, d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), answer.Header)
		serving(film(1000), `"v1"`)(w, r)
	})))
	if f := d.file(t); f.State != timeline.Stored {
		t.Errorf("noted as %+v", f)
	}
}
