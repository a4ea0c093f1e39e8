package services

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/variables"
	"masterhand/shared/request/ledger/dynamostore"
)

func (s *Services) startDynamoDB(ctx context.Context) error {
	p, address, err := s.startNode(ctx, "DynamoDB (dynalite)", "dynamodb.mjs", s.inData("dynamodb"))
	if err != nil {
		return err
	}
	s.DynamoDB = address
	return p.asked(dynamostore.CreateTable(ctx, s.clients(variables.Endpoints{DynamoDB: address}).DynamoDB(), s.Name(Table)))
}

// Numbers holds the limits of a queue.
type Numbers struct {
	// Visibility is the time after which a received message becomes visible again: 30 s longer than
	// the time-out of the function that processes the queue.
	Visibility time.Duration
	Retention  time.Duration
	Receives   int // number of receives after which a message moves to the dead letter queue
}

// numbers holds the limits of the queues, by default name. They are the limits of the deployed
// queues, except that messages of IndexQueue and ReindexQueue become visible again sooner. In these
// two queues a few failures make a message a dead letter, because an operator must look at it. The
// other queues allow many receives, because their messages usually end by a time limit: the
// deadline of a request, or the expiry of an announced file's link.
var numbers = map[string]Numbers{
	IndexQueue:   {Visibility: 90 * time.Second, Retention: 4 * day, Receives: 5},
	ReindexQueue: {Visibility: 90 * time.Second, Retention: 4 * day, Receives: 10},
	FinishQueue:  {Visibility: 930 * time.Second, Retention: 4 * time.Hour, Receives: 1000},
	DoorQueue:    {Visibility: 930 * time.Second, Retention: 4 * day, Receives: 1000},

	DoorEventsQueue: {Visibility: 930 * time.Second, Retention: 4 * day, Receives: 1000},

	CollectQueue: {Visibility: 930 * time.Second, Retention: 14 * day, Receives: 400},
}

const day = 24 * time.Hour

// NumbersOf returns the limits of the queue with the default name queue, such as [IndexQueue].
func NumbersOf(queue string) Numbers { return numbers[queue] }

func (s *Services) startSQS(ctx context.Context) error {
	p, address, err := s.startNode(ctx, "SQS (fauxqs)", "sqs.mjs")
	if err != nil {
		return err
	}
	s.SQS = address
	return p.asked(s.createQueues(ctx))
}

// createQueues creates the queues and their dead letter queues, and restores the stored messages.
func (s *Services) createQueues(ctx context.Context) (err error) {
	client := s.clients(variables.Endpoints{SQS: s.SQS}).SQS()
	s.IndexQueueURL, s.DeadLettersURL, err = s.createPair(ctx, client, IndexQueue, DeadLetters)
	if err != nil {
		return err
	}
	s.ReindexQueueURL, s.ReindexDeadLettersURL, err = s.createPair(ctx, client, ReindexQueue, ReindexDeadLetters)
	if err != nil {
		return err
	}
	s.FinishQueueURL, s.FinishDeadLettersURL, err = s.createPair(ctx, client, FinishQueue, FinishDeadLetters)
	if err != nil {
		return err
	}
	s.CollectQueueURL, s.CollectDeadLettersURL, err = s.createPair(ctx, client, CollectQueue, CollectDeadLetters)
	if err != nil {
		return err
	}
	s.DoorQueueURL, s.DoorDeadLettersURL, err = s.createPair(ctx, client, DoorQueue, DoorDeadLetters)
	if err != nil {
		return err
	}
	s.DoorEventsQueueURL, s.DoorEventsDeadLettersURL, err = s.createPair(ctx, client, DoorEventsQueue, DoorEventsDeadLetters)
	if err != nil {
		return err
	}
	return s.restoreMessages(ctx, client)
}

// QueueARN returns the ARN of a queue.
func QueueARN(name string) string { return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", Region, Account, name) }

// createPair creates a queue and its dead letter queue. The parameters name and dead are the
// default names of the two queues.
func (s *Services) createPair(ctx context.Context, client *sqs.Client, name, dead string) (url, deadURL string, err error) {
	n := NumbersOf(name)
	name, dead = s.Name(name), s.Name(dead)
	if deadURL, err = createQueue(ctx, client, dead, nil); err != nil {
		return "", "", err
	}
	redrive, err := json.Marshal(map[string]string{"deadLetterTargetArn": QueueARN(dead), "maxReceiveCount": fmt.Sprint(n.Receives)})
	if err != nil {
		return "", "", err
	}
	url, err = createQueue(ctx, client, name, map[string]string{
		"VisibilityTimeout":      fmt.Sprint(int(n.Visibility.Seconds())),
		"MessageRetentionPeriod": fmt.Sprint(int(n.Retention.Seconds())),
		"RedrivePolicy":          string(redrive),
	})
	return url, deadURL, err
}

func createQueue(ctx context.Context, client *sqs.Client, name string, attributes map[string]string) (string, error) {
	out, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", fmt.Errorf("creating queue %s: %w", name, err)
	}
	return *out.QueueUrl, nil
}
