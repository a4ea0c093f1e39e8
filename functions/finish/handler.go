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

// errUnknownLibrary: the configuration lost a library while a request of it was queued.
var errUnknownLibrary = errors.New("message names a library that is not configured")

// reserve is kept of the function's time for writing down how a request was left.
const reserve = 50 * time.Second

// unreadableDelay is the least delay of a message that cannot be read: a human will
// hear of it by the queue's age, and in time it is gone.
const unreadableDelay = time.Hour

// delayer makes a received message invisible for a while.
type delayer interface {
	Delay(ctx context.Context, receipt string, pause time.Duration) error
}

type handler struct {
	service   *fulfillment.Service
	queue     delayer
	libraries []masters.Library
	report    telemetry.Reporter
	now       func() time.Time
	jitter    func() float64 // in [0, 1)
}

// handle takes a batch of messages, or else the schedule's event.
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

// finish takes one request as far as it goes and reports whether its message is done
// with. One that is not is delayed and comes again.
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
	left := unreadableDelay // of a message that cannot be read, nothing says when it expires
	if expiry := try.Job.Request.ExpiresAt; !expiry.IsZero() {
		left = expiry.Sub(h.now())
	}
	try.Delay = handoff.RetryDelay(try.Receives, try.Outcome, left, h.jitter())
	if err := h.queue.Delay(context.WithoutCancel(ctx), message.ReceiptHandle, try.Delay); err != nil && try.Err == nil {
		try.Err = err // it comes again all the same, after its visibility timeout
	}
	return false
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}

// others returns the libraries through which a copy of the job may come. A message of
// older code states none: all libraries but its own count then.
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
