package child

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrOrphaned is the cause of a context that ended because the process that
// started this one did.
var ErrOrphaned = errors.New("parent process ended")

// WithParent returns a context that ends, with ErrOrphaned as its cause, when the
// process that started this one has ended: `go run`, for one, dies at once on
// SIGTERM and leaves its program running. It looks every so often, a second
// being often enough.
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
