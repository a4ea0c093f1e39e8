package scenario

import (
	"context"
	"fmt"
	"time"
)

// interval is the pause between two polls.
const interval = 20 * time.Millisecond

// Await polls until holds returns true. what describes the condition in a sentence. Await returns
// an error of holds, or the cause of ctx's end.
func Await(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		done, err := holds(ctx)
		switch {
		case ctx.Err() != nil && !done: // the end of ctx may have caused the error
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
