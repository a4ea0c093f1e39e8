// Package transfertest is a kit to test and measure transfers: objects that use no memory, a store
// that serves their ranges as S3 does, and a bucket that accepts pre-signed PUTs as R2 does. Tests
// can set faults of the store and of the bucket.
package transfertest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is the fault of one answer of a store. The zero value means no fault.
type Fault struct {
	Status int   // the store answers with this HTTP status instead of the range; 0 means no such fault
	Cut    bool  // the store breaks the connection after After bytes of the range
	Stall  bool  // the store sends nothing after After bytes, until the client closes the connection
	After  int64 // the number of bytes before the fault; a range of at most this length has no fault
	Mute   bool  // if true, the fault Cut or Stall happens before the store sends the answer's header
	Excess int   // the store sends this many bytes more than the range has
}

// modified is the Last-Modified time of every object.
var modified = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)

// Store is a counterpart of S3 that holds one object at every path. It answers GET with Range and
// If-Match, and HEAD.
type Store struct {
	// Fault returns the fault of the nth request, with n from 0, for the range that starts at off.
	// If nil, there are no faults.
	Fault func(n int, off int64) Fault

	mu       sync.Mutex
	object   Pattern
	requests int
}

// NewStore returns a store that holds object.
func NewStore(object Pattern) *Store { return &Store{object: object} }

// Replace replaces the store's object.
func (s *Store) Replace(object Pattern) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.object = object
}

// Requests returns the number of requests received.
func (s *Store) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// ETag returns the ETag of an object, quotes included, without reading the object.
func ETag(object Pattern) string {
	sum := md5.Sum(fmt.Appendf(nil, "%d %d", object.Size, object.Seed))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// ServeHTTP implements [http.Handler].
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	object, n := s.object, s.requests
	s.requests++
	s.mu.Unlock()

	header := w.Header()
	header.Set("ETag", ETag(object))
	header.Set("Accept-Ranges", "bytes")
	header.Set("Last-Modified", modified)
	if match := r.Header.Get("If-Match"); match != "" && match != ETag(object) {
		respond(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	off, length, ranged, ok := readRange(r.Header.Get("Range"), object.Size)
	if !ok {
		respond(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
		return
	}
	var fault Fault
	if s.Fault != nil {
		fault = s.Fault(n, off)
	}
	if fault.After >= length {
		fault.Cut, fault.Stall = false, false
	}
	if fault.Status != 0 {
		respond(w, fault.Status, http.StatusText(fault.Status))
		return
	}
	if fault.Mute {
		spoil(r, fault)
	}
	header.Set("Content-Length", fmt.Sprint(length+int64(fault.Excess)))
	status := http.StatusOK
	if ranged {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", off, off+length-1, object.Size))
		status = http.StatusPartialContent
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if fault.Cut || fault.Stall {
		// the error is ignored: a client that has closed the connection needs no further fault
		_ = object.WriteRange(w, off, fault.After)
		_ = http.NewResponseController(w).Flush()
		spoil(r, fault)
	}
	_ = object.WriteRange(w, off, length)
	_, _ = io.WriteString(w, strings.Repeat("!", fault.Excess))
}

// spoil breaks the connection at once. For a stall, it first sends nothing until the client has
// closed the connection.
func spoil(r *http.Request, fault Fault) {
	if fault.Stall {
		<-r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

// readRange parses the forms of Range that an S3 client sends: bytes=a-b and bytes=a-.
func readRange(text string, size int64) (off, length int64, ranged, ok bool) {
	if text == "" {
		return 0, size, false, true
	}
	first, end, _ := strings.Cut(strings.TrimPrefix(text, "bytes="), "-")
	off, err := strconv.ParseInt(first, 10, 64)
	last := size - 1
	if err == nil && end != "" {
		last, err = strconv.ParseInt(end, 10, 64)
	}
	if err != nil || off < 0 || off > last || off >= size {
		return 0, 0, true, false
	}
	return off, min(last, size-1) - off + 1, true, true
}

// respond sends an error document as S3 and R2 do.
func respond(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>X-Amz-Signature=s3cr3t</Message></Error>`, code)
}
