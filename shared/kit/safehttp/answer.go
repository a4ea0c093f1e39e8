package safehttp

import (
	"errors"
	"fmt"
	"net/url"
)

// WithoutURL returns an error of net/http or net/url whose text shows only the URL's host instead
// of the URL. [errors.Is] and [errors.As] still find the wrapped errors. It returns nil for nil.
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
