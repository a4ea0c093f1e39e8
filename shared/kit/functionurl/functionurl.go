// Package functionurl converts Lambda's function URL events (payload 2.0) to requests, and short
// answers back to responses. The caller supplies every answer, including the answers to a panic and
// to a request whose body cannot be decoded.
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

// Reserve is the time before a function's time limit that is kept free. In this time the function
// records the state of an unfinished run.
const Reserve = 15 * time.Second

// Handler handles function URL events.
type Handler struct {
	// Serve answers a request. It must return before deadline; a zero deadline means no limit.
	Serve func(ctx context.Context, r inbound.Request, deadline time.Time) inbound.Answer
	// Undecodable is the answer to an event whose body is marked as base64 but is not valid
	// base64.
	Undecodable inbound.Answer
	// Panicked is the answer to a request for which Serve panicked.
	Panicked inbound.Answer
	Log      *slog.Logger
}

// Handle handles one event. It never returns an error, because the gateway would receive an error
// as a bare 502. It answers a panic with Panicked.
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

// words returns the text of a panic that the Go runtime caused. It hides any other value, because
// the value may contain data that must not be logged.
func words(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return ""
}

// deadline returns the time at which work must end: Reserve before Lambda ends the function. It
// returns the zero time if ctx has no deadline.
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
