// Package crash_test proves that a request survives the death of the function that processes it.
// Its tests kill or stop the functions' real programs at every step, let other runs continue the
// work, and check the result.
//
// The tests use a [Gate], a reverse proxy in front of a server that the functions call. A [Trap] in
// the gate holds one request while the process that sent it is killed.
//
// Invariants:
//   - The moment of the trap defines whether a held request has already taken effect. Dropping the
//     request does not change that.
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

// Exchange records a request that a gate has received, and the status of the server's answer.
type Exchange struct {
	From      string // host and port of the sender
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
	silent := log.New(io.Discard, "", 0) // the log is discarded: its lines would contain secret URLs
	g := &Gate{address: listener.Addr().String()}
	g.proxy = &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			target := g.target.Load()
			// The header Host names the server, not the gate, because the signature of a pre-signed
			// URL covers that header.
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = target.Scheme, target.Host, target.Host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		// The write buffer holds one byte, so that each forwarded byte reaches the server at once.
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, WriteBufferSize: 1},
		ModifyResponse: g.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       silent,
	}
	g.server = &http.Server{Handler: http.HandlerFunc(g.serve), ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	go func() { _ = g.server.Serve(narrow{listener}) }()
	return g, nil
}

// narrow is a listener whose connections have small receive buffers. If a gate stops reading in
// the middle of a body, the sender can therefore send only a little more.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(64 << 10)
	}
	return conn, err
}

// Aim sets the server to which the gate forwards requests.
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

// Forget deletes the recorded requests for which match returns true.
func (g *Gate) Forget(match func(Exchange) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = slices.DeleteFunc(g.exchanges, func(x *Exchange) bool { return match(*x) })
}

// serve forwards a request, unless a trap holds it. A PUT is forwarded byte by byte as it arrives.
// Every other request is small: it is read completely before a trap can hold it.
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

// enter records a request. It returns the first trap that matches the request and removes that
// trap from the gate; it returns nil if no trap matches.
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

// answered is called when the server has answered, before the sender gets the answer. It holds the
// answer if the trap's moment is Answered.
func (g *Gate) answered(response *http.Response) error {
	p := response.Request.Context().Value(passageKey{}).(*passage)
	p.update(func(x *Exchange) { x.Status = response.StatusCode })
	switch {
	case !p.trap.holdsAt(Answered):
	// The server rejected the request, so the trap is set again for the next request.
	case response.StatusCode >= http.StatusMultipleChoices:
		g.set(p.trap)
	case !p.hold():
		return errDropped
	}
	return nil
}
