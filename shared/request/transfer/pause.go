package transfer

import (
	"context"
	"math/rand/v2"
	"time"
)

// backOff returns how long to wait after the n-th failure in a row, n from 1: at
// random between half of and the whole of first·2ⁿ⁻¹, longest at most.
func backOff(n int, first, longest time.Duration) time.Duration {
	wait := min(first<<min(n-1, 16), longest)
	return wait/2 + rand.N(wait/2)
}

// sleep waits for d. It reports false, at once, if ctx ends before that.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
