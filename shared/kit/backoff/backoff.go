// Package backoff computes and waits out the delays between tries.
//
// Delays grow with each failure. Each delay is random, from the upper half of its range, so that
// callers that failed at the same time do not all retry at the same time.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Steps are the delays between tries: First after one failure, doubled after each further
// failure, at most Longest. Both must be positive.
type Steps struct {
	First, Longest time.Duration
}

// Delay returns the delay after the nth failure in a row, counted from 1. A jitter from 0 to 1
// selects a value from half of the step to the whole step.
func (s Steps) Delay(n int, jitter float64) time.Duration {
	step := s.First
	for ; n > 1 && step < s.Longest; n-- {
		step *= 2
	}
	step = min(step, s.Longest)
	return step/2 + time.Duration(jitter*float64(step/2))
}

// Wait waits for a random delay after the nth failure in a row. It returns false if ctx ends
// earlier, and returns at once if ctx has a deadline before the delay's end.
func (s Steps) Wait(ctx context.Context, n int) bool {
	delay := s.Delay(n, rand.Float64())
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return false
	}
	return Sleep(ctx, delay)
}

// Sleep waits for d. It returns false as soon as ctx ends.
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
