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
)

// messagesFile keeps, in the data folder, the messages that the queues held at the end.
const messagesFile = "messages.json"

// bodies are messages' bodies by queue. Nothing else of a message matters here.
type bodies map[string][]string

// keepMessages writes down what the queues hold. fauxqs shows it, what is in flight
// included, at an address of its own.
func (s *Services) keepMessages(ctx context.Context) error {
	kept := bodies{}
	for _, queue := range []string{IndexQueue, DeadLetters, FinishQueue, FinishDeadLetters, CollectQueue, CollectDeadLetters} {
		held, err := s.messages(ctx, queue)
		if err != nil {
			return fmt.Errorf("keeping the messages of queue %s: %w", queue, err)
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

// messages returns the bodies of the messages in a queue.
func (s *Services) messages(ctx context.Context, queue string) ([]string, error) {
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
	type message struct{ Body string }
	var held struct {
		Messages struct {
			Ready, Delayed []message
			Inflight       []struct{ Message message }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&held); err != nil {
		return nil, err
	}
	var all []string
	for _, m := range held.Messages.Inflight {
		all = append(all, m.Message.Body)
	}
	for _, m := range slices.Concat(held.Messages.Ready, held.Messages.Delayed) {
		all = append(all, m.Body)
	}
	return all, nil
}

// restoreMessages puts back what keepMessages wrote down.
func (s *Services) restoreMessages(ctx context.Context, client *sqs.Client) error {
	var kept bodies
	err := readJSON(s.inData(messagesFile), &kept)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("messages kept from before: %w", err)
	}
	for queue, url := range map[string]string{
		IndexQueue: s.IndexQueueURL, DeadLetters: s.DeadLettersURL,
		FinishQueue: s.FinishQueueURL, FinishDeadLetters: s.FinishDeadLettersURL,
		CollectQueue: s.CollectQueueURL, CollectDeadLetters: s.CollectDeadLettersURL,
	} {
		for _, body := range kept[queue] {
			if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
				return fmt.Errorf("putting messages back on queue %s: %w", queue, err)
			}
		}
	}
	return os.Remove(s.inData(messagesFile))
}
