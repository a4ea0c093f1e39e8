// Package sqsintake tells by SQS of what intake took in.
package sqsintake

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// Queue implements [intake.Queue].
type Queue struct {
	Client *sqs.Client
	URL    string
}

// errSend says that a message was not stored, with the service's code for it alone: the
// SDK's errors may repeat the request, and a message may hold a whole event.
var errSend = errors.New("queue refused the message")

// Send implements [intake.Queue].
func (q Queue) Send(ctx context.Context, message []byte) error {
	_, err := q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: new(string(message))})
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", errSend, ctx.Err())
	case errors.As(err, &api):
		return fmt.Errorf("%w: %s", errSend, api.ErrorCode())
	}
	return errSend
}
