package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/shared/request/doors"
)

// messagesFile is the name of the file in the data folder that holds the messages of the queues
// while the services are stopped.
const messagesFile = "messages.json"

// kept holds the messages that are stored while the services are stopped. Each key is the default
// name of the queue that held the messages.
type kept map[string][]message

// message holds the parts of a message that are stored.
type message struct {
	Body     string
	Metadata string // message attribute with the platform's metadata; "" if there is none
}

// UnmarshalJSON reads a message. It also reads a plain string, because earlier versions stored
// only the body.
func (m *message) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &m.Body) == nil {
		return nil
	}
	type plain message
	return json.Unmarshal(raw, (*plain)(m))
}

// keepMessages stores the messages of the queues, messages in flight included. It reads them from
// a special URL of fauxqs.
func (s *Services) keepMessages(ctx context.Context) error {
	kept := kept{}
	for queue := range s.keptQueues() {
		held, err := s.messages(ctx, queue)
		if err != nil {
			return fmt.Errorf("storing the messages of queue %s: %w", queue, err)
		}
		if len(held) > 0 {
			kept[queue] = held
		}
	}
	if len(kept) == 0 {
		return nil
	}
	content, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return os.WriteFile(s.inData(messagesFile), content, 0o600)
}

// keptQueues returns the queues whose messages are stored: the URL of each queue by its default
// name.
func (s *Services) keptQueues() map[string]string {
	return map[string]string{
		IndexQueue: s.IndexQueueURL, DeadLetters: s.DeadLettersURL,
		FinishQueue: s.FinishQueueURL, FinishDeadLetters: s.FinishDeadLettersURL,
		CollectQueue: s.CollectQueueURL, CollectDeadLetters: s.CollectDeadLettersURL,
		DoorQueue: s.DoorQueueURL, DoorDeadLetters: s.DoorDeadLettersURL,
		DoorEventsQueue: s.DoorEventsQueueURL, DoorEventsDeadLetters: s.DoorEventsDeadLettersURL,
	}
}

// messages returns the messages in a queue.
func (s *Services) messages(ctx context.Context, queue string) ([]message, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.SQS+"/_fauxqs/queues/"+s.Name(queue), nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answer %s", resp.Status)
	}
	type shown struct {
		Body              string
		MessageAttributes map[string]struct{ StringValue string }
	}
	var held struct {
		Messages struct {
			Ready, Delayed []shown
			Inflight       []struct{ Message shown }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&held); err != nil {
		return nil, err
	}
	var all []message
	keep := func(m shown) {
		all = append(all, message{m.Body, m.MessageAttributes[doors.MetadataAttribute].StringValue})
	}
	for _, m := range held.Messages.Inflight {
		keep(m.Message)
	}
	for _, m := range slices.Concat(held.Messages.Ready, held.Messages.Delayed) {
		keep(m)
	}
	return all, nil
}

// restoreMessages sends the messages that keepMessages has stored to their queues.
func (s *Services) restoreMessages(ctx context.Context, client *sqs.Client) error {
	var kept kept
	err := readJSON(s.inData(messagesFile), &kept)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("stored messages of the last run: %w", err)
	}
	for queue, url := range s.keptQueues() {
		for _, m := range kept[queue] {
			in := &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &m.Body}
			if m.Metadata != "" {
				in.MessageAttributes = map[string]types.MessageAttributeValue{
					doors.MetadataAttribute: {DataType: new("String"), StringValue: &m.Metadata},
				}
			}
			if _, err := client.SendMessage(ctx, in); err != nil {
				return fmt.Errorf("restoring messages of queue %s: %w", queue, err)
			}
		}
	}
	return os.Remove(s.inData(messagesFile))
}
