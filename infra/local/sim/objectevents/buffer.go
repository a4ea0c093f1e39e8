package objectevents

import (
	"context"
	"sync"
)

// buffer holds events, in the order of their arrival, until they are sent. The number of events is
// not limited, because an event takes only a few hundred bytes.
type buffer struct {
	mu      sync.Mutex
	waiting []event
	empty   chan struct{} // closed while the buffer is empty
	some    chan struct{} // closed while the buffer holds events
}

func newBuffer() *buffer {
	b := &buffer{empty: make(chan struct{}), some: make(chan struct{})}
	close(b.empty)
	return b
}

func (b *buffer) add(e event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.empty = make(chan struct{})
		close(b.some)
	}
	b.waiting = append(b.waiting, e)
}

// first returns the oldest event and leaves it in the buffer. If the buffer is empty, first waits
// for an event. It fails if ctx ends.
func (b *buffer) first(ctx context.Context) (event, error) {
	b.mu.Lock()
	some := b.some
	b.mu.Unlock()
	select {
	case <-some:
	case <-ctx.Done():
		return event{}, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting[0], nil
}

// remove removes the oldest event.
func (b *buffer) remove() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[0] = event{}
	b.waiting = b.waiting[1:]
	if len(b.waiting) == 0 {
		b.waiting = nil
		b.some = make(chan struct{})
		close(b.empty)
	}
}

func (b *buffer) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// drained returns a channel that is closed once the buffer is empty.
func (b *buffer) drained() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.empty
}
