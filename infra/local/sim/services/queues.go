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

// Numbers are a queue's.
type Numbers struct {
	Visibility time.Duration // of a received message, until it is there again: its function's timeout and 30 s
	Retention  time.Duration
	Receives   int // after so many a message is a dead letter
}

// numbers are those of the deployment, but for the index, whose messages come again
// sooner. An event that failed a few times is for a human; a handed-off request is ended
// by time, not by receives, and so is an announced file, mostly, by its link's.
var numbers = map[string]Numbers{
	IndexQueue:   {Visibility: 90 * time.Second, Retention: 4 * day, Receives: 5},
	ReindexQueue: {Visibility: 90 * time.Second, Retention: 4 * day, Receives: 10},
	FinishQueue:  {Visibility: 930 * time.Second, Retention: 4 * time.Hour, Receives: 1000},
	DoorQueue:    {Visibility: 930 * time.Second, Retention: 4 * day, Receives: 1000},

	DoorEventsQueue: {Visibility: 930 * time.Second, Retention: 4 * day, Receives: 1000},

	CollectQueue: {Visibility: 930 * time.Second, Retention: 14 * day, Receives: 400},
}

const day = 24 * time.Hour

// NumbersOf returns the numbers of the queue that a constant names.
func NumbersOf(queue string) Numbers { return numbers[queue] }

func (s *Services) startSQS(ctx context.Context) error {
	p, address, err := s.startNode(ctx, "SQS (fauxqs)", "sqs.mjs")
	if err != nil {
		return err
	}
	s.SQS = address
	return p.asked(s.createQueues(ctx))
}

// createQueues makes the queues and their dead letters, with what was kept of them.
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

// QueueARN returns a queue's name as AWS writes it.
func QueueARN(name string) string { return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", Region, Account, name) }

// createPair makes a queue and its dead letters, by the names that constants have.
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
