package safehttp

import (
	"errors"
	"fmt"
	"io"
	"net/url"
)

// ErrBodyTooLarge is an answer longer than the caller reads.
var ErrBodyTooLarge = errors.New("answer's body too large")

// ReadBody reads an answer's body of at most limit bytes. A longer one gives its
// first limit bytes and ErrBodyTooLarge; a failing one what came before the
// failure. It does not close the body.
func ReadBody(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if int64(len(data)) > limit {
		return data[:limit], fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, limit)
	}
	if err != nil {
		return data, fmt.Errorf("reading an answer's body: %w", err)
	}
	return data, nil
}

// WithoutURL takes the URL out of an error of net/http or net/url, whose text
// repeats it whole, and leaves the host. What the error wraps stays reachable for
// [errors.Is] and [errors.As]; nil stays nil.
func WithoutURL(err error) error {
	var shown *url.Error
	if !errors.As(err, &shown) {
		return err
	}
	inner := WithoutURL(shown.Err)
	parsed, parseErr := url.Parse(shown.URL)
	if parseErr != nil || parsed.Hostname() == "" {
		return fmt.Errorf("%s: %w", shown.Op, inner)
	}
	return fmt.Errorf("%s %s: %w", shown.Op, parsed.Hostname(), inner)
}
