package safehttp

import (
	"errors"
	"fmt"
	"net/url"
)

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
