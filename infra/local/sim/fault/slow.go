package fault

import (
	"io"
	"net/http"
	"time"
)

// slowBody is the body of a request that is read at a limited rate.
type slowBody struct {
	io.ReadCloser
	gone  <-chan struct{} // closed when the client has disconnected or the server is closed
	rate  int64           // maximum rate in bytes per second
	begun time.Time
	read  int64
}

func slow(r *http.Request, rate int64) io.ReadCloser {
	return &slowBody{ReadCloser: r.Body, gone: r.Context().Done(), rate: rate, begun: time.Now()}
}

// Read reads at most as many bytes as the rate allows in a twentieth of a second. It then waits as
// long as these bytes should have taken.
func (s *slowBody) Read(p []byte) (int, error) {
	p = p[:min(int64(len(p)), max(s.rate/20, 1))]
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	due := s.begun.Add(time.Duration(float64(s.read) / float64(s.rate) * float64(time.Second)))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return n, err
	case <-s.gone:
		return n, http.ErrAbortHandler
	}
}
