package main

import (
	"testing"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/request"
	"masterhand/shared/request/webhook"
)

// Package functionurl, and not the handler, answers two kinds of requests: those whose body cannot
// be decoded, and those whose handler panics. The outcomes in these answers must be in the table of
// answers to the gateway.
func TestTheFunctionURLAnswersFromTheTable(t *testing.T) {
	t.Parallel()
	h := handler(request.Settings{})
	got, err := h.Handle(t.Context(), awsevents.LambdaFunctionURLRequest{Body: "?", IsBase64Encoded: true})
	if err != nil || got.StatusCode != 401 || got.Body != `{"outcome":"unauthentic"}` {
		t.Errorf("undecodable: %+v, %v", got, err)
	}
	if h.Panicked != webhook.InternalError || h.Panicked.Status != 500 || h.Panicked.Outcome != "internal_error" {
		t.Errorf("panicked: %+v", h.Panicked)
	}
}
