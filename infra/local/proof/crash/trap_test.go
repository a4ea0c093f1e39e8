package crash_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// The moments at which a trap can hold a request. A moment ≥ 0 is a number of bytes: the request
// is held after so many bytes of its body were forwarded.
const (
	// Arrived is the moment when a request has arrived at the gate and has had no effect. The gate
	// has then forwarded nothing of the request, or all bytes except the last if it is a PUT.
	Arrived int64 = -1
	// Answered is the moment when a request has taken effect and its answer has not yet reached
	// the sender. If the server rejects a request, the trap holds a later request instead.
	Answered int64 = -2
)

var errDropped = errors.New("request dropped by a trap")

// Trap holds the first matching request until Pass or Drop is called. It ignores later requests.
type Trap struct {
	moment   int64
	match    func(Exchange) bool
	held     chan Exchange // buffered for one exchange, so that the gate does not wait for the test
	once     sync.Once
	released chan struct{}
	passed   bool // whether the held request may continue; set before the channel released is closed
}

// Trap sets a trap for the first request for which match returns true. The body is empty if the
// request is a PUT. The function match must not keep the body.
func (g *Gate) Trap(moment int64, match func(Exchange) bool) *Trap {
	t := &Trap{moment: moment, match: match, held: make(chan Exchange, 1), released: make(chan struct{})}
	g.set(t)
	return t
}

func (g *Gate) set(t *Trap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.traps = append(g.traps, t)
}

// Wait waits until a request is held and returns the request without its body. It fails if ctx
// ends first.
func (t *Trap) Wait(ctx context.Context) (Exchange, error) {
	select {
	case x := <-t.held:
		return x, nil
	case <-ctx.Done():
		return Exchange{}, fmt.Errorf("waiting for a request to be held: %w", context.Cause(ctx))
	}
}

// Pass lets the held request continue. Only the first call of Pass or Drop has an effect. That call
// may come before the request arrives.
func (t *Trap) Pass() { t.release(true) }

// Drop cuts the connections of the held request. Drop has no effect after Pass.
func (t *Trap) Drop() { t.release(false) }

func (t *Trap) release(pass bool) {
	t.once.Do(func() {
		t.passed = pass
		close(t.released)
	})
}

// holdsAt reports whether t is a trap for this moment.
func (t *Trap) holdsAt(moment int64) bool { return t != nil && t.moment == moment }

// passage is a request on its way through a gate.
type passage struct {
	gate     *Gate
	exchange *Exchange
	trap     *Trap // the trap that matches the request; nil if no trap matches
}

type passageKey struct{}

func (p *passage) update(change func(*Exchange)) {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	change(p.exchange)
}

// hold reports the request to the trap, waits for Pass or Drop, and reports whether the request
// continues.
func (p *passage) hold() bool {
	p.gate.mu.Lock()
	x := *p.exchange
	p.gate.mu.Unlock()
	x.Body = nil
	p.trap.held <- x
	<-p.trap.released
	return p.trap.passed
}

// stream returns the body of a request. It records the forwarded bytes and pauses at the moment of
// the trap.
func (p *passage) stream(r *http.Request) io.ReadCloser {
	s := &stream{ReadCloser: r.Body, passage: p, left: -1}
	p.update(func(x *Exchange) { x.Body = make([]byte, 0, max(r.ContentLength, 0)) })
	switch {
	case p.trap.holdsAt(Arrived):
		s.left = r.ContentLength - 1
	case p.trap != nil && p.trap.moment >= 0:
		s.left = p.trap.moment
	}
	return s
}

type stream struct {
	io.ReadCloser
	passage *passage
	left    int64 // number of bytes to forward before the trap holds the body; -1: the trap does not hold the body
}

// Read implements [io.Reader].
func (s *stream) Read(b []byte) (int, error) {
	if s.left == 0 {
		s.left = -1
		if !s.passage.hold() {
			return 0, errDropped
		}
	}
	if s.left > 0 {
		b = b[:min(int64(len(b)), s.left)]
	}
	n, err := s.ReadCloser.Read(b)
	if s.left > 0 {
		s.left -= int64(n)
	}
	s.passage.update(func(x *Exchange) { x.Body = append(x.Body, b[:n]...) })
	return n, err
}
