package fault

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Handler lets schedule go wrong with next's requests. The key function names
// what a request is about, for [Rule.Key].
func Handler(schedule *Schedule, key func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := schedule.Take(key(r))
		request := r.WithContext(r.Context()) // a copy: how the server ends r depends on r.Body being its own
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

// ServeHTTP lets the fault happen to a request, whose body it reads as far as At says.
func (f Fault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.At >= 0 {
		_, _ = io.CopyN(io.Discard, r.Body, f.At) // a client that has gone meets the fault no more
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
		panic(http.ErrAbortHandler) // anything else would answer 200
	}
}

// linger is how long a client that is told no in the middle of its body may go on
// sending. Cut at once, it might meet a RST before it has read the answer.
const linger = time.Second

func (f Fault) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", f.Type)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)))
	if f.At >= 0 { // without this the server would read on before it answers
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

// reset cuts the connection so that the client sees a RST instead of an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection to cut: the next hardest end
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// nowhere takes an answer that nobody is to get.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
