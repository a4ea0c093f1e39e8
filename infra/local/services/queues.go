package services

import (
	"context"
	"encoding/json"
	"fmt"

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
	return p.asked(dynamostore.CreateTable(ctx, s.clients(config.Endpoints{DynamoDB: address}).DynamoDB(), Table))
}

// The index queue's numbers: visibility is the function's timeout and 30 s, and an
// event that failed five times is for a human.
const (
	indexVisibility  = "90"
	indexMaxReceives = "5"
)

func (s *Services) startSQS(ctx context.Context) error {
	p, address, err := s.startNode(ctx, "SQS (fauxqs)", "sqs.mjs")
	if err != nil {
		return err
	}
	s.SQS = address
	return p.asked(s.createQueues(ctx))
}

// createQueues makes the index queue and its dead letters, with what was kept of them.
func (s *Services) createQueues(ctx context.Context) (err error) {
	client := s.clients(config.Endpoints{SQS: s.SQS}).SQS()
	var arn string
	if s.DeadLettersURL, arn, err = createQueue(ctx, client, DeadLetters, nil); err != nil {
		return err
	}
	redrive, err := json.Marshal(map[string]string{"deadLetterTargetArn": arn, "maxReceiveCount": indexMaxReceives})
	if err != nil {
		return err
	}
	s.IndexQueueURL, s.IndexQueueARN, err = createQueue(ctx, client, IndexQueue, map[string]string{
		"VisibilityTimeout": indexVisibility, "RedrivePolicy": string(redrive),
	})
	if err != nil {
		return err
	}
	return s.restoreMessages(ctx, client)
}

func createQueue(ctx context.Context, client *sqs.Client, name string, attributes map[string]string) (url, arn string, err error) {
	out, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		return "", "", fmt.Errorf("creating queue %s: %w", name, err)
	}
	return *out.QueueUrl, fmt.Sprintf("arn:aws:sqs:%s:%s:%s", Region, Account, name), nil
}
