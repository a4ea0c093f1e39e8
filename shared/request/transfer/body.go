package transfer

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// body is the PUT's body. It reads bytes from the window, hashes and counts them, and watches for
// stalls. It hashes the bytes in the goroutine that reads them, because a second goroutine costs
// more time if the function has less than one CPU.
type body struct {
	window *window
	up     Upload
	sha    hash.Hash
	md5    hash.Hash   // nil unless the caller wants the MD5
	stall  *time.Timer // runs while the PUT waits for the server to take bytes or to answer

	sent atomic.Int64 // the number of bytes sent

	mu   sync.Mutex // locked during the method Read, so that Close waits for it
	shut bool
}

// newBody returns a body that calls stalled if the server reads no bytes for stallTimeout, or does
// not answer within answerTimeout after the last byte.
func newBody(w *window, up Upload, stalled func()) *body {
	b := &body{window: w, up: up, sha: sha256.New(), stall: time.AfterFunc(stallTimeout, stalled)}
	if up.HashMD5 {
		b.md5 = md5.New()
	}
	return b
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shut {
		return 0, errClosed
	}
	if b.complete() {
		return 0, io.EOF
	}
	b.stall.Stop()
	n, err := b.next(p)
	if b.complete() {
		b.stall.Reset(answerTimeout)
	} else {
		b.stall.Reset(stallTimeout)
	}
	return n, err
}

func (b *body) next(p []byte) (int, error) {
	if b.up.Alive != nil {
		if err := b.up.Alive(); err != nil {
			err = fmt.Errorf("stopping the transfer: %w", err)
			b.window.fail(err)
			return 0, err
		}
	}
	n, err := b.window.read(p)
	if err != nil {
		return 0, err
	}
	b.sha.Write(p[:n])
	if b.md5 != nil {
		b.md5.Write(p[:n])
	}
	sent := b.sent.Add(int64(n))
	if b.up.Progress != nil {
		b.up.Progress(sent)
	}
	return n, nil
}

// Close implements [io.Closer]. If the method Read waits for the source, Close ends that wait.
// Later calls of Read fail. The transport calls Close before it waits for the answer, so Close does
// not stop the stall timer.
func (b *body) Close() error {
	b.window.fail(errClosed)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shut = true
	return nil
}

// end closes the body and stops the stall timer.
func (b *body) end() {
	_ = b.Close() // the error is ignored: Close never fails
	b.stall.Stop()
}

// complete reports whether every byte was sent. It never waits.
func (b *body) complete() bool { return b.sent.Load() == b.up.Size }
