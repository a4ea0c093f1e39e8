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

// Dial is [net.Dialer.DialContext].
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// Config is what one client differs in from another. The zero value is a client
// for uploads to the public internet.
type Config struct {
	// Loopback is [Policy.Loopback].
	Loopback bool
	// HeaderTimeout bounds the wait for the answer's header once the whole
	// request is written. Zero: 60 s. The request's context bounds all the rest.
	HeaderTimeout time.Duration
	// HTTP2 offers HTTP/2 beside HTTP/1.1. Uploads are faster without it.
	HTTP2 bool
	// IdlePerHost is how many idle connections are kept for one host. Zero: 2.
	IdlePerHost int
	// RootCAs are the certificate authorities to trust. Nil: the system's.
	RootCAs *x509.CertPool
	// WrapDial is put around what connects, after addresses are checked inside it.
	// Nil: nothing is.
	WrapDial func(Dial) Dial
	// Resolver looks up names. Nil: the system's.
	Resolver *net.Resolver
	// Redirects is how many redirects in a row are followed, each to a URL that is
	// checked as the first is. Zero: none.
	Redirects int
}

// NewClient makes a client that holds the package's invariants. It loads the
// system's certificates, which takes 6 to 15 ms the first time: make it while
// the function starts. A redirect comes back as the answer that it is, without
// its Location.
func NewClient(cfg Config) *http.Client {
	roots := cfg.RootCAs
	if roots == nil {
		roots, _ = x509.SystemCertPool() // without one, every handshake reports why
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(cfg.HTTP2)
	transport := &http.Transport{
		Proxy:                  nil, // what HTTPS_PROXY says must not carry credentials away
		DialContext:            dialContext(cfg),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
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
			next.Header.Del("Referer") // which is the whole of a URL that is a credential
			return nil
		},
	}
}

// guard is a transport that checks every URL it is given, so that a request
// which went around [Policy.Allow] is still not sent in the clear, to another
// port or to an address.
type guard struct {
	*http.Transport
	loopback bool
	follows  bool // redirects
}

// RoundTrip implements [http.RoundTripper].
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkForm(req.URL, g.loopback); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // as a RoundTripper must
		}
		return nil, err
	}
	resp, err := g.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 3 && !(g.follows && leads(resp)) {
		// http.Client parses this header before it asks CheckRedirect, and quotes
		// one that it cannot parse.
		resp.Header.Del("Location")
	}
	return resp, nil
}

// leads reports whether an answer's Location is one.
func leads(resp *http.Response) bool {
	_, err := resp.Location()
	return err == nil
}

// dialContext connects to public addresses, and in loopback mode to this machine
// if it was asked for by name: a host on the list that resolves to 127.0.0.1 is
// refused in either mode.
func dialContext(cfg Config) Dial {
	public := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Resolver: cfg.Resolver, Control: publicOnly}
	local := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Resolver: cfg.Resolver, Control: loopbackOnly}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		switch host = strings.ToLower(host); {
		case err != nil || !cfg.Loopback:
		case isLoopbackName(host):
			return local.DialContext(ctx, network, address)
		case isLocal(host): // not every resolver knows what RFC 6761 says of it
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
