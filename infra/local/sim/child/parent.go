package child

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrOrphaned is the cause of a context that ended because this process's parent ended.
var ErrOrphaned = errors.New("parent process ended")

// WithParent returns a context that ends with the cause ErrOrphaned when this process's parent has
// ended. This matters for `go run`, which ends at once on SIGTERM and leaves its program running.
// WithParent checks the parent once in each interval of length every; a second is short enough.
func WithParent(ctx context.Context, every time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	parent := os.Getppid()
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if os.Getppid() != parent {
					cancel(ErrOrphaned)
					return
				}
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}
