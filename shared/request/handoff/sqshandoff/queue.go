// Package sqshandoff hands requests off by SQS.
package sqshandoff

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// sendDelay is how long a new message stays invisible: the ledger's write comes
// after the message and should be there first.
const sendDelay = 2 // seconds

// Queue implements [fulfillment.Queue].
type Queue struct {
	Client *sqs.Client
	URL    string
}

// errSend says that a message was not stored, without what the SDK says: its errors may
// repeat the request.
var errSend = errors.New("queue refused the message")

// Send stores the job durably.
func (q Queue) Send(ctx context.Context, job fulfillment.Job) error {
	body, err := handoff.Encode(job)
	if err != nil {
		return err
	}
	_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: new(string(body)), DelaySeconds: sendDelay})
	if err != nil {
		return errSend
	}
	return nil
}

// Delay makes a received message invisible for the time given, in whole seconds.
func (q Queue) Delay(ctx context.Context, receipt string, pause time.Duration) error {
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.URL, ReceiptHandle: &receipt, VisibilityTimeout: int32(pause / time.Second),
	})
	if err != nil {
		return fmt.Errorf("changing a message's visibility: %w", err)
	}
	return nil
}
