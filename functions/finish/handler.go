package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/library/masters"
	"masterhand/shared/report"
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
	report    report.Reporter
	now       func() time.Time
	jitter    func() float64 // in [0, 1)
}

// handle takes a batch of messages, or else the schedule's event.
func (h handler) handle(ctx context.Context, event json.RawMessage) (awsevents.SQSEventResponse, error) {
	var batch awsevents.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil || len(batch.Records) == 0 {
		ended, err := h.service.Sweep(ctx)
		h.report.Swept(ctx, ended, err)
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
	handed := report.Handed{Receives: receives(message)}
	defer func() { h.report.Handed(ctx, handed) }()
	handed.Job, handed.Err = handoff.Decode([]byte(message.Body))
	if handed.Err == nil {
		handed.Job.Library, handed.Err = h.library(handed.Job.Library.Name)
	}
	if handed.Err == nil {
		if end, ok := ctx.Deadline(); ok {
			handed.Job.Deadline = end.Add(-reserve)
		}
		handed.Outcome = h.service.Fulfil(ctx, handed.Job)
		if handed.Outcome.Status != fulfillment.Retry && handed.Outcome.Status != fulfillment.Held {
			return true
		}
	}
	left := unreadableDelay // of a message that cannot be read, nothing says when it expires
	if expiry := handed.Job.Request.ExpiresAt; !expiry.IsZero() {
		left = expiry.Sub(h.now())
	}
	handed.Delay = handoff.RetryDelay(handed.Receives, handed.Outcome, left, h.jitter())
	if err := h.queue.Delay(context.WithoutCancel(ctx), message.ReceiptHandle, handed.Delay); err != nil && handed.Err == nil {
		handed.Err = err // it comes again all the same, after its visibility timeout
	}
	return false
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}

func (h handler) library(name string) (masters.Library, error) {
	for _, lib := range h.libraries {
		if lib.Name == name {
			return lib, nil
		}
	}
	return masters.Library{}, errUnknownLibrary
}
