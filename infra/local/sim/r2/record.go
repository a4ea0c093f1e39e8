package r2

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Writes holds the counts of the PUTs to one key.
type Writes struct {
	Puts        int    // number of PUTs, failed PUTs included
	Landed      int    // number of PUTs that wrote the object
	Statuses    []int  // statuses of the answers, in order; 0 if a PUT got no answer
	Bytes       int64  // number of bytes that were read from all PUTs
	ContentType string // content type of the latest PUT
	// Concurrent is the largest number of PUTs that wrote at the same time. A PUT that a fault
	// stops before its write is not counted.
	Concurrent int

	writing int
	landed  time.Time // time of the latest PUT that succeeded
}

// record holds the counts of PUTs by key.
type record struct {
	mu   sync.Mutex
	keys map[string]*Writes
}

func (r *record) of(key string) Writes {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := *r.entry(key)
	w.Statuses = slices.Clone(w.Statuses)
	return w
}

// entry returns the counts of a key. The caller must hold mu.
func (r *record) entry(key string) *Writes {
	if r.keys[key] == nil {
		r.keys[key] = &Writes{}
	}
	return r.keys[key]
}

func (r *record) update(key string, change func(*Writes)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r.entry(key))
}

// count returns a handler that counts every PUT, even if a fault then stops it.
func (r *record) count(key func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPut {
			next.ServeHTTP(w, request)
			return
		}
		name := key(request)
		r.update(name, func(w *Writes) {
			w.Puts++
			w.ContentType = request.Header.Get("Content-Type")
		})
		body := &countedBody{ReadCloser: request.Body, add: func(n int) {
			r.update(name, func(w *Writes) { w.Bytes += int64(n) })
		}}
		end := func(status int) { r.update(name, func(w *Writes) { w.Statuses = append(w.Statuses, status) }) }
		answer := &statusWriter{ResponseWriter: w, tell: end}
		defer func() {
			if answer.status == 0 {
				end(0)
			}
		}()
		counted := request.WithContext(request.Context())
		counted.Body = body
		next.ServeHTTP(answer, counted)
	})
}

// begin counts a PUT that begins to write. It returns false if the previous write of the key was
// less than pause ago.
func (r *record) begin(key string, now time.Time, pause time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.entry(key)
	if !w.landed.IsZero() && now.Sub(w.landed) < pause {
		return false
	}
	w.writing++
	w.Concurrent = max(w.Concurrent, w.writing)
	return true
}

// land counts a PUT that wrote the object.
func (r *record) land(key string, now time.Time) {
	r.update(key, func(w *Writes) {
		w.Landed++
		w.landed = now
	})
}

// end lowers the number of running writes by one, after a PUT has ended its write, with or without
// success.
func (r *record) end(key string) { r.update(key, func(w *Writes) { w.writing-- }) }

// countedBody is a body that counts the bytes that are read from it.
type countedBody struct {
	io.ReadCloser
	add func(int)
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if n > 0 {
		c.add(n)
	}
	return n, err
}

// statusWriter records the status before the answer is sent. When a client has its answer, the
// status is therefore already in the record.
type statusWriter struct {
	http.ResponseWriter
	tell   func(status int)
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	if s.status == 0 && status >= 200 {
		s.status = status
		s.tell(status)
	}
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap gives [http.ResponseController] access to the connection.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
