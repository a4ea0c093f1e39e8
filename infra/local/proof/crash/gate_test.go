// Package crash_test proves that a request outlives whoever works on it: its tests kill and
// stop the functions' real programs at every step of the way, have others go on, and
// look at what came of it.
//
// What it takes is a [Gate]: a reverse proxy in front of a server that the functions
// talk to, where a [Trap] holds one request while its sender is done away with.
//
// Invariants:
//   - What a trap holds has taken effect or has not, as the trap says, and stays so if
//     it is dropped.
//   - A request goes on as it came, byte for byte, and is remembered as far as it went.
//   - Everything listens on 127.0.0.1.
//
// An example:
//
//	gate, err := Open()
//	defer gate.Close()
//	gate.Aim(server)
//	trap := gate.Trap(Arrived, func(x Exchange) bool { return x.Method == "PUT" })
//	… // somebody puts to gate.URL()
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

// Exchange is a request that came to a gate, and what became of it.
type Exchange struct {
	From      string // the sender's address
	Method    string
	Path      string
	Operation string // of the AWS protocols that name it in a header
	Body      []byte // as far as it went on to the server
	Status    int    // of the server's answer; 0: none came
	Over      bool   // nothing more becomes of it
}

// Gate is a reverse proxy before one server.
type Gate struct {
	server  *http.Server
	proxy   *httputil.ReverseProxy
	address string
	target  atomic.Pointer[url.URL]

	mu        sync.Mutex // guards what follows and the fields of all exchanges
	exchanges []*Exchange
	traps     []*Trap
}

// Open starts a gate. [Gate.Aim] says what is behind it, [Gate.Close] ends it.
func Open() (*Gate, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	silent := log.New(io.Discard, "", 0) // would show URLs that are credentials
	g := &Gate{address: listener.Addr().String()}
	g.proxy = &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			target := g.target.Load()
			p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = target.Scheme, target.Host, target.Host // a pre-signed URL covers the host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		// Without a buffer to speak of, what went on has reached the server.
		Transport:      &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true, WriteBufferSize: 1},
		ModifyResponse: g.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       silent,
	}
	g.server = &http.Server{Handler: http.HandlerFunc(g.serve), ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent}
	go func() { _ = g.server.Serve(narrow{listener}) }()
	return g, nil
}

// narrow keeps what a sender is ahead of the gate small, so that one that is held in
// the middle of a body has not sent the rest.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(64 << 10)
	}
	return conn, err
}

// Aim says which server is behind the gate.
func (g *Gate) Aim(server string) error {
	target, err := url.Parse(server)
	if err != nil || target.Host == "" {
		return errors.New("gate: a server's URL is needed")
	}
	g.target.Store(target)
	return nil
}

// Address is host and port.
func (g *Gate) Address() string { return g.address }

// URL is the gate's address, without a trailing slash.
func (g *Gate) URL() string { return "http://" + g.address }

// Close drops what is held and ends the gate.
func (g *Gate) Close() error {
	g.mu.Lock()
	traps := slices.Clone(g.traps)
	g.mu.Unlock()
	for _, t := range traps {
		t.Drop()
	}
	return g.server.Close()
}

// Each shows the requests that came so far, in their order. look must not keep a body.
func (g *Gate) Each(look func(Exchange)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, x := range g.exchanges {
		look(*x)
	}
}

// Forget forgets the requests that match, with their bodies.
func (g *Gate) Forget(match func(Exchange) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.exchanges = slices.DeleteFunc(g.exchanges, func(x *Exchange) bool { return match(*x) })
}

// serve lets a request through, unless a trap holds it. A PUT is passed on while it
// comes; any other is small, and known whole before a trap is asked.
func (g *Gate) serve(w http.ResponseWriter, r *http.Request) {
	p := &passage{gate: g, exchange: &Exchange{
		From: r.RemoteAddr, Method: r.Method, Path: r.URL.Path, Operation: r.Header.Get("X-Amz-Target"),
	}}
	defer p.update(func(x *Exchange) { x.Over = true })
	streamed := r.Method == http.MethodPut
	if !streamed {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the sender has gone
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

// enter remembers a request and returns the trap that it falls into, if any.
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

// answered sees the server's answer, before the sender does.
func (g *Gate) answered(response *http.Response) error {
	p := response.Request.Context().Value(passageKey{}).(*passage)
	p.update(func(x *Exchange) { x.Status = response.StatusCode })
	switch {
	case !p.trap.holdsAt(Answered):
	case response.StatusCode >= http.StatusMultipleChoices: // refused: the trap waits for the next
		g.set(p.trap)
	case !p.hold():
		return errDropped
	}
	return nil
}
