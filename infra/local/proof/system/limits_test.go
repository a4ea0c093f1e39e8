package system_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/sqsqueue"
)

// poison puts a message into the index queue that the function index cannot process.
func (s *env) poison(t *testing.T) {
	t.Helper()
	body := "no event"
	if _, err := s.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.IndexQueueURL, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
}

// waiting returns the number of events in the index queue and in its dead letter queue.
func (s *env) waiting(t *testing.T) int {
	t.Helper()
	backlog := sqsqueue.Backlog{Client: s.Clients().SQS(), Queues: []string{s.IndexQueueURL, s.DeadLettersURL}}
	n, err := backlog.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// If more requests arrive than the concurrency limit permits, the function URL must answer 429, and
// the gateway sends those requests again later. Running requests must not be affected.
func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	const limit = 2
	s := alone(t, system.Config{Concurrency: limit})
	code := newCode()
	data := s.Master(t, code, 4<<20)

	slow := make([]adplatform.Request, limit)
	answers := make([]<-chan gateway.Result, limit)
	for i := range slow {
		slow[i] = s.request(t, story(code), adplatform.Options{})
		// The upload takes 16 s, so that another request arrives before it ends.
		s.Platform.Storage.Faults.Next(1, slow[i].StorageKey, fault.Slow(256<<10))
		answers[i] = s.sending(t, slow[i].Event())
	}
	for _, request := range slow {
		eventually(t, "the uploads are on their way", func(context.Context) bool {
			return s.Platform.Storage.Writes(request.StorageKey).Bytes > 0
		})
	}
	over := s.request(t, story(code), adplatform.Options{})
	if result := s.send(t, over.Event()); result.Status != 429 {
		t.Errorf("one more than the limit: answer %d %s", result.Status, result.Body)
	}
	s.wantUnknown(t, over)

	for i, request := range slow {
		wantAnswer(t, s.heard(t, <-answers[i]), 200, "delivered")
		s.wantDelivered(t, request, data)
	}
	wantAnswer(t, s.send(t, over.Event()), 200, "delivered")
	s.wantDelivered(t, over, data)
}
