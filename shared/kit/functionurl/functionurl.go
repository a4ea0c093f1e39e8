// Package functionurl translates between Lambda's function URL events (payload 2.0)
// and requests with short answers.
package functionurl

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"
)

// Reserve is kept of a function's time for writing down how a run that did not end
// was left.
const Reserve = 15 * time.Second

// Request is a request as it came in.
type Request struct {
	Method string
	Path   string            // as it came, escapes included
	Query  string            // as it came, without "?"
	Header map[string]string // names in lower case; what came twice is joined by commas
	Body   []byte            // raw, base64 already taken off
}

// Answer is what the caller gets: a status and one word.
type Answer struct {
	Status  int
	Outcome string
}

// Handler serves function URL events.
type Handler struct {
	// Serve answers a request. deadline is when it must have ended, zero where nobody
	// says.
	Serve func(ctx context.Context, r Request, deadline time.Time) Answer
	Log   *slog.Logger
}

// Handle serves one event. It never returns an error, and a panic is an answer like
// any other: an error of the function would reach the gateway as a bare 502.
func (h Handler) Handle(ctx context.Context, event awsevents.LambdaFunctionURLRequest) (response awsevents.LambdaFunctionURLResponse, _ error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic", "type", fmt.Sprintf("%T", p), "error", words(p), "stack", string(debug.Stack()))
			response = respond(Answer{Status: http.StatusInternalServerError, Outcome: "internal_error"})
		}
	}()
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return respond(Answer{Status: http.StatusUnauthorized, Outcome: "unauthentic"}), nil
		}
		body = decoded
	}
	answer := h.Serve(ctx, Request{
		Method: event.RequestContext.HTTP.Method,
		Path:   event.RawPath,
		Query:  event.RawQueryString,
		Header: event.Headers,
		Body:   body,
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

func respond(a Answer) awsevents.LambdaFunctionURLResponse {
	return awsevents.LambdaFunctionURLResponse{
		StatusCode: a.Status,
		Headers:    map[string]string{"content-type": "application/json"},
		Body:       `{"outcome":"` + a.Outcome + `"}`,
	}
}
