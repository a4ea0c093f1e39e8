package indexing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/library/indexing"
)

// objectEvent is an event as the S3 user guide shows it.
const objectEvent = `{
  "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created", "source": "aws.s3",
  "account": "111122223333", "time": "2021-11-12T00:00:00Z", "region": "ca-central-1", "resources": ["arn:aws:s3:::amzn-s3-demo-bucket1"],
  "detail": {
    "version": "0", "bucket": {"name": "amzn-s3-demo-bucket1"},
    "object": {"key": "example-key", "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184", "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e", "sequencer": "617f08299329d189"},
    "request-id": "N4N7GDK58NMKJ12R", "requester": "123456789012", "source-ip-address": "1.2.3.4", "reason": "PutObject"
  }
}`

func TestParseEvent(t *testing.T) {
	t.Parallel()
	got, err := indexing.ParseEvent(objectEvent)
	if want := (indexing.Event{Bucket: "amzn-s3-demo-bucket1", Key: "example-key", Type: "Object Created"}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for _, kind := range []string{"Object Deleted", "Object Tags Added", "Object Tags Deleted", "Object Restore Completed", "Object Storage Class Changed", "Object Something New"} {
		got, err := indexing.ParseEvent(strings.Replace(objectEvent, "Object Created", kind, 1))
		if err != nil || got.Type != kind || got.Key != "example-key" {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}

// ParseEvent does not decode keys, because EventBridge does not encode them.
func TestParseEventKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"a b", "a+b", "a%20b", "%", "kampagne für äpfel 🍏+50%/HRT-301-1_en_1x1.mp4", `quote"back\slash`, "e\u0301", "<&>", "/", " ",
		strings.Repeat("k", 1024),
	} {
		quoted, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		body := strings.Replace(objectEvent, `"example-key"`, string(quoted), 1)
		if got, err := indexing.ParseEvent(body); err != nil || got.Key != key {
			t.Errorf("%q read as %q, %v", key, got.Key, err)
		}
	}
}

// ParseEvent accepts messages up to SQS's limit of 1 MiB.
func TestParseEventTakesTheLargestMessage(t *testing.T) {
	t.Parallel()
	body := objectEvent + strings.Repeat(" ", 1<<20-len(objectEvent))
	if _, err := indexing.ParseEvent(body); err != nil {
		t.Errorf("a message of 1 MiB: %v", err)
	}
	if _, err := indexing.ParseEvent(body + " "); !errors.Is(err, indexing.ErrEvent) {
		t.Errorf("a byte more: %v", err)
	}
}

func TestParseEventRefuses(t *testing.T) {
	t.Parallel()
	without := func(old, with string) string { return strings.Replace(objectEvent, old, with, 1) }
	tests := map[string]string{
		"nothing":          "",
		"no JSON":          "event",
		"half of it":       objectEvent[:len(objectEvent)/2],
		"two of them":      objectEvent + objectEvent,
		"a list":           "[" + objectEvent + "]",
		"null":             "null",
		"an empty object":  "{}",
		"another source":   without(`"aws.s3"`, `"aws.ec2"`),
		"no source":        without(`"source"`, `"from"`),
		"no bucket":        without(`"amzn-s3-demo-bucket1"},`, `""},`),
		"a bucket's list":  without(`{"name": "amzn-s3-demo-bucket1"}`, `["amzn-s3-demo-bucket1"]`),
		"no key":           without(`"key"`, `"name"`),
		"an empty key":     without(`"example-key"`, `""`),
		"a number for one": without(`"example-key"`, `7`),
		"a number type":    without(`"Object Created"`, `7`),
		"a key too long":   without(`example-key`, strings.Repeat("k", 1025)),
		"a long one":       without(`"0"`, fmt.Sprintf("%q", strings.Repeat("0", 1<<20))),
		"S3's own notice":  `{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`,
		"S3's test":        `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`,
	}
	for name, body := range tests {
		if got, err := indexing.ParseEvent(body); !errors.Is(err, indexing.ErrEvent) || got != (indexing.Event{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(objectEvent)
	f.Add(`{"source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"\ud83c\udf4f"}}}`)
	f.Add(`{"source":"aws.s3","detail":null}`)
	f.Add(`{"Records":[]}`)
	f.Fuzz(func(t *testing.T, body string) {
		event, err := indexing.ParseEvent(body)
		if err != nil {
			if !errors.Is(err, indexing.ErrEvent) || event != (indexing.Event{}) {
				t.Errorf("%+v, %v", event, err)
			}
			return
		}
		if event.Bucket == "" || event.Key == "" || len(event.Key) > 1024 || !json.Valid([]byte(body)) {
			t.Errorf("took %q as %+v", body, event)
		}
	})
}
