package services_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/sim/services"
)

// The queues must have the limits that NumbersOf returns.
func TestQueuesHaveTheirNumbers(t *testing.T) {
	t.Parallel()
	s := running(t)
	for name, url := range map[string]string{
		services.IndexQueue: s.IndexQueueURL, services.ReindexQueue: s.ReindexQueueURL,
		services.FinishQueue: s.FinishQueueURL, services.CollectQueue: s.CollectQueueURL,
	} {
		out, err := s.Clients().SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		if err != nil {
			t.Fatal(err)
		}
		n := services.NumbersOf(name)
		if n.Visibility < 1 || n.Retention < 1 || n.Receives < 1 {
			t.Errorf("%s is told to have %+v", name, n)
		}
		for attribute, want := range map[string]int{
			"VisibilityTimeout": int(n.Visibility.Seconds()), "MessageRetentionPeriod": int(n.Retention.Seconds()),
		} {
			if got := out.Attributes[attribute]; got != fmt.Sprint(want) {
				t.Errorf("%s of %s is %s, want %d", attribute, name, got, want)
			}
		}
		if got := out.Attributes["RedrivePolicy"]; !strings.Contains(got, fmt.Sprintf(`"maxReceiveCount":"%d"`, n.Receives)) {
			t.Errorf("%s is redriven by %s, want after %d receives", name, got, n.Receives)
		}
	}
}

// SQS must accept messages with characters beyond U+FFFF, such as emoji. It must reject messages
// with characters that XML cannot hold.
func TestMessagesMayHoldEmoji(t *testing.T) {
	t.Parallel()
	s := running(t)
	for text, accepted := range map[string]bool{
		"🍏 ad \U00010000 \U0010FFFF": true, "\ufffd\t\n\r": true, "\x08": false, "\uffff": false,
	} {
		_, err := s.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.CollectQueueURL, MessageBody: &text})
		batch, batchErr := s.Clients().SQS().SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
			QueueUrl: &s.CollectQueueURL, Entries: []types.SendMessageBatchRequestEntry{{Id: new("1"), MessageBody: &text}},
		})
		if (err == nil) != accepted || batchErr == nil && (len(batch.Failed) == 0) != accepted {
			t.Errorf("%q: %v; in a batch %v, %v", text, err, batch, batchErr)
		}
	}
}
