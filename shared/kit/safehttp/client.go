package safehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	tlsTimeout  = 10 * time.Second
	keepAlive   = 15 * time.Second
	idleTimeout = 60 * time.Second

	defaultHeaderTimeout = 60 * time.Second
	defaultIdlePerHost   = 2
)

// Dial is a function that connects to an address, with the signature of [net.Dialer.DialContext].
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// Config holds a client's settings. The zero value is a client for uploads to the public
// internet.
type Config struct {
	// Loopback allows connections to loopback addresses, as [Policy.Loopback] allows their URLs.
	Loopback bool
	// HeaderTimeout is the longest wait for the answer's header after the whole request is
	// written; 0 means 60 s. Only the request's context limits the other parts of the exchange.
	HeaderTimeout time.Duration
	// HTTP2 offers HTTP/2 in addition to HTTP/1.1. Uploads are faster without it.
	HTTP2 bool
	// IdlePerHost is the number of idle connections that are kept per host; 0 means 2.
	IdlePerHost int
	// RootCAs are the trusted certificate authorities; nil means those of the system. The process
	// loads the system's authorities once, at its first TLS handshake. A Lambda function makes its
	// first handshake with an AWS service.
	RootCAs *x509.CertPool
	// WrapDial wraps the address-checking dialer; nil means no wrapper.
	WrapDial func(Dial) Dial
	// Resolver looks up host names; nil means the system's resolver.
	Resolver *net.Resolver
	// Redirects is the largest number of redirects in a row that the client follows; 0 means that
	// it follows none. The client checks the URL of each redirect like the first URL.
	Redirects int
}

// NewClient returns a client that enforces the package's invariants. If the client does not
// follow a redirect, it returns the redirect as an answer without its Location.
func NewClient(cfg Config) *http.Client {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(cfg.HTTP2)
	transport := &http.Transport{
		Proxy:                  nil, // use no proxy, because a proxy from HTTPS_PROXY would see credentials
		DialContext:            dialContext(cfg),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  orDefault(cfg.HeaderTimeout, defaultHeaderTimeout),
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    orDefault(cfg.IdlePerHost, defaultIdlePerHost),
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		Protocols:              &protocols,
	}
	return &http.Client{
		Transport: &guard{Transport: transport, loopback: cfg.Loopback, follows: cfg.Redirects > 0},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			switch {
			case cfg.Redirects == 0:
				return http.ErrUseLastResponse
			case len(before) > cfg.Redirects:
				return fmt.Errorf("%w: more than %d", ErrRedirects, cfg.Redirects)
			}
			next.Header.Del("Referer") // remove Referer, because it would contain the whole credential URL
			return nil
		},
	}
}

// guard is a transport that checks every URL. So even a request that did not pass [Policy.Allow]
// is never sent unencrypted, to another port, or to an address instead of a name.
type guard struct {
	*http.Transport
	loopback bool
	follows  bool // whether the client follows redirects
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkForm(req.URL, g.loopback); err != nil {
		if req.Body != nil {
			// a RoundTripper must close the body; the error does not matter, because nothing is sent
			_ = req.Body.Close()
		}
		return nil, err
	}
	resp, err := g.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 3 && !(g.follows && leads(resp)) {
		// Remove this header, because http.Client parses it before it calls CheckRedirect, and
		// its error quotes a header that it cannot parse.
		resp.Header.Del("Location")
	}
	return resp, nil
}

// leads reports whether an answer has a valid Location header.
func leads(resp *http.Response) bool {
	_, err := resp.Location()
	return err == nil
}

// dialContext returns a dialer for public addresses. If cfg.Loopback is set, it also connects to
// loopback names, such as localhost. It always refuses any other host that resolves to 127.0.0.1.
func dialContext(cfg Config) Dial {
	public := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Resolver: cfg.Resolver, Control: publicOnly}
	local := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Resolver: cfg.Resolver, Control: loopbackOnly}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		switch host = strings.ToLower(host); {
		case err != nil || !cfg.Loopback:
		case isLoopbackName(host):
			return local.DialContext(ctx, network, address)
		// connect by address, because some resolvers do not resolve names below localhost (RFC 6761)
		case isLocal(host):
			return local.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		}
		return public.DialContext(ctx, network, address)
	}
	if cfg.WrapDial == nil {
		return dial
	}
	return cfg.WrapDial(dial)
}

func orDefault[T ~int | ~int64](v, standard T) T {
	if v == 0 {
		return standard
	}
	return v
}
