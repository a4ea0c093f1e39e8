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

// reserve is how long before the function's deadline the work on files must end. The function needs
// this time to save the progress of a file.
const reserve = 50 * time.Second

// delayer delays a received message: the queue delivers the message again after the pause.
type delayer interface {
	Delay(ctx context.Context, receipt string, pause time.Duration) error
}

type handler struct {
	service *collect.Service
	queue   delayer
	report  telemetry.Reporter
	jitter  func() float64 // returns a random number in [0, 1), which varies the delays of messages
}

// handle processes an event of Lambda. The event is either a batch of messages from the function's
// queue, or a call by the schedule, which starts a sweep.
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

// collect processes one message and reports whether the message is done. It delays a message that
// is not done, or that it cannot read; the queue then delivers the message again.
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
			// the error is only reported: without the delay, the queue delivers the message again
			// after its visibility timeout
			try.Err = err
		}
	}
	try.At = h.service.Now()
	try.Duration = try.At.Sub(began)
	try.Report(ctx, h.report)
	return outcome.Done
}

// waits reports whether files are not stored yet but none of them is overdue. If it returns true, the
// cause is probably a temporary problem of the sender's server, and no person needs to act.
func (h handler) waits(outcome collect.Outcome) bool {
	now := h.service.Now()
	return slices.ContainsFunc(outcome.Files, func(f timeline.File) bool { return f.State == timeline.Announced }) &&
		!slices.ContainsFunc(outcome.Files, func(f timeline.File) bool { return collect.IsOverdue(f, now) })
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}
