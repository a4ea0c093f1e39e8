package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// sink takes a PUT of /uploads/LINK/RUN, with or without a length, and answers a GET of the same
// path with the receipt: SHA-256 in hex and size.
type sink struct {
	mu    sync.Mutex
	taken map[string]string
}

func (s *sink) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /uploads/{link}/{run}", s.take)
	mux.HandleFunc("GET /uploads/{link}/{run}", s.tell)
	return mux
}

func (s *sink) tell(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(w, s.taken[r.URL.Path])
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	l, known := links[r.PathValue("link")]
	if !known {
		http.NotFound(w, r)
		return
	}
	sum := sha256.New()
	body := &slow{ctx: r.Context(), body: r.Body, rate: l.putRate, card: l.throttle(), begun: time.Now()}
	// Hiding the hash's other methods keeps the copy on this buffer.
	size, err := io.CopyBuffer(struct{ io.Writer }{sum}, body, make([]byte, 256<<10))
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

// receipt is how a sink describes an object.
func receipt(sum []byte, size int64) string { return fmt.Sprintf("%x %d", sum, size) }

// slow is a body that is read no faster than a link allows.
type slow struct {
	ctx   context.Context
	body  io.Reader
	rate  float64 // in bytes a second; 0 for no limit
	card  *throttle
	begun time.Time
	taken int64
}

// Read implements [io.Reader].
func (s *slow) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.taken += int64(n)
	due := time.Duration(seconds(s.taken, s.rate) * float64(time.Second))
	pause(s.ctx, max(due-time.Since(s.begun), s.card.take(time.Now(), n)))
	return n, err
}
