// Package backoff computes the delays between tries, and waits for them.
//
// Delays grow with each failure. Each delay is random, from the upper half of its range. So
// callers that failed at the same time do not all retry at the same time.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Steps sets the delays between tries: First after one failure, doubled after each further
// failure, at most Longest. Both must be positive.
type Steps struct {
	First, Longest time.Duration
}

// Delay returns the delay after the nth failure in a row; n starts at 1. jitter must be from 0 to
// 1. It selects a value between half of the step and the whole step.
func (s Steps) Delay(n int, jitter float64) time.Duration {
	step := s.First
	for ; n > 1 && step < s.Longest; n-- {
		step *= 2
	}
	step = min(step, s.Longest)
	return step/2 + time.Duration(jitter*float64(step/2))
}

// Wait waits for a random delay after the nth failure in a row. It returns false if ctx ends
// earlier. If the deadline of ctx is before the delay's end, it returns false at once.
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
