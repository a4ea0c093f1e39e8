// Package capability holds URLs that are credentials: whoever knows a
// pre-signed upload URL or a waitpoint's callback URL may use it. (The W3C calls
// such an address a capability URL.)
//
// The invariant: a [URL] never prints itself. Whatever formats it — the fmt
// verbs, encoding/json, log/slog — sees its host alone. Only [URL.Reveal] gives
// the address, and only transfer and waitpoint have reason to call it.
package capability

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// MaxLength is the longest URL accepted, in bytes. A pre-signed URL of R2 is
// some 600 bytes, one with a session token some 2,000.
const MaxLength = 8 << 10

// URL is an absolute address that must not be shown. The zero value is no URL;
// [URL.IsZero] tells.
//
// Its content stands behind a function: fmt prints an unexported field without asking
// its methods, and of a function it can show no more than an address in memory.
type URL struct{ content func() content }

type content struct {
	raw    string
	parsed *url.URL
}

// The reasons why [Parse] refuses a text. None of them repeats the text.
var (
	ErrEmpty      = errors.New("empty URL")
	ErrTooLong    = errors.New("URL longer than 8 KiB")
	ErrMalformed  = errors.New("malformed URL")
	ErrNotWeb     = errors.New("URL scheme other than https or http")
	ErrHostAbsent = errors.New("URL without a host")
)

// Parse takes an absolute http or https URL exactly as it came. Whether its
// scheme, host and port are allowed is for the caller's policy to say.
func Parse(raw string) (URL, error) {
	switch {
	case raw == "":
		return URL{}, ErrEmpty
	case len(raw) > MaxLength:
		return URL{}, ErrTooLong
	case strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return URL{}, ErrMalformed
	}
	parsed, err := url.Parse(raw)
	if err != nil {
		return URL{}, ErrMalformed // err quotes the URL, so it goes no further
	}
	if parsed.Scheme != "https" && parsed.Scheme != "http" {
		return URL{}, ErrNotWeb
	}
	if parsed.Hostname() == "" {
		return URL{}, ErrHostAbsent
	}
	if strings.ContainsFunc(parsed.Hostname(), func(r rune) bool { return r > 0x7e }) {
		return URL{}, ErrMalformed // lower-casing it would give another host than the one dialled
	}
	return URL{func() content { return content{raw: raw, parsed: parsed} }}, nil
}

// IsZero reports whether u is no URL at all.
func (u URL) IsZero() bool { return u.content == nil }

// Reveal returns the address byte for byte as it was parsed. The result must
// not reach a log, an error, an answer or a store other than the queue.
func (u URL) Reveal() string {
	if u.IsZero() {
		return ""
	}
	return u.content().raw
}

// Scheme returns "https" or "http".
func (u URL) Scheme() string {
	if u.IsZero() {
		return ""
	}
	return u.content().parsed.Scheme
}

// Host returns the host's name in lower case, without port: the one part that may be shown.
func (u URL) Host() string {
	if u.IsZero() {
		return ""
	}
	return strings.ToLower(u.content().parsed.Hostname())
}

// Port returns the port that the URL names, or "" for the scheme's own.
func (u URL) Port() string {
	if u.IsZero() {
		return ""
	}
	return u.content().parsed.Port()
}

// HasUserInfo reports whether the URL carries a user name or password.
func (u URL) HasUserInfo() bool { return !u.IsZero() && u.content().parsed.User != nil }

// Query returns the values of each query parameter. They are as secret as the URL.
// Unlike net/url, which drops it, a parameter with a ";" in it is taken as servers of S3
// take it: whole.
func (u URL) Query() url.Values {
	values := url.Values{}
	if u.IsZero() {
		return values
	}
	for part := range strings.SplitSeq(u.content().parsed.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if errName == nil && errValue == nil && name != "" {
			values.Add(name, value)
		}
	}
	return values
}

// String shows the host alone.
func (u URL) String() string {
	if u.IsZero() {
		return ""
	}
	return u.content().parsed.Scheme + "://" + u.Host() + "/[redacted]"
}

// Format makes every verb, %#v included, print what [URL.String] does.
func (u URL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// MarshalJSON writes what [URL.String] does: a struct that holds a URL may be logged.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// MarshalText writes what [URL.String] does.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue makes slog print what [URL.String] does.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }
