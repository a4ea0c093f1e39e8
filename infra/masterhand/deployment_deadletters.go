package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/reindex"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/platform"
)

// deadKind describes a queue and its dead-letter queue. The command "redrive" moves messages from
// the dead-letter queue back to the queue.
type deadKind struct {
	name       string
	live, dead string // names of the stack's outputs with the URLs of the queue and of its dead-letter queue
	// read returns the description of a message's body, without anything secret. It returns an
	// error if the body is unreadable.
	read func(body string) (deadLetter, error)
	// intake is set if the queue exists only in deployments that receive announcements.
	intake bool
	// door is set if the queue exists only in deployments whose setting "doors" includes it.
	door bool
}

// deadKinds lists all queues that have dead letters.
var deadKinds = []deadKind{
	{name: "index", live: "IndexQueueUrl", dead: "IndexDeadLettersUrl", read: readObjectEvent},
	{name: "reindex", live: "ReindexQueueUrl", dead: "ReindexDeadLettersUrl", read: readReindex},
	{name: "finish", live: "FinishQueueUrl", dead: "FinishDeadLettersUrl", read: readHandOff},
	{name: "collect", live: "CollectQueueUrl", dead: "CollectDeadLettersUrl", read: readAnnounced, intake: true},
	{name: "queue", live: "DoorQueueUrl", dead: "DoorDeadLettersUrl", read: readDoorEvent, door: true},
	{name: "bucket", live: "DoorEventsQueueUrl", dead: "DoorEventsDeadLettersUrl", read: readStoredEvent, door: true},
}

// readDoorEvent describes an event that the platform sent to the queue. Only an event with a
// request has a deadline.
func readDoorEvent(body string) (deadLetter, error) {
	event, err := platform.Parse("", []byte(body))
	if err != nil || event.Class != platform.Requested {
		// This is no error: "redrive" may move such a message back to the queue. The function
		// receive then reads the body again, and records an unusable body as malformed.
		return deadLetter{What: "an event that is no request", same: body}, nil
	}
	r := event.Request
	return deadLetter{What: r.Slot.String(), Expires: r.ExpiresAt, same: r.ID() + " " + r.Fingerprint()}, nil
}

// readStoredEvent describes the S3 event of an object that the platform put into the bucket.
func readStoredEvent(body string) (deadLetter, error) {
	e, err := doors.ParseObjectEvent(body)
	if err != nil {
		return deadLetter{}, err
	}
	return deadLetter{What: e.Key, same: body}, nil
}

// readObjectEvent describes an S3 event of a master. All events of one key count as copies of one
// message, because each event only makes the function index read that key again.
func readObjectEvent(body string) (deadLetter, error) {
	e, err := indexing.ParseEvent(body)
	if err != nil {
		return deadLetter{}, err
	}
	return deadLetter{What: e.Type + " " + e.Key, same: e.Bucket + "/" + e.Key}, nil
}

// readReindex describes a message of a reindex. The message starts a step of the reindex, or
// contains a batch of keys.
func readReindex(body string) (deadLetter, error) {
	m, err := reindex.Decode([]byte(body))
	if err != nil {
		return deadLetter{}, err
	}
	what := "batch"
	if m.Step != nil {
		what = "step"
	}
	return deadLetter{What: what + " of library " + m.Library, same: body}, nil
}

// readHandOff describes a request that was handed off.
func readHandOff(body string) (deadLetter, error) {
	job, err := handoff.Decode([]byte(body))
	if err != nil {
		return deadLetter{}, err
	}
	r := job.Request
	return deadLetter{What: r.Slot.String() + " of " + job.Destination, Expires: r.ExpiresAt, same: r.ID() + " " + r.Fingerprint()}, nil
}

// readAnnounced describes a message about a stored announcement. Such a message never expires: the
// function collect finds out whether the files can still be downloaded, and records the result in
// the timeline.
func readAnnounced(body string) (deadLetter, error) {
	m, err := intake.DecodeMessage([]byte(body))
	if err != nil {
		return deadLetter{}, err
	}
	key := m.Key
	if m.Record != nil {
		key = m.Record.Key()
	}
	return deadLetter{What: key, same: body}, nil
}

// fate is the state of a message in "redrive": what the command will do with the message, or did
// with it.
type fate string

const (
	movable    fate = "to be moved"
	moved      fate = "moved"
	expired    fate = "expired"
	dropped    fate = "dropped"
	unreadable fate = "unreadable"
)

// deadLetter is a message that this command has received from a dead-letter queue.
type deadLetter struct {
	ID       string    `json:"id"` // SQS's id of the message
	What     string    `json:"what"`
	Sent     time.Time `json:"sent"`
	Receives int       `json:"receives"`
	Expires  time.Time `json:"expires,omitzero"` // deadline of the request in the message; zero if there is none
	Fate     fate      `json:"fate"`

	same   string      // identifies the content: copies of one message have equal values; "" if the message is unreadable
	copyOf *deadLetter // the first of several equal messages; nil if this message is the first
	body   string      // the message's body; never printed, because it may contain secret URLs

	attributes map[string]types.MessageAttributeValue
	receipt    string
}

