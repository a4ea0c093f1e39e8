package fault

import (
	"io"
	"net/http"
	"time"
)

// slowBody is a body that is read at a limited rate.
type slowBody struct {
	io.ReadCloser
	gone  <-chan struct{} // closed when the client has gone or the server closes
	rate  int64           // bytes per second
	begun time.Time
	read  int64
}

func slow(r *http.Request, rate int64) io.ReadCloser {
	return &slowBody{ReadCloser: r.Body, gone: r.Context().Done(), rate: rate, begun: time.Now()}
}

// Read reads at most the bytes of a twentieth of a second, then waits until the rate allows them.
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
