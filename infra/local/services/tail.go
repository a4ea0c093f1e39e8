package services

import (
	"io"
	"sync"
)

// maxTail is how much of a child's output is kept for an error message, in bytes.
const maxTail = 4 << 10

// tail passes output on and keeps the end of it.
type tail struct {
	next io.Writer

	mu   sync.Mutex
	kept []byte
}

// Write implements [io.Writer]. It never fails: a child must not die of its log.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	if t.next != nil {
		_, _ = t.next.Write(p)
	}
	return len(p), nil
}

// String returns the end of the output.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == 0 {
		return "(nothing)"
	}
	return string(t.kept)
}
