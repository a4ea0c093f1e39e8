package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/infra/local/sim/programtest"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/summary"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(m.Run())
}

var wholeBucket = masters.Library{Name: "default"}

// fixture is a handler with buckets in memory. It is also the handler's reindex queue.
type fixture struct {
	handler
	bucket     *masterstest.Bucket
	index      masters.Index
	sent       []string
	said, told bytes.Buffer
}

func newFixture() *fixture {
	blobs := &masterstest.Memory{}
	b := &fixture{bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: blobs}}
	libraries := []masters.Library{wholeBucket}
	indexer := &indexing.Indexer{Documents: b.index, Bucket: b.bucket, Libraries: libraries}
	b.handler = handler{
		bucket: "masters", queue: "reindex",
		report: telemetry.Reporter{
			Log:     slog.New(slog.NewJSONHandler(&b.said, nil)),
			Metrics: &emf.Writer{W: &b.told, Namespace: "masterhand", Now: time.Now},
		},
		indexer:   indexer,
		summaries: summary.Keeper{Index: b.index, Names: blobs},
		worker: reindex.Worker{
			Control: reindex.Control{Index: b.index, Queue: b, Now: time.Now, NewID: func() string { return "run" }},
			Masters: b.bucket, Documents: blobs, Indexer: indexer, Libraries: libraries,
		},
	}
	return b
}

// SendBatch implements [reindex.Queue].
func (b *fixture) SendBatch(_ context.Context, _ time.Duration, bodies ...[]byte) error {
	for _, body := range bodies {
		b.sent = append(b.sent, string(body))
	}
	return nil
}

// ofReindex returns a batch of messages from the reindex queue.
func ofReindex(bodies ...string) awsevents.SQSEvent {
	event := batch(bodies...)
	for i := range event.Records {
		event.Records[i].EventSourceARN = "arn:aws:sqs:eu-central-1:123456789012:reindex"
		event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": "1"}
	}
	return event
}

// created returns the event that EventBridge sends for a new object in a bucket.
func created(bucket, key string) string {
	quoted, _ := json.Marshal(key) // the error is ignored: a string can always be encoded
	return fmt.Sprintf(`{"version":"0","source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":%q},"object":{"key":%s}}}`, bucket, quoted)
}

