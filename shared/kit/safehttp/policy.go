// Package safehttp makes HTTP requests to URLs from payloads. The author of a payload must not be
// able to choose which internal systems are reached.
//
// Invariants:
//
//   - A [Policy] decides which URLs are allowed before any name is resolved: https, no
//     user info, port 443, and a host name (no address) from a list.
//   - A client of [NewClient] enforces all of that except the list, and connects to public
//     addresses only. It checks the very address that the connection will use, so a name
//     that later resolves to another address (DNS rebinding) gains nothing.
//   - The client follows no redirects unless configured, and then checks each target like
//     the first URL. It uses no proxy and requests no compression.
//   - No error repeats the URL, except errors of [http.Client.Do]; [WithoutURL] removes
//     the URL from these.
package safehttp

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"masterhand/shared/kit/capability"
)

// The reasons why a URL, a host pattern or an address is refused. Errors that wrap them add at
// most the host or the address. Each has a method Permanent that returns true, because a retry
// cannot succeed.
var (
	ErrScheme    error = refusal("scheme other than https")
	ErrUserInfo  error = refusal("user info in a URL")
	ErrPort      error = refusal("port other than 443")
	ErrLiteral   error = refusal("address instead of a host name")
	ErrName      error = refusal("host that is not a valid host name")
	ErrHost      error = refusal("host not allowed")
	ErrAddress   error = refusal("address not public")
	ErrRedirects error = refusal("too many redirects")
	ErrPattern   error = refusal(`host pattern that is neither a full host name nor "*." before one`)
)

type refusal string

func (r refusal) Error() string { return string(r) }

// Permanent returns true, because a retry cannot succeed.
func (refusal) Permanent() bool { return true }

// Policy decides which URLs from payloads are allowed.
type Policy struct {
	// Hosts lists the allowed hosts. "api.example.com" allows that host alone. "*.example.com"
	// allows every host below example.com at any depth, but not example.com itself.
	// "?.example.com" allows every host one label below example.com. An empty list allows no
	// host.
	Hosts []string
	// Loopback also allows http and https to 127.0.0.1 and localhost at any port, and to listed
	// names below localhost. Set it to run everything on one machine. All other checks still
	// apply.
	Loopback bool
}

// Allow returns the reason why u must not be used. It returns nil if u is allowed. Errors are
// ErrScheme, ErrUserInfo, ErrPort, ErrLiteral, ErrName, and ErrHost for a valid host that is not
// on the list.
func (p Policy) Allow(u capability.URL) error {
	// Parse the host again, because u.Host has lower-cased it: "İ" became "i", while the client
	// would resolve the original name.
	parsed, err := url.Parse(u.Reveal())
	if err != nil {
		return ErrName // this cannot happen, because capability.Parse has accepted the URL
	}
	if err := checkForm(parsed, p.Loopback); err != nil {
		return err
	}
	host := strings.ToLower(parsed.Hostname())
	if p.Loopback && isLoopbackName(host) {
		return nil
	}
	for _, pattern := range p.Hosts {
		if matches(strings.ToLower(pattern), host) {
			return nil
		}
	}
	return refuse(ErrHost, host)
}

// checkForm checks every part of a URL. It does not check whether the host is on the list.
func checkForm(u *url.URL, loopback bool) error {
	host := strings.ToLower(u.Hostname())
	local := loopback && isLocal(host)
	switch {
	case u.User != nil:
		return refuse(ErrUserInfo, host)
	case local && (u.Scheme == "https" || u.Scheme == "http"):
		return nil
	case u.Scheme != "https":
		return refuse(ErrScheme, host)
	case u.Port() != "" && u.Port() != "443":
		return refuse(ErrPort, host)
	case isLiteral(host):
		return refuse(ErrLiteral, host)
	case !isName(u.Hostname()):
		return refuse(ErrName, host)
	}
	return nil
}

// CheckPattern returns ErrPattern unless pattern is valid in [Policy.Hosts]. A pattern must name
// at least two labels, so CheckPattern refuses "*.com" and "*".
func CheckPattern(pattern string) error {
	name := strings.ToLower(strings.TrimPrefix(pattern, "*."))
	if !isName(name) || isLiteral(name) || !strings.Contains(name, ".") {
		return ErrPattern
	}
	return nil
}

// matches reports whether a host matches a pattern. Both must be in lower case.
func matches(pattern, host string) bool {
	if parent, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+parent)
	}
	if parent, ok := strings.CutPrefix(pattern, "?."); ok {
		_, rest, _ := strings.Cut(host, ".")
		return rest == parent
	}
	return host == pattern
}

func isLoopbackName(host string) bool { return host == "127.0.0.1" || host == "localhost" }

// isLocal reports whether a lower-case host names this machine. This includes names below
// localhost, which RFC 6761 reserves for it.
func isLocal(host string) bool {
	return isLoopbackName(host) || strings.HasSuffix(host, ".localhost") && isName(host)
}

// isLiteral reports whether a lower-case host is an address, or ends in a number, which some
// resolvers read as an address (127.1, 0x7f.1, 2130706433).
func isLiteral(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// isName reports whether s is a host name of ASCII letters, digits, hyphens and underscores, with
// at most 253 characters, at most 63 per label (RFC 1035), and no final dot.
func isName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notNameByte) {
			return false
		}
	}
	return true
}

func notNameByte(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
		return false
	}
	return true
}

// refuse returns the reason with the host added. It cuts the host to the largest length of a host
// name.
func refuse(reason error, host string) error { return fmt.Errorf("%w: %.253q", reason, host) }
