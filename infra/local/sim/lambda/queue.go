package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/recursion"
	"masterhand/shared/kit/backoff"
)

const (
	// longPoll is the maximum time that one ReceiveMessage waits for messages. Source: SQS quotas.
	longPoll = 20 * time.Second
	// receiveLimit is the maximum number of messages that one ReceiveMessage returns. Source: SQS
	// quotas.
	receiveLimit = 10
	// pollPause is how long polling pauses after SQS has returned an error.
	pollPause = time.Second
)

// QueueConfig describes an event source mapping from an SQS queue to a function.
type QueueConfig struct {
	// Function processes the batches. Required.
	Function Invoker
	// Client is the client of SQS. Required. Its HTTP client must allow an answer to take 20 s.
	Client *sqs.Client
	// URL and ARN identify the queue. Required.
	URL string
	ARN string
	// BatchSize is the maximum number of messages in one invocation; 0 means 10.
	BatchSize int
	// Window is how long a batch waits for more messages, in whole seconds; 0 means that it does
	// not wait.
	Window time.Duration
	// Concurrency is the maximum number of concurrent batches; 0 means 5, Lambda's initial number.
	Concurrency int
	// ReportBatchItemFailures says whether the member batchItemFailures of a response is read.
	// Otherwise a batch succeeds or fails as a whole.
	ReportBatchItemFailures bool
	// FunctionName is the name of the function. The check for loops counts by this name how often a
	// chain of messages has invoked the function.
	FunctionName string
	// Recursive says whether a chain of messages may invoke the function without limit. If not,
	// the message after [recursion.MaxInvocations] invocations goes to the queue DeadLettersURL.
	// If DeadLettersURL is "", the message is deleted.
	Recursive      bool
	DeadLettersURL string
	// Log receives errors; nil discards them. No message bodies are logged.
	Log *slog.Logger
}

// Queue is a running event source mapping. It deletes a message only after the function has
// processed it. Any other message, for example of a throttled invocation, becomes visible again
// after its visibility timeout. After too many receives, the queue's redrive policy moves the
// message to the dead letter queue.
type Queue struct {
	cfg     QueueConfig
	region  string
	stop    context.CancelFunc // function that ends the polling
	abandon context.CancelFunc // function that cancels the calls that delete processed messages
	slots   chan struct{}      // holds one element for each batch that is being received or processed
	running sync.WaitGroup
}

// OpenQueue starts to poll; Close ends it.
func OpenQueue(cfg QueueConfig) (*Queue, error) {
	region, err := regionOf(cfg.ARN)
	if err != nil {
		return nil, fmt.Errorf("event source mapping: %w", err)
	}
	cfg.BatchSize = cmp.Or(cfg.BatchSize, 10)
	cfg.Concurrency = cmp.Or(cfg.Concurrency, 5)
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)).With("queue", cfg.ARN)
	polling, stop := context.WithCancel(context.Background())
	settling, abandon := context.WithCancel(context.Background())
	q := &Queue{cfg: cfg, region: region, stop: stop, abandon: abandon, slots: make(chan struct{}, cfg.Concurrency)}
	q.running.Go(func() { q.poll(polling, settling) })
	return q, nil
}

// Close stops polling and waits for the running batches. If ctx ends first, it returns ctx's
// error, and unfinished messages stay in the queue.
func (q *Queue) Close(ctx context.Context) error {
	q.stop()
	defer q.abandon()
	ended := make(chan struct{})
	go func() { q.running.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing event source mapping %s: %w", q.cfg.ARN, ctx.Err())
	}
}

