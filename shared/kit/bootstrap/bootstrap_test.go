package bootstrap

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestAnInvocationEndsAtSIGTERM(t *testing.T) {
	t.Parallel()
	handle := interruptible(func(ctx context.Context, event string) (string, error) {
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-ctx.Done()
		return event, ctx.Err()
	})
	if answer, err := handle(t.Context(), "event"); answer != "event" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v, want the event and a context that has ended", answer, err)
	}
}
