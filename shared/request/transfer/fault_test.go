package transfer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// first returns a function that applies the fault to the first n requests.
func first(n int, fault transfertest.Fault) func(int, int64) transfertest.Fault {
	return func(i int, _ int64) transfertest.Fault {
		if i < n {
			return fault
		}
		return transfertest.Fault{}
	}
}

// every returns a function that applies the fault to all requests.
func every(fault transfertest.Fault) func(int, int64) transfertest.Fault {
	return func(int, int64) transfertest.Fault { return fault }
}

func TestMoveContinuesAfterABrokenRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  func(int, int64) transfertest.Fault
		within time.Duration // the longest time that the move may take; 0 means that it must not wait
	}{
		"nothing":                      {nil, 0},
		"cut before the header":        {first(5, transfertest.Fault{Cut: true, Mute: true}), time.Second},
		"cut after the header":         {first(5, transfertest.Fault{Cut: true}), time.Second},
		"cut inside, twelve times":     {first(12, transfertest.Fault{Cut: true, After: 1000}), 0},
		"stalled before the header":    {first(1, transfertest.Fault{Stall: true, Mute: true}), 2 * time.Second},
		"stalled after the header":     {first(1, transfertest.Fault{Stall: true}), 2 * time.Second},
		"stalled inside, all at once":  {first(4, transfertest.Fault{Stall: true, After: 10}), 2 * time.Second},
		"error answers":                {first(6, transfertest.Fault{Status: 503}), 2 * time.Second},
		"stalled again and again":      {first(9, transfertest.Fault{Stall: true}), 20 * time.Second},
		"each range cut when half way": {halves(), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.store.Fault = test.fault
				begun := time.Now()
				got, err := b.move(t)
				b.checkDone(t, got, err)
				if took := time.Since(begun); took > test.within || got.Elapsed != took {
					t.Errorf("took %v, want at most %v; the result says %v", took, test.within, got.Elapsed)
				}
			})
		})
	}
}

// halves returns the faults of a store that answers each request from the start of a chunk with
// only the first half of the chunk. Requests for the second half have no fault.
func halves() func(int, int64) transfertest.Fault {
	return func(_ int, off int64) transfertest.Fault {
		if off%slot == 0 {
			return transfertest.Fault{Cut: true, After: slot / 2}
		}
		return transfertest.Fault{}
	}
}

func TestMoveEndsWithItsSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault     func(int, int64) transfertest.Fault
		want      error
		retryable bool
	}{
		"gone":             {every(transfertest.Fault{Status: http.StatusNotFound}), transfer.ErrGone, false},
		"denied":           {every(transfertest.Fault{Status: http.StatusForbidden}), transfer.ErrDenied, false},
		"denied later":     {func(n int, _ int64) transfertest.Fault { return transfertest.Fault{Status: 403 * min(1, n/9)} }, transfer.ErrDenied, false},
		"another range":    {every(transfertest.Fault{Excess: 1}), transfer.ErrRange, false},
		"always cut":       {every(transfertest.Fault{Cut: true}), nil, true},
		"always stalled":   {every(transfertest.Fault{Stall: true}), nil, true},
		"always an error":  {every(transfertest.Fault{Status: 500}), nil, true},
		"one range broken": {func(_ int, off int64) transfertest.Fault { return transfertest.Fault{Cut: off == 3*slot} }, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.store.Fault = test.fault
				begun := time.Now()
				_, err := b.move(t)
				if err == nil || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if transfer.Retryable(err) != test.retryable {
					t.Errorf("Retryable(%v) = %v", err, !test.retryable)
				}
				if took := time.Since(begun); took > 90*time.Second {
					t.Errorf("gave up after %v", took)
				}
				b.checkNothing(t)
			})
		})
	}
}

