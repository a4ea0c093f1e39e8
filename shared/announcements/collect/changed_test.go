package collect_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/timeline"
)

const (
	earlier = "Sat, 21 Nov 2026 08:00:00 GMT"
	newer   = "Sat, 21 Nov 2026 09:00:00 GMT"
	answers = "Sat, 21 Nov 2026 10:00:00 GMT"
)

// replacing is a server that breaks off the answer to its first request for the whole file, and then
// ignores If-Range: each later answer comes from the file that replaced the first one.
type replacing struct {
	first, rest  http.Header
	old, content []byte
	cut          int  // the number of bytes that the first answer contains
	chunked      bool // whether the first answer lacks the file's length
	piece        int  // the largest length of a range; 0 means that a range ends at the file's end
	untold       bool // whether Content-Range has "*" instead of the file's length
	requests     []string
}

// ServeHTTP implements [http.Handler].
func (s *replacing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests = append(s.requests, r.Header.Get("Range"))
	header, content := s.rest, s.content
	if len(s.requests) == 1 {
		header, content = s.first, s.old
	}
	for name := range header {
		w.Header().Set(name, header.Get(name))
	}
	w.Header().Set("Date", answers)
	var from int
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err != nil {
		if !s.chunked {
			w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		}
		if len(s.requests) == 1 {
			w = &cutter{ResponseWriter: w, left: s.cut}
		}
		_, _ = w.Write(content)
		return
	}
	if from >= len(content) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(content)))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return
	}
	end, total := len(content), strconv.Itoa(len(content))
	if s.piece > 0 {
		end = min(end, from+s.piece)
	}
	if s.untold {
		total = "*"
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", from, end-1, total))
	w.Header().Set("Content-Length", strconv.Itoa(end-from))
	w.WriteHeader(http.StatusPartialContent)
	_, _ = w.Write(content[from:end])
}

func headers(modified, tag string) http.Header {
	h := http.Header{}
	if modified != "" {
		h.Set("Last-Modified", modified)
	}
	if tag != "" {
		h.Set("ETag", tag)
	}
	return h
}

// If a file is replaced by another of the same size, and the server ignores If-Range, the stored file
// must never mix both.
func TestARestOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, rest http.Header
		same        bool
	}{
		"the same date":                      {headers(earlier, ""), headers(earlier, ""), true},
		"a date, then none":                  {headers(earlier, ""), nil, true},
		"the same date, then a tag":          {headers(earlier, ""), headers(earlier, `"a"`), true},
		"the same date and weak tag":         {headers(earlier, `W/"a"`), headers(earlier, `W/"a"`), true},
		"a weak tag, then the same, strong":  {headers(earlier, `W/"a"`), headers(earlier, `"a"`), true},
		"the same tag alone":                 {headers("", `"a"`), headers("", `"a"`), true},
		"the same tag, without the date":     {headers(earlier, `"a"`), headers("", `"a"`), true},
		"the same tag, another copy's date":  {headers(earlier, `"a"`), headers(newer, `"a"`), true},
		"a newer date":                       {headers(earlier, ""), headers(newer, ""), false},
		"a date, then a newer one and a tag": {headers(earlier, ""), headers(newer, `"b"`), false},
		"another weak tag and date":          {headers(earlier, `W/"a"`), headers(newer, `W/"b"`), false},
		"another weak tag, the same date":    {headers(earlier, `W/"a"`), headers(earlier, `W/"b"`), false},
		"a tag, then only a newer date":      {headers(earlier, `"a"`), headers(newer, ""), false},
		"a tag, then nothing":                {headers("", `"a"`), nil, false},
		"a tag, then a weak one":             {headers(earlier, `"a"`), headers(earlier, `W/"a"`), false},
		"another tag":                        {headers("", `"a"`), headers("", `"b"`), false},
	} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, chunked %t", name, chunked), func(t *testing.T) {
				t.Parallel()
				old, content := film(1<<20), film(1<<20)
				if !c.same {
					for i := 1000; i < len(content); i++ {
						content[i] ^= 0x55
					}
				}
				d, s := newFixture(), &replacing{first: c.first, rest: c.rest, old: old, content: content, cut: 400_000, chunked: chunked}
				m := d.export(t, server(t, s.ServeHTTP))
				o := d.collect(t, m)
				if !o.Done || o.Err != nil {
					t.Fatalf("outcome %+v after %q", o, s.requests)
				}
				d.fetched(t, content)
				if want := map[bool]int{true: 2, false: 3}[c.same]; len(s.requests) != want {
					t.Errorf("requests %q, want %d", s.requests, want)
				}
			})
		}
	}
}

// A weak tag must be compared, too, by the run that continues another run's upload.
func TestTheNextRunComparesTheWeakTag(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{`W/"a"`, `W/"b"`} {
		d, content := newFixture(), film(2*part+1000)
		down := true
		s := &replacing{first: headers(earlier, `W/"a"`), rest: headers(earlier, tag), old: content, content: content, cut: part + 500}
		m := d.export(t, server(t, func(w http.ResponseWriter, r *http.Request) {
			if down && len(s.requests) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			s.ServeHTTP(w, r)
		}))
		if o := d.collect(t, m); o.Done || d.file(t).Progress == nil {
			t.Fatalf("outcome %+v, noted as %+v", o, d.file(t))
		}
		down = false
		o := d.collect(t, m)
		if !o.Done {
			t.Fatalf("the next run: %+v", o)
		}
		d.fetched(t, content)
		if continued := o.Bytes < int64(len(content)); continued != (tag == `W/"a"`) {
			t.Errorf("%s: the next run read %d bytes by %q", tag, o.Bytes, s.requests)
		}
	}
}

// A part of a file whose size is unknown must not count as its end: the next request asks for the rest.
func TestAPartOfUnknownTotalIsNotTheEnd(t *testing.T) {
	t.Parallel()
	content := film(1 << 20)
	for name, piece := range map[string]int{"short ranges": 1 << 16, "one range to the end": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			s := &replacing{first: headers("", `"a"`), rest: headers("", `"a"`), old: content, content: content, cut: 400_000, chunked: true, piece: piece, untold: true}
			o := d.collect(t, d.export(t, server(t, s.ServeHTTP)))
			if !o.Done || o.Err != nil {
				t.Fatalf("outcome %+v after %q", o, s.requests)
			}
			d.fetched(t, content)
		})
	}
	// tiny ranges must not keep a run busy: the download ends and is not stored
	d := newFixture()
	s := &replacing{first: headers("", `"a"`), rest: headers("", `"a"`), old: content, content: content, cut: 400_000, chunked: true, piece: 1000, untold: true}
	o := d.collect(t, d.export(t, server(t, s.ServeHTTP)))
	if f := d.file(t); o.Done || f.State != timeline.Announced || f.Code != collect.CodeCut || len(s.requests) > 10 {
		t.Errorf("outcome %+v after %q, noted as %+v", o, s.requests, f)
	}
}