// batch returns a batch of messages. The messages have the ids "0", "1" and so on.
func batch(bodies ...string) (event awsevents.SQSEvent) {
	for i, body := range bodies {
		event.Records = append(event.Records, awsevents.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	return event
}

// respond passes an event to the handler as Lambda does, and returns the response.
func (b *fixture) respond(t *testing.T, event any) awsevents.SQSEventResponse {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	response, err := b.handle(t.Context(), text)
	if err != nil {
		// handle must report failed messages, not return an error: after an error the queue
		// delivers the whole batch again
		t.Fatal(err)
	}
	return response
}

// failed handles a batch and returns the ids of the messages that the queue must deliver again.
func (b *fixture) failed(t *testing.T, event awsevents.SQSEvent) (ids []string) {
	t.Helper()
	response := b.respond(t, event)
	for _, f := range response.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	slices.Sort(ids)
	return ids
}

// listed returns the keys of the masters in a creative's index document.
func (b *fixture) listed(t *testing.T, c creative.Creative) (keys []string) {
	t.Helper()
	doc, _, err := b.index.Document(t.Context(), wholeBucket, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range doc.Masters {
		keys = append(keys, m.Key)
	}
	slices.Sort(keys)
	return keys
}

const (
	first  = "HRT-100/v1/en/9x16.mp4"
	second = "HRT-100/v1/en/1x1 ä+%41🍏.mp4"
)

var one = creative.Creative{Code: "HRT-100", Variation: 1}

// If an object can never be read, its event must not become a dead letter, because a dead letter blocks
// the skips of every creative. When the queue delivers the event for the last time, the index must
// list the object as unreadable, and an alarm must go off.
func TestAnUnreadableObjectIsFiledAtTheLastReceive(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.indexer.Filed = func(ctx context.Context, r indexing.Result) { indexing.ReportFiled(ctx, b.report, r) }
	b.bucket.Put(first, []byte("film"), nil)
	b.bucket.Put(second, []byte("film"), nil)
	b.bucket.BeforeLook = func(key string) error {
		if key == first {
			return errors.New("403 AccessDenied")
		}
		return nil
	}
	receive := func(n int) []string {
		event := batch(created("masters", first), created("masters", second), "no event")
		for i := range event.Records {
			event.Records[i].Attributes = map[string]string{"ApproximateReceiveCount": fmt.Sprint(n)}
		}
		return b.failed(t, event)
	}
	for n := range 9 {
		if ids := receive(n + 1); !slices.Equal(ids, []string{"0", "2"}) || strings.Contains(b.told.String(), "UnreadableMasters") {
			t.Errorf("receive %d: messages %v are to come again, told %s", n+1, ids, &b.told)
		}
	}
	if ids := receive(10); !slices.Equal(ids, []string{"2"}) { // an event that cannot be parsed becomes a dead letter
		t.Errorf("the last receive: messages %v are to come again", ids)
	}
	placed, _, err := b.index.Placed(t.Context(), wholeBucket, first)
	if err != nil || !strings.Contains(placed.Unread, "AccessDenied") || len(placed.Documents) != 1 || !placed.Documents[0].Same(one) {
		t.Errorf("filed as %+v, %v", placed, err)
	}
	if !strings.Contains(b.told.String(), `"UnreadableMasters":1`) || !strings.Contains(b.said.String(), "403 AccessDenied") {
		t.Errorf("told %s, said %s", &b.told, &b.said)
	}
	if keys := b.listed(t, one); len(keys) != 2 {
		t.Errorf("listed %v", keys)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(first, []byte("film"), nil)
	b.bucket.Put(second, []byte("film"), nil)
	event := batch(created("masters", first), created("masters", second), created("masters", first), created("masters", "HRT-100/v1/en/gone.mp4"))
	if ids := b.failed(t, event); len(ids) != 0 {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{second, first}) {
		t.Errorf("listed %q", got)
	}
}

// The queue must deliver again only the messages that cannot be parsed, until they become dead letters.
func TestOnlyUnreadableMessagesComeAgain(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(first, []byte("film"), nil)
	event := batch("no JSON", created("masters", first), `{}`, `{"source":"aws.s3","detail":{"bucket":{"name":"masters"},"object":{"key":7}}}`, "")
	if ids := b.failed(t, event); !slices.Equal(ids, []string{"0", "2", "3", "4"}) {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{first}) {
		t.Errorf("listed %q", got)
	}
}

// Events of another bucket must be ignored, even if this bucket has objects with the same keys.
func TestEventsOfAnotherBucketAreIgnored(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(first, []byte("film"), nil)
	if ids := b.failed(t, batch(created("other", first))); len(ids) != 0 {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); len(got) != 0 {
		t.Errorf("listed %q", got)
	}
	if !strings.Contains(b.said.String(), "event of another bucket") {
		t.Errorf("said %s", &b.said)
	}
}

// If a key could not be indexed, the queue must deliver all messages about this key again, and no others.
func TestOnlyTheMessagesOfAFailedKeyComeAgain(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(first, []byte("film"), nil)
	b.bucket.Put(second, []byte("film"), nil)
	broken := true
	b.bucket.BeforeLook = func(key string) error {
		if broken && key == first {
			return errors.New("access denied")
		}
		return nil
	}
	event := batch(created("masters", first), created("masters", second), created("masters", first))
	if ids := b.failed(t, event); !slices.Equal(ids, []string{"0", "2"}) {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{second}) {
		t.Errorf("listed %q", got)
	}
	if !strings.Contains(b.said.String(), "access denied") {
		t.Errorf("said %s", &b.said)
	}
	broken = false
	if ids := b.failed(t, event); len(ids) != 0 {
		t.Errorf("messages %v are to come again once more", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{second, first}) {
		t.Errorf("listed %q", got)
	}
}

// If the index of a small library was never completed, an event of the schedule must start its reindex,
// and must report the library as unbuilt.
func TestTheScheduleLooksAfterTheLibraries(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(first, []byte("film"), nil)
	tell := func() string {
		t.Helper()
		b.told.Reset()
		if response := b.respond(t, map[string]string{"source": "aws.events"}); response.BatchItemFailures != nil {
			t.Errorf("answered %+v", response)
		}
		return b.told.String()
	}
	if told := tell(); !strings.Contains(told, `"UnbuiltLibraries":1`) || len(b.sent) != 1 {
		t.Errorf("told %s, sent %q", told, b.sent)
	}
	for len(b.sent) > 0 {
		bodies := b.sent
		b.sent = nil
		if ids := b.failed(t, ofReindex(bodies...)); len(ids) != 0 {
			t.Fatalf("messages %v are to come again: %s", ids, &b.said)
		}
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{first}) {
		t.Errorf("listed %q", got)
	}
	if told := tell(); !strings.Contains(told, `"UnbuiltLibraries":0`) || len(b.sent) != 0 {
		t.Errorf("told %s, sent %q", told, b.sent)
	}
}

func TestUnreadableMessagesOfAReindex(t *testing.T) {
	t.Parallel()
	b := newFixture()
	if ids := b.failed(t, ofReindex("no JSON", created("masters", first), `{"format":1,"library":"nobody","run":"1","step":{}}`)); len(ids) != 3 {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); len(got) != 0 {
		t.Errorf("listed %q", got)
	}
}

// Without its settings the function must name all missing ones and must not start.
func TestMainWithoutConfiguration(t *testing.T) {
	t.Parallel()
	programtest.Refuses(t, []string{"AWS_REGION=eu-central-1"}, "MASTERS_BUCKET", "INDEX_BUCKET")
}
