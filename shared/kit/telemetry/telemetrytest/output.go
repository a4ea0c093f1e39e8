package telemetrytest

import (
	"bytes"
	"sync"
)

// Output stores the text that a function prints. It is safe for concurrent use. The zero value is
// ready to use.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (o *Output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(line)
}

// String returns all printed text.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
