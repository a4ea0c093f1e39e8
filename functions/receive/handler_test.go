package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
)

// fixture is a handler for tests. Its secret contains an entry for the destination "ads" but none
// for the destination "late".
type fixture struct {
	handler
	said    bytes.Buffer
	delayed map[string]time.Duration // the delay of each message, by the name of its queue and its receipt
	err     error                    // the error that Delay returns
}

// pauses is a queue that records the delays of its messages.
type pauses struct {
	*fixture
	name string
}

// Delay implements the interface delayer.
func (p pauses) Delay(_ context.Context, receipt string, pause time.Duration) error {
	p.delayed[p.name+" "+receipt] = pause
	return p.err
}

// Load implements [secret.Source].
func (f *fixture) Load(context.Context) ([]byte, error) { return []byte(`[{"name":"ads"}]`), nil }

// Read implements [doors.Objects].
func (f *fixture) Read(context.Context, string, string, int64) (doors.Object, error) {
	return doors.Object{Body: []byte("{{"), Metadata: map[string]string{"topic": "video.source_requested"}}, nil
}

func newFixture(queue, bucket string) *fixture {
	f := &fixture{delayed: map[string]time.Duration{}}
	f.handler = handler{
		receiver: &doors.Receiver{
			Pipeline: doors.Pipeline{
				Service:   &fulfillment.Service{Ledger: &ledger.Ledger{Store: ledgertest.NewMemory(), Now: time.Now, NewOwner: func() string { return "owner" }}},
				Libraries: []masters.Library{{Name: "default"}},
			},
			Destinations: destination.NewKeyring(f, destination.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now}),
			Settings:     doors.Settings{doors.Queue: {Destination: queue}, doors.Bucket: {Destination: bucket}},
			Bucket:       "acme-events", Objects: f, Now: time.Now, Jitter: func() float64 { return 1 },
		},
		sources: []source{{doors.Queue, "door", pauses{f, "door"}}, {doors.Bucket, "door-events", pauses{f, "door-events"}}},
		report: telemetry.Reporter{
			Log:     slog.New(slog.NewJSONHandler(&f.said, nil)),
			Metrics: &emf.Writer{W: &f.said, Namespace: "test", Now: time.Now},
		},
	}
	return f
}

const arn = "arn:aws:sqs:eu-central-1:123456789012:"

// ofQueue returns a message that the platform sent to the queue. ofBucket returns a message about
// an event that the platform stored in the bucket. Both have the form in which Lambda delivers
// messages.
func ofQueue(id, body string) awsevents.SQSMessage {
	return awsevents.SQSMessage{
		MessageId: id, ReceiptHandle: id, Body: body, EventSourceARN: arn + "door", Attributes: map[string]string{"ApproximateReceiveCount": "3"},
		MessageAttributes: map[string]awsevents.SQSMessageAttribute{"metadata": {DataType: "String", StringValue: new(`{"topic":"video.source_requested"}`)}},
	}
}

func ofBucket(id string) awsevents.SQSMessage {
	return awsevents.SQSMessage{
		MessageId: id, ReceiptHandle: id, EventSourceARN: arn + "door-events",
		Body: `{"source":"aws.s3","detail":{"bucket":{"name":"acme-events"},"object":{"key":"a"}}}`,
	}
}

// failed handles messages and returns the ids of those that the queue must deliver again.
func (f *fixture) failed(t *testing.T, messages ...awsevents.SQSMessage) (ids []string) {
	t.Helper()
	event, err := json.Marshal(awsevents.SQSEvent{Records: messages})
	if err != nil {
		t.Fatal(err)
	}
	response, err := f.handle(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range response.BatchItemFailures {
		ids = append(ids, failure.ItemIdentifier)
	}
	return ids
}

func TestOnlyUnfinishedMessagesComeAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		queue, bucket string
		err           error
		failed        []string
		delayed       []string
	}{
		"both entries listed":    {"ads", "ads", nil, nil, nil},
		"the queue's is missing": {"late", "ads", nil, []string{"1"}, []string{"door 1"}},
		"the bucket's is":        {"ads", "late", nil, []string{"2"}, []string{"door-events 2"}},
		"a delay fails":          {"ads", "late", errors.New("no queue"), []string{"2"}, []string{"door-events 2"}},
	} {
		f := newFixture(c.queue, c.bucket)
		f.err = c.err
		if ids := f.failed(t, ofQueue("1", "{{"), ofBucket("2")); !slices.Equal(ids, c.failed) {
			t.Errorf("%s: %q come again, want %q", name, ids, c.failed)
		}
		for _, at := range c.delayed {
			if f.delayed[at] < time.Second {
				t.Errorf("%s: delays %v, want one of %s", name, f.delayed, at)
			}
		}
		if len(f.delayed) != len(c.delayed) {
			t.Errorf("%s: delays %v", name, f.delayed)
		}
		for _, told := range []string{`"door":"queue"`, `"door":"bucket"`} {
			if !strings.Contains(f.said.String(), told) {
				t.Errorf("%s: no line with %s", name, told)
			}
		}
	}
}

// A queue message without the attribute "metadata" must be accepted.
func TestAMessageWithoutMetadata(t *testing.T) {
	t.Parallel()
	f := newFixture("ads", "ads")
	for _, attributes := range []map[string]awsevents.SQSMessageAttribute{
		nil, {"metadata": {DataType: "Binary", BinaryValue: []byte("x")}}, {"other": {DataType: "String", StringValue: new("x")}},
	} {
		m := ofQueue("1", `{"hello":"world"}`)
		m.MessageAttributes = attributes
		if ids := f.failed(t, m); ids != nil {
			t.Errorf("%v: comes again", attributes)
		}
	}
	if n := strings.Count(f.said.String(), `"outcome":"ignored"`); n != 3 {
		t.Errorf("%d messages ignored, want 3: %s", n, &f.said)
	}
}

func TestAnEventOfAnotherShapeIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := newFixture("ads", "ads").handle(t.Context(), json.RawMessage(`[]`)); err == nil {
		t.Error("a batch that cannot be read counts as handled")
	}
}
