// Package capability holds URLs that are credentials: anybody who knows a pre-signed upload URL
// or a waitpoint's callback URL can use it. (The W3C calls such an address a capability URL.)
//
// Invariant: a [URL] never prints itself. The fmt verbs, encoding/json and log/slog show only its
// host. Only [URL.Reveal] returns the address, and only the packages transfer and waitpoint have a
// reason to call it.
package capability

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
)

// MaxLength is the largest length of a URL, in bytes. A pre-signed R2 URL has about 600 bytes, or
// about 2,000 with a session token.
const MaxLength = 8 << 10

// URL is an absolute address that must not be shown. The zero value holds no address; see
// [URL.IsZero].
//
// The address is the result of a function, so that fmt cannot print it: fmt prints the text of an
// unexported string, but only the memory address of a function.
type URL struct{ content func() content }

type content struct {
	raw    string
	parsed *url.URL
}

// These are the reasons why [Parse] refuses a text. None of them repeats the text.
var (
	ErrEmpty      = errors.New("empty URL")
	ErrTooLong    = errors.New("URL longer than 8 KiB")
	ErrMalformed  = errors.New("malformed URL")
	ErrNotWeb     = errors.New("URL scheme other than https or http")
	ErrHostAbsent = errors.New("URL without a host")
)

// Parse parses an absolute http or https URL and keeps it exactly as it came. The caller's policy
// must check whether scheme, host and port are allowed.
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
		return URL{}, ErrMalformed // replace err, because it quotes the URL
	}
	if parsed.Scheme != "https" && parsed.Scheme != "http" {
		return URL{}, ErrNotWeb
	}
	if parsed.Hostname() == "" {
		return URL{}, ErrHostAbsent
	}
	if strings.ContainsFunc(parsed.Hostname(), func(r rune) bool { return r > 0x7e }) {
		// Refuse a host with non-ASCII characters. The policy compares hosts in lower case, and
		// the lower-case form may be another host than the one that the client connects to.
		return URL{}, ErrMalformed
	}
	return URL{func() content { return content{raw: raw, parsed: parsed} }}, nil
}

// IsZero reports whether u is the zero value, which holds no address.
func (u URL) IsZero() bool { return u.content == nil }

// Reveal returns the address byte for byte as it was parsed. The result must not reach a log, an
// error, an answer, or any store except the queue.
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

// Host returns the host's name in lower case, without the port. It is the only part of the URL
// that may be shown.
func (u URL) Host() string {
	if u.IsZero() {
		return ""
	}
	return strings.ToLower(u.content().parsed.Hostname())
}

// Port returns the URL's port, or "" if the URL states none.
func (u URL) Port() string {
	if u.IsZero() {
		return ""
	}
	return u.content().parsed.Port()
}

// HasUserInfo reports whether the URL contains a user name or password.
func (u URL) HasUserInfo() bool { return !u.IsZero() && u.content().parsed.User != nil }

// Query returns the values of each query parameter. They are as secret as the URL. It keeps a
// parameter that contains ";" whole, as S3 servers do; net/url would drop it.
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

// String returns the URL with its host only.
func (u URL) String() string {
	if u.IsZero() {
		return ""
	}
	return u.content().parsed.Scheme + "://" + u.Host() + "/[redacted]"
}

// Format makes every verb, including %#v, print the result of [URL.String].
func (u URL) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(u.String())) }

// MarshalJSON writes the result of [URL.String], so that a struct with a URL can be logged.
func (u URL) MarshalJSON() ([]byte, error) { return json.Marshal(u.String()) }

// MarshalText writes the result of [URL.String].
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// LogValue makes slog print the result of [URL.String].
func (u URL) LogValue() slog.Value { return slog.StringValue(u.String()) }
