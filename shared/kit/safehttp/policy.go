// Package safehttp makes HTTP requests to URLs that came out of a payload, where
// whoever wrote the payload must not choose what on our side is reached.
//
// Invariants:
//
//   - A [Policy] says which URLs are allowed before anything is resolved: https,
//     no user info, port 443, a name (no address) from a list of hosts.
//   - A client of [NewClient] holds all of that but the list by itself, and
//     connects to public addresses only. What it checks is the address that the
//     connection is about to use, so a name that resolves to something else the
//     second time (DNS rebinding) gains nothing.
//   - It follows no redirect unless told to, and then each as if its URL were the
//     first. It uses no proxy and asks for no compression.
//   - No error repeats the URL, save those of [http.Client.Do]; [WithoutURL]
//     cleans these.
package safehttp

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"masterhand/shared/kit/capability"
)

// The reasons why a URL, a host pattern or an address is refused. What wraps
// them adds the host or the address at most. Each has a method Permanent() that
// returns true: trying again does not help.
var (
	ErrScheme    error = refusal("scheme other than https")
	ErrUserInfo  error = refusal("user info in a URL")
	ErrPort      error = refusal("port other than 443")
	ErrLiteral   error = refusal("address in place of a host name")
	ErrName      error = refusal("host that is no name of a host")
	ErrHost      error = refusal("host not allowed")
	ErrAddress   error = refusal("address not public")
	ErrRedirects error = refusal("too many redirects")
	ErrPattern   error = refusal(`host pattern that is neither a full host name nor "*." before one`)
)

type refusal string

func (r refusal) Error() string { return string(r) }

// Permanent reports true.
func (refusal) Permanent() bool { return true }

// Policy says which URLs out of payloads are allowed.
type Policy struct {
	// Hosts lists the hosts: "api.example.com" is that host alone,
	// "*.example.com" every host below example.com at any depth, but not
	// example.com itself, and "?.example.com" every host one label below example.com. An
	// empty list allows none.
	Hosts []string
	// Loopback allows, besides, http and https to 127.0.0.1 and localhost at any
	// port, and to names below localhost that are listed: for running everything on one
	// machine. Nothing else is relaxed.
	Loopback bool
}

// Allow reports why u may not be used, nil if it may. Errors: ErrScheme,
// ErrUserInfo, ErrPort, ErrLiteral, ErrName, and ErrHost for a host that only the list lacks.
func (p Policy) Allow(u capability.URL) error {
	// The host is read anew because u.Host has folded letters: "İ" became "i"
	// there, while the client would resolve another name for it.
	parsed, err := url.Parse(u.Reveal())
	if err != nil {
		return ErrName // cannot be: capability.Parse has parsed it
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

// checkForm checks all of a URL but whether its host is on a list.
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

// CheckPattern reports ErrPattern unless pattern is good for [Policy.Hosts]. A
// pattern names at least two labels, so "*.com" passes as little as "*" does.
func CheckPattern(pattern string) error {
	name := strings.ToLower(strings.TrimPrefix(pattern, "*."))
	if !isName(name) || isLiteral(name) || !strings.Contains(name, ".") {
		return ErrPattern
	}
	return nil
}

// matches compares a host with a pattern, both in lower case.
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

// isLocal reports whether a lower-case host names this machine: also a name below localhost, which
// RFC 6761 keeps for it.
func isLocal(host string) bool {
	return isLoopbackName(host) || strings.HasSuffix(host, ".localhost") && isName(host)
}

// isLiteral reports whether a lower-case host is an address: written as such, or ending in
// a number, which some resolvers take for one (127.1, 0x7f.1, 2130706433).
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

// isName reports whether s is a host name of ASCII letters, digits, hyphens and
// underscores: 253 characters at most, 63 in a label (RFC 1035), no final dot.
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

// refuse adds the host to a reason, cut to the longest that a name can be.
func refuse(reason error, host string) error { return fmt.Errorf("%w: %.253q", reason, host) }
