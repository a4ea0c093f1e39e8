package sqsqueue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Backlog counts the messages that wait in several queues.
type Backlog struct {
	Client *sqs.Client
	// Queues lists queue URLs, in the order in which the queues are counted. A dead-letter queue
	// must come after its queue: otherwise a message that moves to it during the count would be
	// missed.
	Queues []string
}

// counts lists the attributes that hold the numbers of a queue's messages: visible, in flight and
// delayed.
var counts = []types.QueueAttributeName{
	types.QueueAttributeNameApproximateNumberOfMessages,
	types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
}

// Waiting returns how many messages the queues hold: visible, in flight or delayed. SQS's numbers
// are approximate, so 0 does not prove that the queues are empty.
func (b Backlog) Waiting(ctx context.Context) (int, error) {
	total := 0
	for _, queue := range b.Queues {
		out, err := b.Client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &queue, AttributeNames: counts})
		if err != nil {
			return 0, fmt.Errorf("counting a queue's messages: %w", err)
		}
		for _, name := range counts {
			n, err := strconv.Atoi(out.Attributes[string(name)])
			if err != nil {
				return 0, fmt.Errorf("counting a queue's messages: %s is not a number", name)
			}
			total += n
		}
	}
	return total, nil
}
