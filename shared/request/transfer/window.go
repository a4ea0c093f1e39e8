package transfer

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// window reads an object ahead of its caller into a few slots. The object is divided into chunks of
// one slot's length. Worker c modulo the number of slots fetches chunk c into its own slot. The
// caller reads the chunks in order, even while they are still being filled. A slot is reused once
// it has been read, so a window needs no memory besides its slots.
type window struct {
	src   Source
	size  int64
	idle  time.Duration
	slots []*slot
	taken int64 // the number of bytes read; used only by the caller that reads the window

	stop    context.CancelCauseFunc
	workers sync.WaitGroup

	mu  sync.Mutex // guards err and the counts of every slot
	err error      // why the window has ended; nil if it has not; later reasons do not replace the first
}

// slot holds one chunk at a time. The bytes buf[drained:filled] are ready to be read.
type slot struct {
	buf     []byte // the slot's memory; it is not freed during the move, because the move keeps a reference to it
	off     int64  // the current chunk's offset in the object; -1 before the first chunk
	want    int    // the current chunk's length in bytes
	filled  int
	drained int
	moved   *sync.Cond // signalled when filled or drained has grown, or the window has failed
	spare   [1]byte
}

// openWindow starts a worker for each piece of memory. All pieces must have the same length. The
// caller must close the window, and must not free or reuse the memory before that.
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

// close stops the workers and waits for them. After that the memory may be reused.
func (w *window) close() {
	w.fail(errClosed)
	w.stop(errClosed)
	w.workers.Wait()
}

// read copies the next bytes in order, and waits if none are ready. Only one goroutine may call
// read at a time. No goroutine may call it after all bytes were read.
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
	n := copy(p, ready) // without the lock, because the worker writes only to the part behind these bytes
	w.taken += int64(n)
	w.mu.Lock()
	s.drained += n
	if s.drained == s.want {
		s.moved.Broadcast()
	}
	w.mu.Unlock()
	return n, nil
}

// failure returns why the window has ended, or nil if it has not.
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

// work fetches all chunks of slot i, one after the other.
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

// ready prepares a slot for the chunk of want bytes at off, once the previous chunk has been read.
// It returns false if the window has ended.
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
