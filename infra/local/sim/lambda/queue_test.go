package lambda_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/sim/child"
	"masterhand/infra/local/sim/lambda"
)

// sqsService starts an SQS for one test.
func sqsService(t *testing.T) *sqs.Client {
	t.Helper()
	if _, err := os.Stat("../../../../node_modules/fauxqs"); err != nil {
		t.Skip("no SQS to test with: run `npm ci` first")
	}
	cmd := exec.Command("node", "../services/sqs.mjs")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	service, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Kill(); <-service.Done() })
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("SQS did not start: %v", err)
	}
	return sqs.New(sqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(strings.TrimSpace(address)),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// queue is one queue of the SQS service.
type queue struct {
	client   *sqs.Client
	url, arn string
}

func newQueue(t *testing.T, client *sqs.Client, name string, attributes map[string]string) queue {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return queue{client, *out.QueueUrl, "arn:aws:sqs:us-east-1:000000000000:" + name}
}

func (q queue) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		_, err := q.client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body,
			MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("test")}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// left returns the number of messages in the queue, messages in flight included.
func (q queue) left(t *testing.T) int {
	t.Helper()
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	out, err := q.client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: names})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, name := range names {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// handed holds the messages of one event that the function got, and the function's response.
type handed struct {
	records  []awsevents.SQSMessage
	response string
	err      error
}

func (h handed) bodies() []string {
	var all []string
	for _, record := range h.records {
		all = append(all, record.Body)
	}
	slices.Sort(all)
	return all
}

// watched returns an invoker that passes invocations on to next. It also returns a channel with the
// messages and the response of each invocation.
func watched(t *testing.T, next lambda.Invoker) (lambda.Invoker, <-chan handed) {
	t.Helper()
	seen := make(chan handed, 64)
	return invokerFunc(func(in lambda.Invocation) ([]byte, error) {
		var event awsevents.SQSEvent
		if err := json.Unmarshal(in.Payload, &event); err != nil {
			t.Error(err)
		}
		response, err := next.Invoke(in)
		seen <- handed{event.Records, string(response), err}
		return response, err
	}), seen
}

// mapped opens an event source mapping from the queue q to the function f. The function how may
// change the mapping's configuration.
func mapped(t *testing.T, q queue, f lambda.Invoker, how func(*lambda.QueueConfig)) *lambda.Queue {
	t.Helper()
	cfg := lambda.QueueConfig{Function: f, Client: q.client, URL: q.url, ARN: q.arn, ReportBatchItemFailures: true}
	if how != nil {
		how(&cfg)
	}
	mapping, err := lambda.OpenQueue(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mapping.Close(context.Background()) })
	return mapping
}

func mustClose(t *testing.T, mapping *lambda.Queue) {
	t.Helper()
	if err := mapping.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	client := sqsService(t)
	f := newFunction(t, nil)

	tests := []struct {
		name   string
		send   []string
		config func(*lambda.QueueConfig)
		err    bool // whether the invocation failed
		left   int
	}{
		{name: "all handled", send: []string{"a", "b"}},
		{name: "one fails", send: []string{"a", "fail", "b"}, left: 1},
		{name: "the function fails", send: []string{"a", "error", "b"}, err: true, left: 3},
		{name: "failures not asked for", send: []string{"a", "fail"}, config: func(c *lambda.QueueConfig) { c.ReportBatchItemFailures = false }},
		{name: "the function fails and failures are not asked for", send: []string{"error"}, config: func(c *lambda.QueueConfig) { c.ReportBatchItemFailures = false }, err: true, left: 1},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t, client, "q"+strconv.Itoa(i), nil)
			q.send(t, test.send...)
			invoker, seen := watched(t, f)
			mapping := mapped(t, q, invoker, test.config)
			got := <-seen
			mustClose(t, mapping)
			if want := slices.Sorted(slices.Values(test.send)); !slices.Equal(got.bodies(), want) {
				t.Errorf("the function was given %q, want %q", got.bodies(), want)
			}
			if (got.err != nil) != test.err {
				t.Errorf("invocation ended with %v", got.err)
			}
			if left := q.left(t); left != test.left {
				t.Errorf("%d messages left, want %d", left, test.left)
			}
		})
	}
}

func TestQueueRecord(t *testing.T) {
	t.Parallel()
	q := newQueue(t, sqsService(t), "records", nil)
	q.send(t, `{"key":"ü & \u0026"}`)
	invoker, seen := watched(t, newFunction(t, nil))
	mapped(t, q, invoker, nil)
	got := (<-seen).records[0]
	if got.Body != `{"key":"ü & \u0026"}` || got.EventSource != "aws:sqs" || got.EventSourceARN != q.arn || got.AWSRegion != "us-east-1" {
		t.Errorf("record %+v", got)
	}
	if got.MessageId == "" || got.ReceiptHandle == "" || got.Md5OfBody == "" || got.Attributes["ApproximateReceiveCount"] != "1" || got.Attributes["SentTimestamp"] == "" {
		t.Errorf("record %+v", got)
	}
	if kind := got.MessageAttributes["kind"]; kind.DataType != "String" || aws.ToString(kind.StringValue) != "test" {
		t.Errorf("attributes %+v", got.MessageAttributes)
	}
}

