package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	awsevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// regionOf returns the region in an ARN: arn:partition:service:region:account:name.
func regionOf(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[3] == "" || parts[5] == "" {
		return "", fmt.Errorf("%q is not an ARN with a region", arn)
	}
	return parts[3], nil
}

// sqsEvent returns the event with which Lambda invokes a function for a batch of messages.
func sqsEvent(batch []types.Message, arn, region string) awsevents.SQSEvent {
	event := awsevents.SQSEvent{Records: make([]awsevents.SQSMessage, len(batch))}
	for i, message := range batch {
		record := awsevents.SQSMessage{
			MessageId:              aws.ToString(message.MessageId),
			ReceiptHandle:          aws.ToString(message.ReceiptHandle),
			Body:                   aws.ToString(message.Body),
			Md5OfBody:              aws.ToString(message.MD5OfBody),
			Md5OfMessageAttributes: aws.ToString(message.MD5OfMessageAttributes),
			Attributes:             message.Attributes,
			MessageAttributes:      make(map[string]awsevents.SQSMessageAttribute, len(message.MessageAttributes)),
			EventSourceARN:         arn,
			EventSource:            "aws:sqs",
			AWSRegion:              region,
		}
		for name, value := range message.MessageAttributes {
			record.MessageAttributes[name] = awsevents.SQSMessageAttribute{
				StringValue:      value.StringValue,
				BinaryValue:      value.BinaryValue,
				StringListValues: []string{},
				BinaryListValues: [][]byte{},
				DataType:         aws.ToString(value.DataType),
			}
		}
		event.Records[i] = record
	}
	return event
}

// succeeded returns the messages of a batch that the function has processed. The function lists the
// failed messages in the member batchItemFailures of its response; all others have succeeded. An
// empty response, null, {} and an empty list mean that no message failed. An error means that the
// response is invalid, so no message may be deleted. Member names are case-sensitive. Source:
// "Success and failure conditions" of partial batch responses in Lambda's developer guide.
func succeeded(batch []types.Message, response []byte) ([]types.Message, error) {
	if len(response) == 0 {
		return batch, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(response, &fields); err != nil {
		return nil, fmt.Errorf("response with batch item failures: %w", err)
	}
	list := fields["batchItemFailures"]
	if list == nil {
		return batch, nil
	}
	var failures []map[string]any
	if err := json.Unmarshal(list, &failures); err != nil {
		return nil, fmt.Errorf("batchItemFailures: %w", err)
	}
	sent := make(map[string]bool, len(batch))
	for _, message := range batch {
		sent[aws.ToString(message.MessageId)] = true
	}
	failed := make(map[string]bool, len(failures))
	for _, failure := range failures {
		id, _ := failure["itemIdentifier"].(string)
		if id == "" {
			return nil, errors.New("batchItemFailures: an item has no identifier")
		}
		if !sent[id] {
			return nil, errors.New("batchItemFailures: unknown item identifier")
		}
		failed[id] = true
	}
	var handled []types.Message
	for _, message := range batch {
		if !failed[aws.ToString(message.MessageId)] {
			handled = append(handled, message)
		}
	}
	return handled, nil
}
