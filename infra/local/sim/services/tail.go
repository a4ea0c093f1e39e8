package services

import (
	"io"
	"strings"
	"sync"
)

// maxTail is the number of bytes at the end of a child's output that are kept for an error message.
const maxTail = 4 << 10

// tail is a writer for the output of a child process. It passes the output on, and keeps the last
// bytes for an error message.
type tail struct {
	next io.Writer

	mu   sync.Mutex
	kept []byte
}

// Write implements [io.Writer]. It never returns an error: if the log cannot be written, the child
// process must still continue.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	_, _ = t.next.Write(p)
	return len(p), nil
}

// String returns the last bytes of the output.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(string(t.kept)); text != "" {
		return text
	}
	return "(nothing)"
}

// addressReader reads the output of a program. It takes the first line as the address on which the
// program listens.
type addressReader struct {
	next  io.Writer
	found chan string // receives the first line of the output

	line []byte
	done bool
}

func newAddressReader() *addressReader { return &addressReader{found: make(chan string, 1)} }

// Write implements [io.Writer].
func (a *addressReader) Write(p []byte) (int, error) {
	if !a.done {
		a.line = append(a.line, p...)
		if first, _, whole := strings.Cut(string(a.line), "\n"); whole {
			a.done, a.line = true, nil
			a.found <- strings.TrimSpace(first)
		}
	}
	return a.next.Write(p)
}
