package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"masterhand/shared/request/transfer/transfertest"
)

// sink accepts PUT requests for /uploads/LINK/RUN/SIZE, with or without a length. It compares each
// byte with the object of that size. A GET request for the same path returns the receipt: the
// result of the comparison. The sink computes no hash, because that would take processor time from
// the contestants and would find no more faults.
type sink struct {
	mu    sync.Mutex
	taken map[string]string
}

func (s *sink) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /uploads/{link}/{run}/{size}", s.take)
	mux.HandleFunc("GET /uploads/{link}/{run}/{size}", s.tell)
	return mux
}

func (s *sink) tell(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(w, s.taken[r.URL.Path])
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	l, known := links[r.PathValue("link")]
	size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
	if !known || err != nil {
		http.NotFound(w, r)
		return
	}
	against := &comparison{object: transfertest.Pattern{Size: size}}
	body := &slow{ctx: r.Context(), body: r.Body, rate: l.putRate, card: l.throttle(), begun: time.Now()}
	if _, err := io.CopyBuffer(against, body, make([]byte, 256<<10)); err != nil {
		http.Error(w, "body cut", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == nil {
		s.taken = make(map[string]string)
	}
	s.taken[r.URL.Path] = against.receipt()
}

// whole is the receipt if exactly the bytes of the object have arrived.
const whole = "the whole object"

// comparison is a writer that compares the bytes that are written to it with an object.
type comparison struct {
	object  transfertest.Pattern
	taken   int64
	differs bool
}

// Write implements [io.Writer]. It accepts every byte, even a wrong one, and records whether a byte
// was wrong.
func (c *comparison) Write(p []byte) (int, error) {
	c.differs = c.differs || !c.object.HasAt(p, c.taken)
	c.taken += int64(len(p))
	return len(p), nil
}

func (c *comparison) receipt() string {
	if c.differs || c.taken != c.object.Size {
		return fmt.Sprintf("other bytes: %d of %d came, and they differ: %v", c.taken, c.object.Size, c.differs)
	}
	return whole
}

// slow is the body of a request. It is read at most as fast as the link allows.
type slow struct {
	ctx   context.Context
	body  io.Reader
	rate  float64 // maximum rate in bytes per second; 0 means no limit
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
