package transfer

import (
	"runtime"
	"sync"
)

// memory is what one slot reads into. Its bytes may lie outside of Go's heap, so
// whoever uses them must hold on to the memory as well.
type memory struct{ bytes []byte }

func newMemory(length int) *memory {
	m := &memory{bytes: allocate(length)}
	runtime.AddCleanup(m, release, m.bytes)
	return m
}

// pool keeps memory of one length from one move for the next. The zero value is empty.
type pool struct {
	mu   sync.Mutex
	free []*memory
}

// take returns count pieces of memory of length bytes each.
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

// give takes memory back and keeps at most limit pieces altogether.
func (p *pool) give(taken []*memory, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	room := max(0, limit-len(p.free))
	p.free = append(p.free, taken[:min(room, len(taken))]...)
}
