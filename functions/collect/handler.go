package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/telemetry"
)

// reserve is kept of the function's time for writing down how far a file came.
const reserve = 50 * time.Second

// delayer makes a received message invisible for a while.
type delayer interface {
	Delay(ctx context.Context, receipt string, pause time.Duration) error
}

type handler struct {
	service *collect.Service
	queue   delayer
	report  telemetry.Reporter
	jitter  func() float64 // in [0, 1)
}

// handle takes a batch of messages, or else the schedule's event.
func (h handler) handle(ctx context.Context, event json.RawMessage) (awsevents.SQSEventResponse, error) {
	working := ctx
	if end, ok := ctx.Deadline(); ok {
		earlier, cancel := context.WithDeadline(ctx, end.Add(-reserve))
		defer cancel()
		working = earlier
	}
	var batch awsevents.SQSEvent
	var response awsevents.SQSEventResponse
	if err := json.Unmarshal(event, &batch); err != nil || len(batch.Records) == 0 {
		sent, err := h.service.Sweep(working)
		collect.ReportSweep(ctx, h.report, sent, err)
		return response, nil
	}
	for _, message := range batch.Records {
		if !h.collect(ctx, working, message) {
			response.BatchItemFailures = append(response.BatchItemFailures,
				awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// collect takes one message as far as it goes and reports whether it is done with. One
// that is not, or cannot be read, is delayed and comes again.
func (h handler) collect(ctx, working context.Context, message awsevents.SQSMessage) bool {
	var outcome collect.Outcome
	began := h.service.Now()
	m, err := intake.DecodeMessage([]byte(message.Body))
	if outcome.Err = err; err == nil {
		outcome = h.service.Collect(working, m)
	}
	n := receives(message)
	try := collect.Try{Outcome: outcome, Receives: n}
	if !outcome.Done {
		try.Stuck = !h.waits(outcome)
		try.Delay = collect.Pause(n, h.jitter())
		err := h.queue.Delay(context.WithoutCancel(ctx), message.ReceiptHandle, try.Delay)
		if err != nil && try.Err == nil {
			try.Err = err // it comes again all the same, after its visibility timeout
		}
	}
	try.At = h.service.Now()
	try.Duration = try.At.Sub(began)
	try.Report(ctx, h.report)
	return outcome.Done
}

// waits reports whether files are still to be brought, and none is overdue: what stands
// in their way is not ours, and is likely to pass.
func (h handler) waits(outcome collect.Outcome) bool {
	now := h.service.Now()
	return slices.ContainsFunc(outcome.Files, func(f timeline.File) bool { return f.State == timeline.Announced }) &&
		!slices.ContainsFunc(outcome.Files, func(f timeline.File) bool { return collect.IsOverdue(f, now) })
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}
