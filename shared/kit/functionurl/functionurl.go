// Package functionurl translates between Lambda's function URL events (payload 2.0)
// and requests with short answers. It decides no answer by itself: its user passes those
// that it gives without a call of Serve.
package functionurl

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/inbound"
)

// Reserve is kept of a function's time for writing down how a run that did not end
// was left.
const Reserve = 15 * time.Second

// Handler serves function URL events.
type Handler struct {
	// Serve answers a request. deadline is when it must have ended; zero: no deadline.
	Serve func(ctx context.Context, r inbound.Request, deadline time.Time) inbound.Answer
	// Undecodable answers an event whose body is not the base64 that the event says it is.
	Undecodable inbound.Answer
	// Panicked answers a request whose Serve panicked.
	Panicked inbound.Answer
	Log      *slog.Logger
}

// Handle serves one event. It never returns an error, and a panic is an answer like
// any other: an error of the function would reach the gateway as a bare 502.
func (h Handler) Handle(ctx context.Context, event awsevents.LambdaFunctionURLRequest) (response awsevents.LambdaFunctionURLResponse, _ error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "type", fmt.Sprintf("%T", p), "error", words(p), "stack", string(debug.Stack()))
			response = respond(h.Panicked)
		}
	}()
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return respond(h.Undecodable), nil
		}
		body = decoded
	}
	answer := h.Serve(ctx, inbound.Request{
		Method: event.RequestContext.HTTP.Method,
		Path:   event.RawPath,
		Query:  event.RawQueryString,
		Header: event.Headers,
		Body:   body,
		From:   event.RequestContext.HTTP.SourceIP,
	}, deadline(ctx))
	return respond(answer), nil
}

// words returns what the Go runtime itself says of a panic. Any other value may hold
// what must not be logged.
func words(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return ""
}

// deadline is when work must end: Reserve before Lambda ends the function, or zero
// where nobody does.
func deadline(ctx context.Context) time.Time {
	if end, ok := ctx.Deadline(); ok {
		return end.Add(-Reserve)
	}
	return time.Time{}
}

func respond(a inbound.Answer) awsevents.LambdaFunctionURLResponse {
	return awsevents.LambdaFunctionURLResponse{
		StatusCode: a.Status,
		Headers:    map[string]string{"content-type": "application/json"},
		Body:       `{"outcome":"` + a.Outcome + `"}`,
	}
}
