package scenario

import (
	"context"
	"fmt"
	"time"
)

// interval is the pause between two polls.
const interval = 20 * time.Millisecond

// Await calls the function holds repeatedly until it returns true or an error. If ctx ends first,
// Await returns the cause. The parameter what describes the condition in that error message.
func Await(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		done, err := holds(ctx)
		switch {
		// The error of holds is dropped, because the end of ctx may have caused it.
		case ctx.Err() != nil && !done:
			return fmt.Errorf("waiting until %s: %w", what, context.Cause(ctx))
		case done || err != nil:
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}
