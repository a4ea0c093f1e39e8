package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/creative"
	"masterhand/shared/indexing"
	"masterhand/shared/masters"
	"masterhand/shared/masters/masterstest"
)

// asMain has the test's own program run main, which ends it.
const asMain = "INDEX_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

var library = masters.Library{Name: "default"}

// bench is a handler on buckets in memory.
type bench struct {
	handler
	bucket *masterstest.Bucket
	index  masters.Index
	said   bytes.Buffer
}

func newBench() *bench {
	b := &bench{bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: &masterstest.Memory{}}}
	b.handler = handler{
		bucket: "masters", log: slog.New(slog.NewJSONHandler(&b.said, nil)),
		indexer: &indexing.Indexer{Index: b.index, Bucket: b.bucket, Libraries: []masters.Library{library}},
	}
	return b
}

// created is the event of an object in a bucket, as EventBridge writes it.
func created(bucket, key string) string {
	quoted, _ := json.Marshal(key) // a string always encodes
	return fmt.Sprintf(`{"version":"0","source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":%q},"object":{"key":%s}}}`, bucket, quoted)
}

// batch makes a batch of messages, whose ids are their numbers.
func batch(bodies ...string) (event awsevents.SQSEvent) {
	for i, body := range bodies {
		event.Records = append(event.Records, awsevents.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	return event
}

// failed handles a batch and returns the ids that are to come again, and the response as
// it goes out.
func (b *bench) failed(t *testing.T, event awsevents.SQSEvent) (ids []string) {
	t.Helper()
	response, err := b.handle(t.Context(), event)
	if err != nil {
		t.Fatal(err) // the whole batch would come again
	}
	for _, f := range response.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	slices.Sort(ids)
	return ids
}

// listed returns the keys in a creative's document.
func (b *bench) listed(t *testing.T, c creative.Creative) (keys []string) {
	t.Helper()
	doc, _, err := b.index.Document(t.Context(), library, c)
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
	first  = "HRT-1/v1/en/9x16.mp4"
	second = "HRT-1/v1/en/1x1 ä+%41🍏.mp4"
)

var one = creative.Creative{Code: "HRT-1", Variation: 1}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.bucket.Put(first, []byte("film"), nil)
	b.bucket.Put(second, []byte("film"), nil)
	event := batch(created("masters", first), created("masters", second), created("masters", first), created("masters", "HRT-1/v1/en/gone.mp4"))
	if ids := b.failed(t, event); len(ids) != 0 {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{second, first}) {
		t.Errorf("listed %q", got)
	}
}

// What cannot be read comes again alone, until it is for a human; the rest is done.
func TestUnreadableMessages(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.bucket.Put(first, []byte("film"), nil)
	event := batch("no JSON", created("masters", first), `{}`, `{"source":"aws.s3","detail":{"bucket":{"name":"masters"},"object":{"key":7}}}`, "")
	if ids := b.failed(t, event); !slices.Equal(ids, []string{"0", "2", "3", "4"}) {
		t.Errorf("messages %v are to come again", ids)
	}
	if got := b.listed(t, one); !slices.Equal(got, []string{first}) {
		t.Errorf("listed %q", got)
	}
}

// Another bucket's events are none of ours, whatever this bucket holds under their keys.
func TestAnotherBucket(t *testing.T) {
	t.Parallel()
	b := newBench()
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

// Every message of a key that could not be indexed comes again, and no other.
func TestFaultOfOneKey(t *testing.T) {
	t.Parallel()
	b := newBench()
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

func TestEmptyBatch(t *testing.T) {
	t.Parallel()
	b := newBench()
	response, err := b.handle(t.Context(), batch())
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(response); err != nil || !bytes.Contains(text, []byte("batchItemFailures")) {
		t.Errorf("response %s, %v", text, err)
	}
}

// A function that is told too little says all of what is missing, and does not start.
func TestMainWithoutConfiguration(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = []string{asMain + "=yes", "AWS_REGION=eu-central-1"}
	printed, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	for _, want := range []string{"MASTERS_BUCKET", "INDEX_BUCKET"} {
		if !strings.Contains(string(printed), want) {
			t.Errorf("printed %s, want %s in it", printed, want)
		}
	}
}