// If one message of a batch fails, only that message must come again, after its visibility timeout.
// After too many failures, the queue must move the message to the dead letter queue.
func TestFailedMessagesReturnAndBecomeDeadLetters(t *testing.T) {
	t.Parallel()
	client := sqsService(t)
	dead := newQueue(t, client, "dead", nil)
	q := newQueue(t, client, "live", map[string]string{
		"VisibilityTimeout": "1",
		"RedrivePolicy":     `{"deadLetterTargetArn":"` + dead.arn + `","maxReceiveCount":"2"}`,
	})
	q.send(t, "fail", "fail once", "fine")
	invoker, seen := watched(t, newFunction(t, nil))
	mapped(t, q, invoker, nil)
	if first := (<-seen).bodies(); !slices.Equal(first, []string{"fail", "fail once", "fine"}) {
		t.Fatalf("first batch %q", first)
	}
	second := <-seen
	if !slices.Equal(second.bodies(), []string{"fail", "fail once"}) {
		t.Errorf("second batch %q", second.bodies())
	}
	for _, record := range second.records {
		if record.Attributes["ApproximateReceiveCount"] != "2" {
			t.Errorf("%s was received %s times", record.Body, record.Attributes["ApproximateReceiveCount"])
		}
	}
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &dead.url, WaitTimeSeconds: 20})
	if err != nil || len(out.Messages) != 1 || aws.ToString(out.Messages[0].Body) != "fail" {
		t.Fatalf("dead letters: %+v, %v", out, err)
	}
	if left := q.left(t); left != 0 {
		t.Errorf("%d messages left", left)
	}
}

func TestThrottledMessagesReturn(t *testing.T) {
	t.Parallel()
	q := newQueue(t, sqsService(t), "throttled", map[string]string{"VisibilityTimeout": "1"})
	q.send(t, "a")
	var calls atomic.Int32
	invoker, seen := watched(t, invokerFunc(func(lambda.Invocation) ([]byte, error) {
		if calls.Add(1) == 1 {
			return nil, lambda.ErrThrottled
		}
		return []byte("null"), nil
	}))
	mapping := mapped(t, q, invoker, nil)
	if first := <-seen; !errors.Is(first.err, lambda.ErrThrottled) {
		t.Errorf("first invocation: %v", first.err)
	}
	if second := <-seen; second.err != nil || !slices.Equal(second.bodies(), []string{"a"}) {
		t.Errorf("second invocation: %q, %v", second.bodies(), second.err)
	}
	mustClose(t, mapping)
	if left := q.left(t); left != 0 {
		t.Errorf("%d messages left", left)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	client := sqsService(t)
	tests := []struct {
		name     string
		messages int
		size     int // size of each message in bytes
		config   func(*lambda.QueueConfig)
		batches  []int // expected sizes of the batches, sorted
	}{
		{"default size", 12, 10, func(c *lambda.QueueConfig) { c.Concurrency = 1 }, []int{2, 10}},
		{"more than one receive brings", 25, 10, func(c *lambda.QueueConfig) { c.BatchSize, c.Concurrency = 25, 1 }, []int{25}},
		{"one by one", 3, 10, func(c *lambda.QueueConfig) { c.BatchSize = 1 }, []int{1, 1, 1}},
		{"more than an event holds", 28, 250 << 10, func(c *lambda.QueueConfig) { c.BatchSize, c.Concurrency = 28, 1 }, []int{14, 14}},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t, client, "batches"+strconv.Itoa(i), nil)
			for range test.messages {
				q.send(t, strings.Repeat("x", test.size))
			}
			invoker, seen := watched(t, invokerFunc(func(lambda.Invocation) ([]byte, error) { return []byte("null"), nil }))
			mapping := mapped(t, q, invoker, test.config)
			var got []int
			for range test.batches {
				got = append(got, len((<-seen).records))
			}
			mustClose(t, mapping)
			if slices.Sort(got); !slices.Equal(got, test.batches) {
				t.Errorf("batches of %d, want %d", got, test.batches)
			}
			if left := q.left(t); left != 0 {
				t.Errorf("%d messages left", left)
			}
		})
	}
}

func TestWindowWaitsForMore(t *testing.T) {
	t.Parallel()
	q := newQueue(t, sqsService(t), "window", nil)
	invoker, seen := watched(t, invokerFunc(func(lambda.Invocation) ([]byte, error) { return []byte("null"), nil }))
	mapped(t, q, invoker, func(c *lambda.QueueConfig) { c.Window = 20 * time.Second; c.BatchSize = 2 })
	q.send(t, "a")
	q.send(t, "b")
	if got := (<-seen).bodies(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("batch %q", got)
	}
}

func TestQueueCloseFinishesItsBatches(t *testing.T) {
	t.Parallel()
	client := sqsService(t)
	for name, patient := range map[string]bool{"patient": true, "impatient": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t, client, name, nil)
			q.send(t, "a")
			called, release := make(chan struct{}), make(chan struct{})
			mapping := mapped(t, q, invokerFunc(func(lambda.Invocation) ([]byte, error) {
				close(called)
				<-release
				return []byte("null"), nil
			}), nil)
			<-called
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			left := 0
			if patient {
				close(release)
			} else {
				left = 1
				defer close(release)
				cancel()
			}
			if err := mapping.Close(ctx); (err == nil) != patient {
				t.Errorf("Close: %v", err)
			}
			if got := q.left(t); got != left {
				t.Errorf("%d messages left, want %d", got, left)
			}
		})
	}
}

func TestOpenQueueRefusesBadARNs(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{"", "queue", "arn:aws:sqs::000000000000:q", "arn:aws:sqs:us-east-1:000000000000:", "urn:aws:sqs:us-east-1:0:q"} {
		if _, err := lambda.OpenQueue(lambda.QueueConfig{ARN: arn}); err == nil {
			t.Errorf("%q was accepted", arn)
		}
	}
}
