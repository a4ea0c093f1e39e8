package crash_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// The moments at which a trap can hold a request. A number of bytes means that this part of the
// body was forwarded.
const (
	// Arrived is the moment when a request has arrived without effect. For a PUT, all but the last
	// byte was forwarded.
	Arrived int64 = -1
	// Answered is the moment when a request has taken effect and its answer is on the way. A rejected
	// request passes as if it had not matched.
	Answered int64 = -2
)

var errDropped = errors.New("request dropped by a trap")

// Trap holds the first matching request until it is told to pass or drop it. It ignores later
// requests.
type Trap struct {
	moment   int64
	match    func(Exchange) bool
	held     chan Exchange // has room for one exchange
	once     sync.Once
	released chan struct{}
	passed   bool // guarded by once, final when released is closed
}

// Trap sets a trap. It calls match with each request; match must not keep the body, which is
// empty for a PUT.
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

// Wait waits until a request is held and returns it without its body. It fails if ctx ends.
func (t *Trap) Wait(ctx context.Context) (Exchange, error) {
	select {
	case x := <-t.held:
		return x, nil
	case <-ctx.Done():
		return Exchange{}, fmt.Errorf("waiting for a request to be held: %w", context.Cause(ctx))
	}
}

// Pass lets the request continue, and Drop cuts its connections. The first call decides, even if
// it comes before the request.
func (t *Trap) Pass() { t.release(true) }

// Drop ends the request; see Pass.
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
	trap     *Trap // nil if no trap holds it
}

type passageKey struct{}

func (p *passage) update(change func(*Exchange)) {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	change(p.exchange)
}

// hold waits for the trap's decision and reports whether the request continues.
func (p *passage) hold() bool {
	p.gate.mu.Lock()
	x := *p.exchange
	p.gate.mu.Unlock()
	x.Body = nil
	p.trap.held <- x
	<-p.trap.released
	return p.trap.passed
}

// stream returns a request's body. It records the forwarded bytes and stops where the trap says.
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
	left    int64 // bytes until the trap holds it; negative if none does
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