func TestMoveNeverMixesVersions(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]transfertest.Pattern{
		"replaced by as many bytes": {Size: object, Seed: 2},
		"replaced by fewer":         {Size: object / 2, Seed: 2},
		"replaced by more":          {Size: 2 * object, Seed: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				b.store.Fault = func(n int, _ int64) transfertest.Fault {
					if n == 7 {
						b.store.Replace(other)
					}
					return transfertest.Fault{}
				}
				_, err := b.move(t)
				if !errors.Is(err, transfer.ErrChanged) || transfer.Retryable(err) {
					t.Errorf("error %v, want ErrChanged for good", err)
				}
				b.checkNothing(t)
			})
		})
	}
}

func TestMoveRefusesAnotherSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{object - 1, object + 1} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, object)
			b.source.Size, b.upload.Size = size, size
			_, err := b.move(t)
			if !errors.Is(err, transfer.ErrChanged) {
				t.Errorf("size %d: error %v, want ErrChanged", size, err)
			}
			b.checkNothing(t)
		})
	}
}

func TestMoveStopsWhenNoLongerAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lapsed := errors.New("lease lapsed")
		b := newBench(t, object)
		var sent int64
		b.upload.Progress = func(n int64) { sent = n }
		b.upload.Alive = func() error {
			if sent > object/2 {
				return lapsed
			}
			return nil
		}
		_, err := b.move(t)
		if !errors.Is(err, lapsed) {
			t.Errorf("error %v, want the lease's", err)
		}
		if sent == object || b.bucket.Requests() != 1 {
			t.Errorf("%d bytes were sent in %d PUTs", sent, b.bucket.Requests())
		}
		b.checkNothing(t)
	})
}

func TestMoveDoesNotStopOnceAllIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		var sent int64
		b.upload.Progress = func(n int64) { sent = n }
		b.upload.Alive = func() error {
			if sent == object {
				return errors.New("lease lapsed")
			}
			return nil
		}
		got, err := b.move(t)
		b.checkDone(t, got, err)
	})
}

// counted is a source that counts its open readers. While hold is true, it opens none: Open waits
// until its context ends.
type counted struct {
	transfer.Source
	open atomic.Int64
	hold bool
}

func (c *counted) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	c.open.Add(1)
	if c.hold {
		<-ctx.Done()
		c.open.Add(-1)
		return nil, ctx.Err()
	}
	body, err := c.Source.Open(ctx, off, n)
	if err != nil {
		c.open.Add(-1)
		return nil, err
	}
	return &countedBody{ReadCloser: body, open: &c.open}, nil
}

type countedBody struct {
	io.ReadCloser
	open *atomic.Int64
}

func (b *countedBody) Close() error {
	b.open.Add(-1)
	return b.ReadCloser.Close()
}

func TestMoveLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped by the test")
	for name, test := range map[string]struct {
		arrange func(b *bench, c *counted)
		want    error
	}{
		"done":                   {func(*bench, *counted) {}, nil},
		"source gone":            {func(b *bench, _ *counted) { b.store.Fault = first(1, transfertest.Fault{Status: 404}) }, transfer.ErrGone},
		"canceled while opening": {func(_ *bench, c *counted) { c.hold = true }, stop},
		"canceled while reading": {func(b *bench, _ *counted) {
			b.mover.Idle = time.Hour
			b.store.Fault = every(transfertest.Fault{Stall: true, After: 9})
		}, stop},
		"canceled while sending": {func(b *bench, _ *counted) {
			b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Stall: true, After: 9} }
		}, stop},
		"canceled while pausing": {func(b *bench, _ *counted) {
			b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Status: 503} }
		}, stop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, object)
				source := &counted{Source: b.source}
				test.arrange(b, source)
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				time.AfterFunc(time.Second, func() { cancel(stop) })
				_, err := b.mover.Move(ctx, source, b.upload)
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if open := source.open.Load(); open != 0 {
					t.Errorf("%d ranges are open after Move", open)
				}
				checkSecret(t, err)
			})
		})
	}
}
