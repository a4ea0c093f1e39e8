package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// maxTries is how many requests in a row may end without a byte before a
	// source counts as unreadable. With the idle time doubling up to eightfold
	// that is over a minute: the slowest answers of S3 take more than 10 s.
	maxTries = 8
	// The pause after a request that broke; one that stalled has waited enough.
	firstRetry   = 50 * time.Millisecond
	longestRetry = 2 * time.Second
)

var (
	errClosed = errors.New("transfer closed")
	errIdle   = errors.New("no byte in time")
)

// fill fetches a slot's chunk, which begins at off in the object, taking up at
// the byte reached whatever breaks or stalls. Errors: those of [Source] that are
// final, the context's cause, or the last error once maxTries is reached.
func (w *window) fill(ctx context.Context, s *slot, off int64) error {
	for tries := 0; ; {
		before := s.filled
		err := w.pull(ctx, s, off, w.idle<<min(tries, 3))
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case endsTransfer(err):
			return err
		case s.filled > before:
			tries = 0
		}
		if tries++; tries == maxTries {
			return fmt.Errorf("%d tries without a byte: %w", tries, err)
		}
		if !errors.Is(err, errIdle) && !sleep(ctx, backOff(tries, firstRetry, longestRetry)) {
			return causeOr(ctx, err)
		}
	}
}

// pull sends one request for what a slot still lacks and reads the answer
// straight into it. It gives up with errIdle once nothing comes for idle.
func (w *window) pull(ctx context.Context, s *slot, off int64, idle time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(idle, func() { cancel(errIdle) })
	defer timer.Stop()

	body, err := w.src.Open(ctx, off+int64(s.filled), int64(s.want-s.filled))
	if err != nil {
		return causeOr(ctx, err)
	}
	defer body.Close()
	for s.filled < s.want {
		n, err := body.Read(s.buf[s.filled:s.want])
		if n > 0 {
			timer.Reset(idle)
			w.grow(s, n)
		}
		switch {
		case err == nil || s.filled == s.want:
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		default:
			return causeOr(ctx, err)
		}
	}
	if n, _ := body.Read(s.spare[:]); n > 0 { // what follows the range must be its end
		return ErrRange
	}
	return nil
}

// causeOr returns why ctx was ended, or err if it was not.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