// poll receives a batch only when the maximum number of concurrent batches is not reached. So no
// received message waits for an earlier batch while the message's visibility timeout is running.
func (q *Queue) poll(ctx, settling context.Context) {
	for {
		select {
		case q.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch := q.gather(ctx)
		q.running.Go(func() {
			defer func() { <-q.slots }()
			q.handle(settling, q.stopLoops(settling, batch))
		})
	}
}

// gather waits for messages and returns a batch. The batch is empty if no message arrived.
func (q *Queue) gather(ctx context.Context) []types.Message {
	batch := q.receive(ctx, longPoll, min(receiveLimit, q.cfg.BatchSize))
	until := time.Now().Add(q.cfg.Window)
	for len(batch) > 0 && len(batch) < q.cfg.BatchSize && ctx.Err() == nil {
		wait := min(longPoll, max(0, time.Until(until)).Truncate(time.Second))
		more := q.receive(ctx, wait, min(receiveLimit, q.cfg.BatchSize-len(batch)))
		if len(more) == 0 && wait == 0 {
			break
		}
		batch = append(batch, more...)
	}
	return batch
}

// receive returns at most limit messages. After an error of SQS it pauses and returns no messages.
func (q *Queue) receive(ctx context.Context, wait time.Duration, limit int) []types.Message {
	out, err := q.cfg.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &q.cfg.URL,
		MaxNumberOfMessages:         int32(limit),
		WaitTimeSeconds:             int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err == nil {
		return out.Messages
	}
	if ctx.Err() == nil {
		q.cfg.Log.Error("receiving messages", "error", err)
		backoff.Sleep(ctx, pollPause)
	}
	return nil
}

// handle invokes the function with a batch and deletes the processed messages. If the batch is too
// large for one event, it is split into several events.
func (q *Queue) handle(ctx context.Context, batch []types.Message) {
	if len(batch) == 0 {
		return
	}
	payload, err := json.Marshal(sqsEvent(batch, q.cfg.ARN, q.region))
	if err != nil {
		q.cfg.Log.Error("building event", "error", err)
		return
	}
	if half := len(batch) / 2; half > 0 && len(payload) > payloadLimit {
		q.handle(ctx, batch[:half])
		q.handle(ctx, batch[half:])
		return
	}
	response, err := q.cfg.Function.Invoke(Invocation{
		Payload: payload, Trace: traceOfBatch(batch, q.cfg.FunctionName, newTrace(time.Now())),
	})
	if err != nil {
		q.cfg.Log.Warn("batch stays in the queue", "messages", len(batch), "error", err)
		return
	}
	handled := batch
	if q.cfg.ReportBatchItemFailures {
		if handled, err = succeeded(batch, response); err != nil {
			q.cfg.Log.Warn("batch stays in the queue", "messages", len(batch), "error", err)
			return
		}
	}
	if err := q.remove(ctx, handled); err != nil {
		q.cfg.Log.Error("deleting messages", "error", err)
	}
}

// stopLoops removes from a batch each message whose chain has invoked the function too often. Such
// a message goes to the dead letter queue or is deleted, as in Lambda. stopLoops returns the other
// messages.
func (q *Queue) stopLoops(ctx context.Context, batch []types.Message) []types.Message {
	if q.cfg.Recursive {
		return batch
	}
	return slices.DeleteFunc(batch, func(m types.Message) bool {
		if !looped(m, q.cfg.FunctionName) {
			return false
		}
		q.cfg.Log.Error("recursive loop stopped", "message", aws.ToString(m.MessageId), "invocations", recursion.MaxInvocations)
		if q.cfg.DeadLettersURL != "" {
			_, err := q.cfg.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.cfg.DeadLettersURL, MessageBody: m.Body, MessageAttributes: m.MessageAttributes})
			if err != nil {
				q.cfg.Log.Error("sending a message to the dead letters", "error", err)
				return true
			}
		}
		if err := q.remove(ctx, []types.Message{m}); err != nil {
			q.cfg.Log.Error("deleting messages", "error", err)
		}
		return true
	})
}

// remove deletes messages from the queue, ten in each call.
func (q *Queue) remove(ctx context.Context, messages []types.Message) error {
	var problems []error
	for len(messages) > 0 {
		n := min(receiveLimit, len(messages))
		entries := make([]types.DeleteMessageBatchRequestEntry, n)
		for i, message := range messages[:n] {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle}
		}
		out, err := q.cfg.Client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.cfg.URL, Entries: entries})
		if err != nil {
			problems = append(problems, err)
		} else if failed := len(out.Failed); failed > 0 {
			problems = append(problems, fmt.Errorf("%d of %d refused: %s", failed, n, aws.ToString(out.Failed[0].Code)))
		}
		messages = messages[n:]
	}
	return errors.Join(problems...)
}
