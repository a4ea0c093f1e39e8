package r2

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Writes describes the PUTs to a key.
type Writes struct {
	Puts        int    // number of PUTs, failed ones included
	Landed      int    // number of PUTs that wrote the object
	Statuses    []int  // statuses of the answers, in order; 0 for no answer
	Bytes       int64  // bytes read from all PUTs
	ContentType string // content type of the last PUT
	// Concurrent is the maximum number of PUTs that wrote at the same time. A PUT that a fault stops
	// does not write.
	Concurrent int

	writing int
	landed  time.Time // time of the last successful PUT
}

// record holds the writes by key.
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

// entry returns the writes of a key. The caller must hold mu.
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

// count records every PUT, also those that a fault stops.
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

// begin counts a PUT that starts to write. It returns false if the key was written less than
// pause ago.
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

// end counts a PUT that has stopped writing.
func (r *record) end(key string) { r.update(key, func(w *Writes) { w.writing-- }) }

// countedBody is a body that counts the bytes that were read.
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

// statusWriter records the status before it is sent, so that a client that has its answer finds
// it in the record.
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
