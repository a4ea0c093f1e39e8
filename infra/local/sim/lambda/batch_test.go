package lambda_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/sim/lambda"
)

func batch() []types.Message {
	return []types.Message{{MessageId: aws.String("1")}, {MessageId: aws.String("2")}, {MessageId: aws.String("3")}}
}

func TestBatchItemFailures(t *testing.T) {
	t.Parallel()
	all := []string{"1", "2", "3"}
	tests := []struct {
		response string
		handled  []string // messages that succeeded; nil means that the response is invalid
	}{
		{``, all},
		{`null`, all},
		{`{}`, all},
		{`{"batchItemFailures":null}`, all},
		{`{"batchItemFailures":[]}`, all},
		{`{"batchItemFailures":[{"itemIdentifier":"2"}]}`, []string{"1", "3"}},
		{`{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"2"}]}`, []string{"1", "3"}},
		{`{"batchItemFailures":[{"itemIdentifier":"1"},{"itemIdentifier":"2"},{"itemIdentifier":"3"}]}`, []string{}},
		{`{"batchItemFailures":[{"itemIdentifier":""}]}`, nil},
		{`{"batchItemFailures":[{"itemIdentifier":null}]}`, nil},
		{`{"batchItemFailures":[{"itemIdentifier":2}]}`, nil},
		{`{"batchItemFailures":[{"ItemIdentifier":"2"}]}`, nil},
		{`{"batchItemFailures":[{"messageId":"2"}]}`, nil},
		{`{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":"4"}]}`, nil},
		{`{"batchItemFailures":["2"]}`, nil},
		{`{"batchItemFailures":"2"}`, nil},
		{`"2"`, nil},
		{`[]`, nil},
		{`no json`, nil},
	}
	for _, test := range tests {
		handled, err := lambda.Succeeded(batch(), []byte(test.response))
		if (err != nil) != (test.handled == nil) || !slices.Equal(ids(handled), test.handled) {
			t.Errorf("%s: handled %q, %v, want %q", test.response, ids(handled), err, test.handled)
		}
	}
}

func ids(messages []types.Message) []string {
	var all []string
	for _, message := range messages {
		all = append(all, *message.MessageId)
	}
	return all
}

// A message that a response names in batchItemFailures must never be deleted.
func FuzzBatchItemFailures(f *testing.F) {
	f.Add([]byte(`{"batchItemFailures":[{"itemIdentifier":"2"}]}`))
	f.Add([]byte(`{"batchItemFailures":[{"itemIdentifier":""}]}`))
	f.Fuzz(func(t *testing.T, response []byte) {
		handled, err := lambda.Succeeded(batch(), response)
		if err != nil && len(handled) > 0 {
			t.Errorf("%q: %d handled in spite of %v", response, len(handled), err)
		}
	})
}
