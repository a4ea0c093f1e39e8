package fault

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Handler applies the faults of a schedule to the requests that it passes to next. The function
// key returns a text for each request, for example the object's key. A rule compares this text with
// its [Rule.Key].
func Handler(schedule *Schedule, key func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := schedule.Take(key(r))
		// A copy of r, because the HTTP server still needs the original Body of r when the request
		// ends.
		request := r.WithContext(r.Context())
		if fault.Rate > 0 {
			request.Body = slow(r, fault.Rate)
		}
		if fault.Kind == None {
			next.ServeHTTP(w, request)
			return
		}
		if fault.At == Done {
			next.ServeHTTP(nowhere{}, request)
		}
		fault.ServeHTTP(w, request)
	})
}

// ServeHTTP first reads as much of the request's body as the field At says: a number of bytes, or
// the whole body. Then it applies the fault.
func (f Fault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.At >= 0 {
		// The error is ignored: a client that has disconnected does not notice the fault.
		_, _ = io.CopyN(io.Discard, r.Body, f.At)
	} else {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	switch f.Kind {
	case Answer:
		f.answer(w, r)
	case Reset:
		reset(w)
	case Stall:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // without this panic, net/http would answer with 200
	}
}

// linger is how long a client may continue to send after an early answer. If the connection were
// cut at once, the client might get a RST before it has read the answer.
const linger = time.Second

func (f Fault) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)))
	if f.At >= 0 { // early answer: without this header, the server would first read the unread body
		w.Header().Set("Connection", "close")
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
	if f.At >= 0 {
		connection := http.NewResponseController(w)
		_ = connection.Flush()
		_ = connection.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// reset cuts the connection so that the client sees a RST.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection cannot be taken over, so the exchange is aborted instead
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// nowhere is a response writer that discards the answer.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
