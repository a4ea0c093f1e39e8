package transfer

import (
	"runtime"
	"sync"
)

// memory is a piece of memory into which one slot reads. If its bytes are outside of Go's heap,
// they are freed when no reference to the value of type memory is left. So code that uses the bytes
// must keep such a reference.
type memory struct{ bytes []byte }

func newMemory(length int) *memory {
	m := &memory{bytes: allocate(length)}
	runtime.AddCleanup(m, release, m.bytes)
	return m
}

// pool keeps pieces of memory of one length for later moves. The zero value is empty.
type pool struct {
	mu   sync.Mutex
	free []*memory
}

// take returns count pieces of memory, each of length bytes.
func (p *pool) take(count, length int) []*memory {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := max(0, len(p.free)-count)
	taken := append(make([]*memory, 0, count), p.free[kept:]...)
	p.free = p.free[:kept]
	for len(taken) < count {
		taken = append(taken, newMemory(length))
	}
	return taken
}

// give returns memory to the pool, which keeps at most limit pieces in total.
func (p *pool) give(taken []*memory, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	room := max(0, limit-len(p.free))
	p.free = append(p.free, taken[:min(room, len(taken))]...)
}
