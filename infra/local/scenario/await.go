package scenario

import (
	"context"
	"fmt"
	"time"
)

// interval is the pause between two polls.
const interval = 20 * time.Millisecond

// Await polls until the function holds returns true. The parameter what describes the condition in
// a sentence, for the error. Await returns the error of holds, or the cause of the end of ctx.
func Await(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		done, err := holds(ctx)
		switch {
		case ctx.Err() != nil && !done: // the end of ctx may have caused the error of holds, so the cause of ctx is returned instead
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
