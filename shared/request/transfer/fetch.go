package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"masterhand/shared/kit/backoff"
)

// maxTries is how many requests in a row may end without a byte before a source counts as
// unreadable. With the idle time doubling up to eightfold that is over a minute: the
// slowest answers of S3 take more than 10 s.
const maxTries = 8

// readPauses are the times after a read that broke without a byte. A read that stalled has waited
// enough.
var readPauses = backoff.Steps{First: 50 * time.Millisecond, Longest: 2 * time.Second}

var (
	errClosed = errors.New("transfer closed")
	errIdle   = errors.New("no byte in time")
)

// fetch fetches the chunk of want bytes that begins at off in the object, taking up
// at the byte reached whatever breaks or stalls, and returns how many came.
// Errors: those of [Source] that are final, the context's cause, or the last error
// once maxTries is reached.
func (w *window) fetch(ctx context.Context, s *slot, off int64, want int) (got int, err error) {
	for tries := 0; ; {
		n, err := w.pull(ctx, s, off, got, want, w.idle<<min(tries, 3))
		got += n
		switch {
		case err == nil:
			return got, nil
		case ctx.Err() != nil:
			return got, context.Cause(ctx)
		case endsTransfer(err):
			return got, err
		case n > 0: // the source works, so the next request need not wait
			tries = 0
			continue
		}
		if tries++; tries == maxTries {
			return got, fmt.Errorf("%d tries without a byte: %w", tries, err)
		}
		if !errors.Is(err, errIdle) && !readPauses.Wait(ctx, tries) {
			return got, causeOr(ctx, err)
		}
	}
}

// pull sends one request for what a chunk still lacks and reads the answer
// straight into the slot. A chunk is asked for while the slot's last one is still
// being read out, so that the wait for the first byte costs nothing. It gives up
// with errIdle once nothing comes for idle, and returns how many bytes came.
func (w *window) pull(ctx context.Context, s *slot, off int64, got, want int, idle time.Duration) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(idle, func() { cancel(errIdle) })
	defer timer.Stop()

	body, err := w.src.Open(ctx, off+int64(got), int64(want-got))
	if err != nil {
		return 0, causeOr(ctx, err)
	}
	defer body.Close()
	timer.Stop()
	if !w.ready(s, off, want) {
		return 0, w.failure()
	}
	timer.Reset(idle)
	total := 0
	for got+total < want {
		n, err := body.Read(s.buf[got+total : want])
		if n > 0 {
			timer.Reset(idle)
			w.grow(s, n)
			total += n
		}
		switch {
		case err == nil || got+total == want:
		case errors.Is(err, io.EOF):
			return total, io.ErrUnexpectedEOF
		default:
			return total, causeOr(ctx, err)
		}
	}
	if n, _ := body.Read(s.spare[:]); n > 0 { // what follows the range must be its end
		return total, ErrRange
	}
	return total, nil
}

// causeOr returns why ctx was ended, or err if it was not.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
