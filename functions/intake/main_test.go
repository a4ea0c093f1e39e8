package main

import (
	"os"
	"testing"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/infra/local/sim/programtest"
	"masterhand/shared/announcements"
	"masterhand/shared/announcements/intake"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(shared.Run(m))
}

// Without its settings the function must name all problems and must not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	programtest.Refuses(t, []string{"AWS_REGION=eu-central-1", "POSTERNITY_FIELDS=x"}, "INTAKE_BUCKET", "COLLECT_QUEUE_URL", "INTAKE_SECRET", "POSTERNITY_FIELDS")
}

// Package functionurl, and not the handler, answers two kinds of requests: those whose body cannot
// be decoded, and those whose handler panics. The outcomes in these answers must be in intake's
// table of answers.
func TestTheFunctionURLAnswersFromTheTable(t *testing.T) {
	t.Parallel()
	h := handler(announcements.IntakeSettings{})
	got, err := h.Handle(t.Context(), awsevents.LambdaFunctionURLRequest{Body: "?", IsBase64Encoded: true})
	if err != nil || got.StatusCode != 401 || got.Body != `{"outcome":"unauthentic"}` {
		t.Errorf("undecodable: %+v, %v", got, err)
	}
	if h.Panicked != intake.InternalError || h.Panicked.Status != 500 || h.Panicked.Outcome != "internal_error" {
		t.Errorf("panicked: %+v", h.Panicked)
	}
}
