package transfer

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// window reads a source ahead through a few slots. Chunk c, one slot long, is
// fetched by worker c modulo the number of slots into that worker's own slot,
// and read out in order while it still fills. A slot is filled anew once it has
// been read out, so the slots are all the memory that bytes ever take.
type window struct {
	src   Source
	size  int64
	idle  time.Duration
	slots []*slot
	taken int64 // bytes read out; the reader's own

	stop    context.CancelCauseFunc
	workers sync.WaitGroup

	mu  sync.Mutex // guards err and every slot's counts
	err error      // why no more bytes come; the first reason stays
}

// slot holds one chunk at a time: buf[drained:filled] waits to be read out.
type slot struct {
	buf     []byte // of a memory that the move holds
	off     int64  // where the chunk begins in the object; -1 before the first
	want    int    // length of the chunk
	filled  int
	drained int
	moved   *sync.Cond // filled or drained grew, or the window failed
	spare   [1]byte
}

// openWindow starts a worker for each piece of memory, all of one length. The
// caller must close the window, and hold the memory until then.
func openWindow(ctx context.Context, src Source, size int64, idle time.Duration, memories []*memory) *window {
	ctx, stop := context.WithCancelCause(ctx)
	w := &window{src: src, size: size, idle: idle, stop: stop}
	for _, m := range memories {
		w.slots = append(w.slots, &slot{buf: m.bytes, off: -1, moved: sync.NewCond(&w.mu)})
	}
	for i := range w.slots {
		w.workers.Go(func() { w.work(ctx, i) })
	}
	return w
}

// close ends the workers and waits for them; the memory is free thereafter.
func (w *window) close() {
	w.fail(errClosed)
	w.stop(errClosed)
	w.workers.Wait()
}

// read copies the next bytes in order, waiting for the first. It must not be
// called from two goroutines at once, nor once all bytes have been read.
func (w *window) read(p []byte) (int, error) {
	s := w.slots[w.taken/int64(len(w.slots[0].buf))%int64(len(w.slots))]
	w.mu.Lock()
	for s.filled == s.drained && w.err == nil {
		s.moved.Wait()
	}
	ready, err := s.buf[s.drained:s.filled], w.err
	w.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n := copy(p, ready) // outside the lock: the worker writes behind these bytes only
	w.taken += int64(n)
	w.mu.Lock()
	s.drained += n
	if s.drained == s.want {
		s.moved.Broadcast()
	}
	w.mu.Unlock()
	return n, nil
}

// failure returns why no more bytes come, nil if they do.
func (w *window) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *window) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
	for _, s := range w.slots {
		s.moved.Broadcast()
	}
}

// work fetches every chunk of slot i, one after the other.
func (w *window) work(ctx context.Context, i int) {
	s := w.slots[i]
	length := int64(len(s.buf))
	for off := int64(i) * length; off < w.size; off += length * int64(len(w.slots)) {
		got, err := w.fetch(ctx, s, off, int(min(length, w.size-off)))
		if err != nil {
			w.fail(fmt.Errorf("reading source at byte %d: %w", off+int64(got), err))
			return
		}
	}
}

// ready gives a slot to the chunk of want bytes at off, once the chunk before it
// has been read out. It reports false if the window has ended.
func (w *window) ready(s *slot, off int64, want int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s.off != off && s.drained < s.want && w.err == nil {
		s.moved.Wait()
	}
	if s.off != off {
		s.off, s.want, s.filled, s.drained = off, want, 0, 0
	}
	return w.err == nil
}

// grow makes n more bytes of a slot readable.
func (w *window) grow(s *slot, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.filled += n
	s.moved.Broadcast()
}
