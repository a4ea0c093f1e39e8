package services

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/config"
	"masterhand/shared/ledger/dynamostore"
)

func (s *Services) startDynamoDB(ctx context.Context) error {
	p, address, err := s.startNode(ctx, "DynamoDB (dynalite)", "dynamodb.mjs", s.inData("dynamodb"))
	if err != nil {
		return err
	}
	s.DynamoDB = address
	return p.asked(dynamostore.CreateTable(ctx, s.clients(config.Endpoints{DynamoDB: address}).DynamoDB(), s.name(Table)))
}

// The queues' numbers, as they are deployed: visibility is the function's timeout and
// 30 s. An event that failed five times is for a human; a handed-off request is ended by
// time, not by receives, and so is an announced file, by its link's or its message's.
var (
	indexNumbers   = map[string]string{"VisibilityTimeout": "90"}
	finishNumbers  = map[string]string{"VisibilityTimeout": "930", "MessageRetentionPeriod": "14400"}
	collectNumbers = map[string]string{"VisibilityTimeout": "930", "MessageRetentionPeriod": "1209600"}
)

const (
	indexReceives   = 5
	reindexReceives = 10
	finishReceives  = 1000
	collectReceives = 1000
)

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
	client := s.clients(config.Endpoints{SQS: s.SQS}).SQS()
	s.IndexQueueURL, s.DeadLettersURL, err = s.createPair(ctx, client, IndexQueue, DeadLetters, indexReceives, indexNumbers)
	if err != nil {
		return err
	}
	s.ReindexQueueURL, s.ReindexDeadLettersURL, err = s.createPair(ctx, client, ReindexQueue, ReindexDeadLetters, reindexReceives, indexNumbers)
	if err != nil {
		return err
	}
	s.FinishQueueURL, s.FinishDeadLettersURL, err = s.createPair(ctx, client, FinishQueue, FinishDeadLetters, finishReceives, finishNumbers)
	if err != nil {
		return err
	}
	s.CollectQueueURL, s.CollectDeadLettersURL, err = s.createPair(ctx, client, CollectQueue, CollectDeadLetters, collectReceives, collectNumbers)
	if err != nil {
		return err
	}
	return s.restoreMessages(ctx, client)
}

// QueueARN returns a queue's name as AWS writes it.
func QueueARN(name string) string { return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", Region, Account, name) }

// createPair makes a queue and its dead letters, by the names that constants have.
func (s *Services) createPair(ctx context.Context, client *sqs.Client, name, dead string, receives int, numbers map[string]string) (url, deadURL string, err error) {
	name, dead = s.name(name), s.name(dead)
	if deadURL, err = createQueue(ctx, client, dead, nil); err != nil {
		return "", "", err
	}
	redrive, err := json.Marshal(map[string]string{"deadLetterTargetArn": QueueARN(dead), "maxReceiveCount": fmt.Sprint(receives)})
	if err != nil {
		return "", "", err
	}
	attributes := maps.Clone(numbers)
	attributes["RedrivePolicy"] = string(redrive)
	url, err = createQueue(ctx, client, name, attributes)
	return url, deadURL, err
}

func createQueue(ctx context.Context, client *sqs.Client, name string, attributes map[string]string) (string, error) {
	out, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", fmt.Errorf("creating queue %s: %w", name, err)
	}
	return *out.QueueUrl, nil
}
