// Package sqsqueue sends messages to SQS queues, delays received messages and counts waiting
// messages.
//
// A message may contain credentials or a whole event, and the SDK's errors may repeat the
// request. Therefore errors of a send show only the service's error code.
package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Queue is one SQS queue.
type Queue struct {
	Client *sqs.Client
	URL    string
}

// ErrSend means that the queue did not store the message, or that nobody knows whether the queue
// stored it.
var ErrSend = errors.New("queue refused the message")

// Send stores a message durably. Its errors wrap ErrSend.
func (q Queue) Send(ctx context.Context, body []byte) error { return q.SendDelayed(ctx, 0, body) }

// SendDelayed stores a message durably. No receiver gets the message before the delay has passed.
// SendDelayed rounds the delay down to whole seconds. Its errors wrap ErrSend.
func (q Queue) SendDelayed(ctx context.Context, delay time.Duration, body []byte) error {
	_, err := q.Client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.URL, MessageBody: new(string(body)), DelaySeconds: int32(delay / time.Second),
	})
	return refused(ctx, err)
}

// refused returns the error for a failed send, without the SDK's text.
func refused(ctx context.Context, err error) error {
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", ErrSend, ctx.Err())
	case errors.As(err, &api):
		return fmt.Errorf("%w: %s", ErrSend, api.ErrorCode())
	}
	return ErrSend
}

// The limits of each request that SendBatch sends to SQS. maxBytes is 256 KiB, SQS's limit for all
// messages of a request until August 2025. Since then SQS accepts 1 MiB (Amazon SQS Developer
// Guide, "Message quotas").
const (
	maxEntries = 10
	maxBytes   = 256 << 10
)

// SendBatch stores messages as SendDelayed does, but several per call. Its errors wrap ErrSend.
// Even after an error, some messages may be stored.
func (q Queue) SendBatch(ctx context.Context, delay time.Duration, bodies ...[]byte) error {
	var entries []types.SendMessageBatchRequestEntry
	size := 0
	for i, body := range bodies {
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: new(strconv.Itoa(i)), MessageBody: new(string(body)), DelaySeconds: int32(delay / time.Second),
		})
		size += len(body)
		if last := i == len(bodies)-1; !last && len(entries) < maxEntries && size+len(bodies[i+1]) <= maxBytes {
			continue
		}
		out, err := q.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			return refused(ctx, err)
		}
		if n := len(out.Failed); n > 0 {
			return fmt.Errorf("%w: %d of %d", ErrSend, n, len(entries))
		}
		entries, size = nil, 0
	}
	return nil
}

// Delay makes a received message invisible for the delay, rounded down to whole seconds.
func (q Queue) Delay(ctx context.Context, receipt string, delay time.Duration) error {
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.URL, ReceiptHandle: &receipt, VisibilityTimeout: int32(delay / time.Second),
	})
	if err != nil {
		return fmt.Errorf("changing a message's visibility: %w", err)
	}
	return nil
}
