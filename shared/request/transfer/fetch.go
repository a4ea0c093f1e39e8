package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"masterhand/shared/kit/backoff"
)

// maxTries is how many requests in a row may return no byte before the source counts as unreadable.
// Each request waits twice as long for a byte as the one before, but at most eight times as long as
// the first. With a first wait of 1.5 s, all eight together last over a minute. This is necessary,
// because the slowest answers of S3 take more than 10 s.
const maxTries = 8

// readPauses are the pauses after a read that failed without a byte. After a stalled read there is
// no pause, because the stalled read has already waited.
var readPauses = backoff.Steps{First: 50 * time.Millisecond, Longest: 2 * time.Second}

var (
	errClosed = errors.New("transfer closed")
	errIdle   = errors.New("no byte in time")
)

// fetch reads the chunk of want bytes at offset off of the object, and returns how many bytes it
// read. After an error or a stall it continues at the byte reached. It gives up if the context
// ends, if the error of [Source] is final, or after maxTries tries without a byte.
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
		case n > 0:
			tries = 0
			continue // bytes have arrived, so the source works and the next request needs no pause
		}
		if tries++; tries == maxTries {
			return got, fmt.Errorf("%d tries without a byte: %w", tries, err)
		}
		if !errors.Is(err, errIdle) && !readPauses.Wait(ctx, tries) {
			return got, causeOr(ctx, err)
		}
	}
}

// pull sends one request for the bytes that a chunk still lacks, and reads the answer directly into
// the slot. It sends the request without waiting until the PUT has read the slot's previous chunk,
// so that the answer arrives early. pull returns how many bytes it read. The error is errIdle if no
// byte arrived for the time idle.
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
	if n, _ := body.Read(s.spare[:]); n > 0 { // a further byte is an error: the answer must end after the range
		return total, ErrRange
	}
	return total, nil
}

// causeOr returns the cause of ctx if ctx has ended, otherwise err.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
