package scenario

import (
	"context"
	"fmt"
	"time"
)

// interval is the pause between two calls of the function that Await calls repeatedly.
const interval = 20 * time.Millisecond

// Await calls the function holds repeatedly until it returns true or an error. If ctx ends first,
// Await returns an error that names the awaited condition, from the parameter what.
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
