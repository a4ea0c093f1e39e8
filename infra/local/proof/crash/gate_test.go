// Package crash_test proves that a request survives the death of the function that processes it.
// Its tests kill or stop the functions' real programs at every step, let others continue, and
// check the result.
//
// They use a [Gate], a reverse proxy in front of a server that the functions call. A [Trap] in
// the gate holds one request while its sender is killed.
//
// Invariants:
//   - A held request has or has not taken effect, as the trap says, and this stays so if it is
//     dropped.
//   - A request is forwarded unchanged, byte for byte, and the gate records the part that was
//     forwarded.
//   - Everything listens on 127.0.0.1.
//
// An example:
//
//	gate, err := Open()
//	defer gate.Close()
//	gate.Aim(server)
//	trap := gate.Trap(Arrived, func(x Exchange) bool { return x.Method == "PUT" })
//	… // somebody uploads to gate.URL()
//	held, err := trap.Wait(ctx)
//	pid, err := Sender(held.From, gate.Address())
//	err = syscall.Kill(pid, syscall.SIGKILL)
//	trap.Drop()
package crash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Exchange is a request to a gate, with its result.
type Exchange struct {
	From      string // the sender's address
	Method    string
	Path      string
	Operation string // the operation, for AWS protocols that name the operation in a header; "" for others
	Body      []byte // the bytes of the body that were forwarded to the server
	Status    int    // status of the server's answer; 0 if the server did not answer
	Over      bool   // whether the exchange has ended
}

// Gate is a reverse proxy in front of one server.
type Gate struct {
	server  *http.Server
	proxy   *httputil.ReverseProxy
	address string
	target  atomic.Pointer[url.URL]

	mu        sync.Mutex // guards the following fields and the fields of all exchanges
	exchanges []*Exchange
	traps     []*Trap
}

// Open starts a gate. [Gate.Aim] sets its server, and [Gate.Close] stops it.
func Open() (*Gate, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	silent := log.New(io.Discard, "", 0) // the log is discarded, because it would contain URLs that are credentials
	g := &Gate{address: listener.Addr().String()}
	g.proxy = &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			target := g.target.Load()
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = target.Scheme, target.Host, target.Host // sends the server's host, not the gate's: the signature of a pre-signed URL covers it
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		// The buffer is tiny, so that a forwarded byte reaches the server at once.
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, WriteBufferSize: 1},
		ModifyResponse: g.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       silent,
	}
	g.server = &http.Server{Handler: http.HandlerFunc(g.serve), ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	go func() { _ = g.server.Serve(narrow{listener}) }()
	return g, nil
}

// narrow is a listener with small socket buffers. If a gate holds a sender in the middle of a
// body, the rest of the body has therefore not been sent.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(64 << 10)
	}
	return conn, err
}

// Aim sets the server behind the gate.
func (g *Gate) Aim(server string) error {
	target, err := url.Parse(server)
	if err != nil || target.Host == "" {
		return errors.New("gate: a server's URL is needed")
	}
	g.target.Store(target)
	return nil
}

// Address returns the gate's host and port.
func (g *Gate) Address() string { return g.address }

// URL returns the gate's URL, without a trailing slash.
func (g *Gate) URL() string { return "http://" + g.address }

// Close drops held requests and stops the gate.
func (g *Gate) Close() error {
	g.mu.Lock()
	traps := slices.Clone(g.traps)
	g.mu.Unlock()
	for _, t := range traps {
		t.Drop()
	}
	return g.server.Close()
}

// Each calls look with each recorded request, the earliest first. The function look must not keep
// the body.
func (g *Gate) Each(look func(Exchange)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, x := range g.exchanges {
		look(*x)
	}
}

// Forget removes the matching requests with their bodies.
func (g *Gate) Forget(match func(Exchange) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = slices.DeleteFunc(g.exchanges, func(x *Exchange) bool { return match(*x) })
}

// serve forwards a request, unless a trap holds it. A PUT is forwarded byte by byte as it arrives.
// Every other request is small: it is read completely before a trap is checked.
func (g *Gate) serve(w http.ResponseWriter, r *http.Request) {
	p := &passage{gate: g, exchange: &Exchange{
		From: r.RemoteAddr, Method: r.Method, Path: r.URL.Path, Operation: r.Header.Get("X-Amz-Target"),
	}}
	defer p.update(func(x *Exchange) { x.Over = true })
	streamed := r.Method == http.MethodPut
	if !streamed {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the sender has disconnected, so nobody can read an answer
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.exchange.Body = body
	}
	p.trap = g.enter(p.exchange)
	out := r.WithContext(context.WithValue(r.Context(), passageKey{}, p))
	if streamed {
		out.Body = p.stream(r)
	} else if p.trap.holdsAt(Arrived) && !p.hold() {
		panic(http.ErrAbortHandler)
	}
	g.proxy.ServeHTTP(w, out)
}

// enter records a request and returns the trap that holds it, if any.
func (g *Gate) enter(x *Exchange) *Trap {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = append(g.exchanges, x)
	for i, t := range g.traps {
		if t.match(*x) {
			g.traps = slices.Delete(g.traps, i, i+1)
			return t
		}
	}
	return nil
}

// answered runs when the server's answer arrives, before the sender gets that answer.
func (g *Gate) answered(response *http.Response) error {
	p := response.Request.Context().Value(passageKey{}).(*passage)
	p.update(func(x *Exchange) { x.Status = response.StatusCode })
	switch {
	case !p.trap.holdsAt(Answered):
	case response.StatusCode >= http.StatusMultipleChoices: // the server rejected the request: the trap waits for the next request
		g.set(p.trap)
	case !p.hold():
		return errDropped
	}
	return nil
}
