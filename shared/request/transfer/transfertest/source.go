package transfertest

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"masterhand/shared/request/transfer"
)

// Source reads ranges of an object from a server that works like S3's GetObject, without a
// signature. It keeps the whole contract of [transfer.Source].
type Source struct {
	Client *http.Client
	URL    string
	ETag   string // the ETag of the expected version, quotes included
	Size   int64
}

// Open implements [transfer.Source].
func (s *Source) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+n-1))
	request.Header.Set("If-Match", s.ETag)
	response, err := s.Client.Do(request)
	if err != nil {
		return nil, err
	}
	if err := s.check(response, off, n); err != nil {
		_ = response.Body.Close() // the error of Close is ignored: err says more
		return nil, err
	}
	return response.Body, nil
}

// check compares an answer with the requested range.
func (s *Source) check(response *http.Response, off, n int64) error {
	switch response.StatusCode {
	case http.StatusPartialContent:
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return transfer.ErrChanged
	case http.StatusNotFound:
		return transfer.ErrGone
	case http.StatusForbidden:
		return transfer.ErrDenied
	default:
		return fmt.Errorf("source status %d", response.StatusCode)
	}
	want := fmt.Sprintf("bytes %d-%d/%d", off, off+n-1, s.Size)
	if got := response.Header.Get("Content-Range"); got != want {
		return fmt.Errorf("%w: content range %q", transfer.ErrChanged, got)
	}
	return nil
}
