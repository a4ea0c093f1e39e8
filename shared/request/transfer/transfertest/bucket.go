package transfertest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Refusal is the fault of one PUT to a bucket. The zero value means no fault.
type Refusal struct {
	Status int    // the bucket answers with this status
	Code   string // the bucket answers with this code in XML; "" means an HTML page, as a proxy in front of R2 sends it
	After  int64  // how many bytes of the body the bucket reads before the fault
	Reset  bool   // the bucket breaks the connection instead of answering
	Stall  bool   // the bucket stops reading and never answers
	ETag   string // the bucket accepts the body, but answers with this ETag
}

func (f Refusal) spoils() bool { return f.Status != 0 || f.Reset || f.Stall }

// Put is a PUT request whose whole body a bucket has accepted.
type Put struct {
	SHA256      [32]byte
	Size        int64
	ContentType string
	URI         string // the request's target, byte for byte as it was sent
	Header      http.Header
}

// Bucket is a counterpart of R2 that accepts single PUTs and records their hashes.
type Bucket struct {
	// Refuse returns the fault of the nth request, with n from 0. If nil, there are no faults.
	Refuse func(n int) Refusal

	mu       sync.Mutex
	requests int
	puts     []Put
}

// Puts returns the requests that the bucket accepted whole, in order.
func (b *Bucket) Puts() []Put {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Put(nil), b.puts...)
}

// Requests returns the number of requests received.
func (b *Bucket) Requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests
}

// ServeHTTP implements [http.Handler].
func (b *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	n := b.requests
	b.requests++
	b.mu.Unlock()
	if code, status := objection(r); code != "" {
		respond(w, status, code)
		return
	}
	var fault Refusal
	if b.Refuse != nil {
		fault = b.Refuse(n)
	}
	if fault.spoils() {
		refuse(w, r, fault)
		return
	}
	sha, etag := sha256.New(), md5.New()
	size, err := io.CopyBuffer(io.MultiWriter(sha, etag), r.Body, make([]byte, 256<<10))
	if err != nil || size != r.ContentLength {
		respond(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	put := Put{Size: size, ContentType: r.Header.Get("Content-Type"), URI: r.RequestURI, Header: r.Header}
	sha.Sum(put.SHA256[:0])
	b.mu.Lock()
	b.puts = append(b.puts, put)
	b.mu.Unlock()
	tag := `"` + hex.EncodeToString(etag.Sum(nil)) + `"`
	if fault.ETag != "" {
		tag = fault.ETag
	}
	w.Header().Set("ETag", tag)
}

// objection returns the code and status with which R2 would refuse a request, or zero values.
func objection(r *http.Request) (code string, status int) {
	switch {
	case r.Method != http.MethodPut:
		return "MethodNotAllowed", http.StatusMethodNotAllowed
	case r.ContentLength < 0:
		return "MissingContentLength", http.StatusLengthRequired
	case r.Header.Get("Expect") != "":
		return "NotImplemented", http.StatusNotImplemented
	}
	return "", 0
}

// refuse reads the part of the body that the fault states, and then applies the fault.
func refuse(w http.ResponseWriter, r *http.Request, fault Refusal) {
	_, _ = io.CopyN(io.Discard, r.Body, fault.After) // the error is ignored: the refusal follows even if the body is shorter
	switch {
	case fault.Reset:
		panic(http.ErrAbortHandler)
	case fault.Stall:
		_, _, _ = http.NewResponseController(w).Hijack() // the connection stays open, but nothing reads from it again
	case fault.Code != "":
		respond(w, fault.Status, fault.Code)
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(fault.Status)
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>%d</title><p>%s?X-Amz-Signature=s3cr3t", fault.Status, r.URL.Path)
	}
}
