package scenario

import (
	"context"
	"fmt"
	"time"
)

// interval is how often one looks for what comes by itself.
const interval = 20 * time.Millisecond

// Await waits until something holds that comes by itself. What says so in a sentence.
// Errors: what holds returns; what ended ctx.
func Await(ctx context.Context, what string, holds func(context.Context) (bool, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		done, err := holds(ctx)
		switch {
		case ctx.Err() != nil && !done: // an error may come from that
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
