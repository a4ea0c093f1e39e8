package objectevents_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"masterhand/infra/local/sim/objectevents"
)

// noticeOf returns a notice of the S3 server in JSON. The parameter more is JSON text with further
// members. A further member replaces a member of the same name.
func noticeOf(more string) string {
	return `{"bucket":"masters","key":"a b+c%2B.mp4","versionId":"v1","time":"2026-11-21T03:26:40.39Z",` +
		`"sequencer":"18e9f1a10736827e","requestId":"UM9RL42LNOAI92U7","sourceIp":"127.0.0.1",` + more + `}`
}

// eventOf returns an event of EventBridge with the given detail-type. The parameter object is JSON
// text with further members of the event's object. The parameter end is "", or a comma and JSON
// text with further members of the event's detail.
func eventOf(detailType, object, end string) string {
	return `{"version":"0","detail-type":"` + detailType + `","source":"aws.s3","account":"111122223333",` +
		`"time":"2026-11-21T03:26:40Z","region":"eu-west-1","resources":["arn:aws:s3:::masters"],` +
		`"detail":{"version":"0","bucket":{"name":"masters"},"object":{"key":"a b+c%2B.mp4",` + object + `},` +
		`"request-id":"UM9RL42LNOAI92U7","requester":"111122223333","source-ip-address":"127.0.0.1"` + end + `}}`
}

// TestTranslate compares translated notices with the examples and field lists in S3's user guide.
func TestTranslate(t *testing.T) {
	t.Parallel()
	const sequencer = `"sequencer":"18e9f1a10736827e"`
	made := func(operation string) (notice, event string) {
		return noticeOf(`"operation":"` + operation + `","size":5,"etag":"e1"`),
			eventOf("Object Created", `"size":5,"etag":"e1","version-id":"v1",`+sequencer, `,"reason":"`+operation+`"`)
	}
	tests := map[string]struct{ notice, event string }{
		"delete marker": {noticeOf(`"operation":"DeleteObject","etag":"e1","deleteMarker":true`),
			eventOf("Object Deleted", `"etag":"e1","version-id":"v1",`+sequencer, `,"reason":"DeleteObject","deletion-type":"Delete Marker Created"`)},
		"deleted for good": {noticeOf(`"operation":"DeleteObject"`),
			eventOf("Object Deleted", `"version-id":"v1",`+sequencer, `,"reason":"DeleteObject","deletion-type":"Permanently Deleted"`)},
		"tagged": {noticeOf(`"operation":"PutObjectTagging","etag":"e1"`),
			eventOf("Object Tags Added", `"etag":"e1","version-id":"v1"`, "")},
		"untagged": {noticeOf(`"operation":"DeleteObjectTagging","etag":"e1"`),
			eventOf("Object Tags Deleted", `"etag":"e1","version-id":"v1"`, "")},
		"unversioned": {noticeOf(`"operation":"PutObject","size":0,"etag":"e1","versionId":""`),
			eventOf("Object Created", `"size":0,"etag":"e1",`+sequencer, `,"reason":"PutObject"`)},
	}
	for _, operation := range []string{"PutObject", "POST Object", "CopyObject", "CompleteMultipartUpload"} {
		notice, event := made(operation)
		tests[operation] = struct{ notice, event string }{notice, event}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := objectevents.Translate([]byte(tt.notice), "eu-west-1", "111122223333")
			if err != nil {
				t.Fatal(err)
			}
			got, want := decode(t, body), decode(t, tt.event)
			if id := fmt.Sprint(got["id"]); !uuid.MatchString(id) {
				t.Errorf("id %s", id)
			}
			delete(got, "id")
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %s\nwant %s", body, tt.event)
			}
		})
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func decode(t testing.TB, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return m
}

// notNotices lists bodies that are no notices and must be rejected.
var notNotices = map[string]string{
	"empty":             ``,
	"no JSON":           `PutObject`,
	"cut":               noticeOf(`"operation":"PutObject"`)[:40],
	"list":              `[]`,
	"null":              `null`,
	"no operation":      noticeOf(`"size":5`),
	"unknown operation": noticeOf(`"operation":"PutObjectAcl"`),
	"no bucket":         noticeOf(`"operation":"PutObject","bucket":""`),
	"no key":            noticeOf(`"operation":"PutObject","key":""`),
	"no sequencer":      noticeOf(`"operation":"PutObject","sequencer":""`),
	"no time":           `{"operation":"PutObject","bucket":"masters","key":"a","sequencer":"1"}`,
	"size as text":      noticeOf(`"operation":"PutObject","size":"5"`),
	"the gateway's own": `{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"masters"},"object":{"key":"a"}}}]}`,
}

func TestTranslateRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range notNotices {
		if event, err := objectevents.Translate([]byte(body), "eu-west-1", "111122223333"); !errors.Is(err, objectevents.ErrNotice) {
			t.Errorf("%s: %s, %v", name, event, err)
		}
	}
}

// FuzzTranslate checks that every translated notice is a valid event with exactly the key and the
// bucket of the notice.
func FuzzTranslate(f *testing.F) {
	f.Add(noticeOf(`"operation":"PutObject","size":5,"etag":"e1"`))
	f.Add(noticeOf(`"operation":"DeleteObject","deleteMarker":true,"key":"😀\u0000<&>\ud800"`))
	for _, body := range notNotices {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		text, err := objectevents.Translate([]byte(body), "eu-west-1", "111122223333")
		if err != nil {
			if !errors.Is(err, objectevents.ErrNotice) {
				t.Errorf("%v", err)
			}
			return
		}
		var in struct{ Bucket, Key string }
		if err := json.Unmarshal([]byte(body), &in); err != nil {
			t.Fatal(err)
		}
		detail := decode(t, text)["detail"].(map[string]any)
		if got := detail["object"].(map[string]any)["key"]; got != in.Key || !utf8.ValidString(text) {
			t.Errorf("key %q became %q", in.Key, got)
		}
		if got := detail["bucket"].(map[string]any)["name"]; got != in.Bucket {
			t.Errorf("bucket %q became %q", in.Bucket, got)
		}
		if strings.Contains(text, "\n") {
			t.Errorf("event of more than a line: %q", text)
		}
	})
}
