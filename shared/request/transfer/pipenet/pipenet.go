// Package pipenet is an HTTP server and its client on a network inside the process. It never waits
// for the kernel, so it works in a testing/synctest bubble with fake time, where tests of timeouts
// and back-off take no real time.
package pipenet

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
)

// URL is an address of the server; any other host works too.
const URL = "http://pipenet.test"

// Serve starts handler and returns a client that sends all requests to it. Both end with the test,
// and so do their goroutines. The client uses HTTP/1.1, and its transport is an [http.Transport].
func Serve(t testing.TB, handler http.Handler) *http.Client {
	t.Helper()
	accept := &listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(accept)
	}()
	transport := &http.Transport{DialContext: accept.dial, DisableCompression: true, MaxIdleConnsPerHost: 64}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-done
	})
	return &http.Client{Transport: transport}
}

// listener passes the server's end of every dialled pipe to the server.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *listener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]; [http.Server] calls it once.
func (l *listener) Close() error {
	close(l.closed)
	return nil
}

// Addr implements [net.Listener].
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: "pipenet", Net: "pipe"} }
