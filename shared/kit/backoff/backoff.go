// Package backoff says how long to wait between tries, and waits.
//
// Delays grow from one failure to the next. Each is drawn at random from the upper half of
// its range, so that callers that failed at the same time do not all come back at once.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Steps are the delays between tries: First after one failure, twice as long after each
// further one, never above Longest. Both must be positive.
type Steps struct {
	First, Longest time.Duration
}

// Delay returns the delay after the nth failure in a row, n from 1. A jitter from 0 to 1
// selects it, from half of the step to the whole.
func (s Steps) Delay(n int, jitter float64) time.Duration {
	step := s.First
	for ; n > 1 && step < s.Longest; n-- {
		step *= 2
	}
	step = min(step, s.Longest)
	return step/2 + time.Duration(jitter*float64(step/2))
}

// Wait waits for a random delay after the nth failure. It reports false if ctx ends before
// the delay does: at once where ctx has a deadline that says so.
func (s Steps) Wait(ctx context.Context, n int) bool {
	delay := s.Delay(n, rand.Float64())
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return false
	}
	return Sleep(ctx, delay)
}

// Sleep waits for d. It reports false as soon as ctx ends.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
