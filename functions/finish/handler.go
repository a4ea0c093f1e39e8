package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// errUnknownLibrary says that the library of a queued request is no longer configured.
var errUnknownLibrary = errors.New("message names a library that is not configured")

// reserve is how long before the function's deadline the work on a request must end. The function
// needs this time to save the request's state.
const reserve = 50 * time.Second

// unreadableDelay is used instead of the time until the request's expiry if a message cannot be
// read. Such a message stays in the queue until the queue deletes it at the end of its retention.
// Meanwhile the alarm for the age of the oldest message reports it.
const unreadableDelay = time.Hour

// delayer delays a received message: the queue delivers the message again after the pause.
type delayer interface {
	Delay(ctx context.Context, receipt string, pause time.Duration) error
}

type handler struct {
	service   *fulfillment.Service
	queue     delayer
	libraries []masters.Library
	report    telemetry.Reporter
	now       func() time.Time
	jitter    func() float64 // returns a random number in [0, 1), which varies the delays of messages
}

// handle processes an event of Lambda. The event is either a batch of messages from the function's
// queue, or a call by the schedule, which starts a sweep.
func (h handler) handle(ctx context.Context, event json.RawMessage) (awsevents.SQSEventResponse, error) {
	var batch awsevents.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil || len(batch.Records) == 0 {
		ended, err := h.service.Sweep(ctx)
		fulfillment.ReportSweep(ctx, h.report, ended, err)
		return awsevents.SQSEventResponse{}, nil
	}
	var response awsevents.SQSEventResponse
	for _, message := range batch.Records {
		if !h.finish(ctx, message) {
			response.BatchItemFailures = append(response.BatchItemFailures,
				awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// finish processes one request and reports whether the request's message is done. It delays a
// message that is not done; the queue then delivers the message again.
func (h handler) finish(ctx context.Context, message awsevents.SQSMessage) bool {
	try := handoff.Try{Receives: receives(message)}
	began := h.now()
	defer func() {
		try.Duration = h.now().Sub(began)
		try.Report(ctx, h.report)
	}()
	try.Job, try.Err = handoff.Decode([]byte(message.Body))
	if try.Err == nil {
		try.Job.Others = h.others(try.Job)
		try.Job.Library, try.Err = h.library(try.Job.Library.Name)
	}
	if try.Err == nil {
		if end, ok := ctx.Deadline(); ok {
			try.Job.Deadline = end.Add(-reserve)
		}
		try.Outcome = h.service.Fulfil(ctx, try.Job)
		if try.Outcome.Status != fulfillment.Retry && try.Outcome.Status != fulfillment.Held {
			return true
		}
	}
	left := unreadableDelay // used for a message that cannot be read: the expiry of its request is not known
	if expiry := try.Job.Request.ExpiresAt; !expiry.IsZero() {
		left = expiry.Sub(h.now())
	}
	try.Delay = handoff.RetryDelay(try.Receives, try.Outcome, left, h.jitter())
	if err := h.queue.Delay(context.WithoutCancel(ctx), message.ReceiptHandle, try.Delay); err != nil && try.Err == nil {
		// the error is only reported: without the delay, the queue delivers the message again after
		// its visibility timeout
		try.Err = err
	}
	return false
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}

// others returns the other libraries for which the gateway may have sent the same event. A message
// that an older version of the code wrote does not list them (j.Others is nil). For such a message,
// others returns all libraries except the request's own.
func (h handler) others(j fulfillment.Job) []masters.Library {
	stated := make([]string, len(j.Others))
	for i, other := range j.Others {
		stated[i] = other.Name
	}
	return slices.DeleteFunc(slices.Clone(h.libraries), func(l masters.Library) bool {
		return l.Name == j.Library.Name || j.Others != nil && !slices.Contains(stated, l.Name)
	})
}

func (h handler) library(name string) (masters.Library, error) {
	lib, known := masters.Named(h.libraries, name)
	if !known {
		return lib, errUnknownLibrary
	}
	return lib, nil
}
