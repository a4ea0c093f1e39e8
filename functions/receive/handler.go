package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/doors"
)

// reserve is how long before the function's deadline the work on a request must end. The function
// needs this time to save the request's state.
const reserve = 50 * time.Second

// source is an SQS queue from which the function receives the events of one door. A door is a way
// in which the platform sends unsigned events: through a queue, or through a bucket.
type source struct {
	door  doors.Door
	name  string // the queue's name, which is the last part of its ARN
	queue delayer
}

// delayer delays a received message: the queue delivers the message again after the pause.
type delayer interface {
	Delay(ctx context.Context, receipt string, pause time.Duration) error
}

type handler struct {
	receiver *doors.Receiver
	sources  []source
	report   telemetry.Reporter
}

// handle processes a batch of messages and returns those that the queue must deliver again.
func (h handler) handle(ctx context.Context, event json.RawMessage) (response awsevents.SQSEventResponse, err error) {
	var batch awsevents.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return response, err
	}
	for _, message := range batch.Records {
		if !h.receive(ctx, message) {
			response.BatchItemFailures = append(response.BatchItemFailures,
				awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return response, nil
}

// receive processes one message and reports whether the message is done. It delays a message that
// is not done; the queue then delivers the message again.
func (h handler) receive(ctx context.Context, message awsevents.SQSMessage) bool {
	from := h.source(message.EventSourceARN)
	got := h.receiver.Receive(ctx, doors.Message{
		Door: from.door, Body: message.Body, Metadata: metadata(message),
		Receives: receives(message), Deadline: deadline(ctx),
	})
	if got.Delay > 0 {
		if err := from.queue.Delay(context.WithoutCancel(ctx), message.ReceiptHandle, got.Delay); err != nil && got.Err == nil {
			// the error is only reported: without the delay, the queue delivers the message again
			// after its visibility timeout
			got.Err = err
		}
	}
	got.Report(ctx, h.report)
	return got.Delay == 0
}

// source returns the element of h.sources whose queue has the given ARN. There is always one,
// because only the queues of h.sources can call the function.
func (h handler) source(arn string) source {
	for _, s := range h.sources {
		if strings.HasSuffix(arn, ":"+s.name) {
			return s
		}
	}
	return h.sources[0]
}

func metadata(message awsevents.SQSMessage) string {
	if text := message.MessageAttributes[doors.MetadataAttribute].StringValue; text != nil {
		return *text
	}
	return ""
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}

func deadline(ctx context.Context) time.Time {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Time{}
	}
	return end.Add(-reserve)
}
