package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// sink takes a PUT at any path, length given or not, and tells a GET of the same
// path what it took: SHA-256 in hex and size.
type sink struct {
	mu    sync.Mutex
	taken map[string]string
}

// ServeHTTP implements [http.Handler].
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, _ = io.WriteString(w, s.taken[r.URL.Path])
		return
	}
	sum := sha256.New()
	// Hiding the hash's other methods keeps the copy on this buffer.
	size, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{r.Body}, make([]byte, 256<<10))
	if err != nil {
		http.Error(w, "body cut", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = make(map[string]string)
	}
	s.taken[r.URL.Path] = receipt(sum.Sum(nil), size)
}

// receipt is how a sink describes what it took.
func receipt(sum []byte, size int64) string { return fmt.Sprintf("%x %d", sum, size) }