// deadQueue is a queue together with its dead-letter queue.
type deadQueue struct {
	deadKind
	client           *sqs.Client
	liveURL, deadURL string
}

func (s *session) deadQueue(ctx context.Context, k deadKind, d deployment) (deadQueue, error) {
	live, err := s.queueURL(ctx, d, k.live)
	if err != nil {
		return deadQueue{}, err
	}
	dead, err := s.queueURL(ctx, d, k.dead)
	return deadQueue{k, s.sqs(), live, dead}, err
}

// queueURL returns the URL of the queue that an output of the stack names.
func (s *session) queueURL(ctx context.Context, d deployment, output string) (string, error) {
	at := d.queues[output]
	if at == "" {
		return "", fmt.Errorf("%s: %w (missing: %s)", d.stack, errNoOutput, output)
	}
	if s.system == nil {
		return at, nil
	}
	out, err := s.sqs().GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &at})
	if err != nil {
		return "", fmt.Errorf("finding queue %s: %w", at, err)
	}
	return *out.QueueUrl, nil
}

const (
	// held is the time in seconds for which a received message stays hidden from other consumers.
	// It is long enough for an operator to answer a question.
	held = 15 * 60
	// takeWait is how long one receive call waits for messages, in seconds. Without a wait, SQS may
	// return no messages although the queue has some.
	takeWait = 1
	// takeBatch is the largest number of messages that SQS returns for one receive call.
	takeBatch = 10
)

// take receives up to limit messages and hides them from other consumers. With an error, it returns
// the messages that were received before the error.
func (q deadQueue) take(ctx context.Context, limit int) (letters []*deadLetter, err error) {
	seen := map[string]bool{}
	for len(letters) < limit {
		out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &q.deadURL, MaxNumberOfMessages: int32(min(takeBatch, limit-len(letters))), VisibilityTimeout: held, WaitTimeSeconds: takeWait,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{
				types.MessageSystemAttributeNameSentTimestamp, types.MessageSystemAttributeNameApproximateReceiveCount,
			},
			MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return letters, fmt.Errorf("receiving dead letters: %w", err)
		}
		if len(out.Messages) == 0 {
			break
		}
		for _, m := range out.Messages {
			if id := value(m.MessageId); !seen[id] { // skips a message that SQS returned twice
				seen[id] = true
				letters = append(letters, q.open(m))
			}
		}
	}
	return letters, nil
}

// open reads a message and returns it as a dead letter.
func (q deadQueue) open(m types.Message) *deadLetter {
	l, err := q.read(value(m.Body))
	if err != nil {
		l = deadLetter{What: err.Error()}
	}
	l.ID, l.body, l.receipt, l.attributes = value(m.MessageId), value(m.Body), value(m.ReceiptHandle), m.MessageAttributes
	if sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.Sent = time.UnixMilli(sent)
	}
	l.Receives, _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	return &l
}

// The errors of SendMessage and DeleteMessage. They do not wrap the SDK's errors, whose text may
// contain the message's secret body.
var (
	errSend   = errors.New("the queue refused a message; it stays among the dead letters")
	errDelete = errors.New("a message could not be deleted from the dead letters")
)

// move sends the movable messages to the live queue. It deletes a message from the dead-letter
// queue only after that message, or an earlier copy of it, was sent.
func (q deadQueue) move(ctx context.Context, letters []*deadLetter) error {
	for _, l := range letters {
		if l.Fate != movable {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.copyOf == nil || l.copyOf.Fate != moved {
			if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.liveURL, MessageBody: &l.body, MessageAttributes: l.attributes}); err != nil {
				return errors.Join(errSend, ctx.Err())
			}
		}
		l.Fate = moved
		if err := q.delete(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// drop deletes the expired messages from the dead-letter queue.
func (q deadQueue) drop(ctx context.Context, letters []*deadLetter) error {
	for _, l := range letters {
		if l.Fate != expired {
			continue
		}
		if err := q.delete(ctx, l); err != nil {
			return err
		}
		l.Fate = dropped
	}
	return nil
}

// delete deletes a message from the dead-letter queue. It does so even after an interrupt, because
// a message that was already sent must not be sent a second time.
func (q deadQueue) delete(ctx context.Context, l *deadLetter) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if _, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &q.deadURL, ReceiptHandle: &l.receipt}); err != nil {
		return errDelete
	}
	return nil
}

// releaseTime is the time limit of each SQS call that must still run after an interrupt.
const releaseTime = 5 * time.Second

// release makes the messages that were neither moved nor dropped visible to other consumers at
// once.
func (q deadQueue) release(ctx context.Context, letters []*deadLetter) {
	ctx, cancel := context.WithTimeout(ctx, releaseTime)
	defer cancel()
	var entries []types.ChangeMessageVisibilityBatchRequestEntry
	for i, l := range letters {
		if l.Fate != moved && l.Fate != dropped {
			entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: new(strconv.Itoa(i)), ReceiptHandle: &l.receipt})
		}
	}
	for batch := range slices.Chunk(entries, takeBatch) {
		_, _ = q.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: &q.deadURL, Entries: batch,
		}) // the error is ignored: SQS shows the messages again anyway, within 15 minutes (held)
	}
}
