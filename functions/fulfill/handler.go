package main

import (
	"context"
	"time"

	"masterhand/shared/kit/functionurl"
	"masterhand/shared/request/webhook"
)

// serve has a handler of webhooks answer requests to the function's URL.
func serve(h *webhook.Handler) func(context.Context, functionurl.Request, time.Time) functionurl.Answer {
	return func(ctx context.Context, r functionurl.Request, deadline time.Time) functionurl.Answer {
		return functionurl.Answer(h.Serve(ctx, webhook.Request{
			Method:  r.Method,
			Headers: func(name string) string { return r.Header[name] },
			Body:    r.Body,
		}, deadline))
	}
}
