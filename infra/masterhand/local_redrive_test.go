package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/platform"
)

// queues makes queues that only this test uses and that no function reads. It returns the queues'
// names and URLs, each by the name of the stack's output.
func queues(t *testing.T, env *scenariotest.Env, name string) (names, urls map[string]string) {
	t.Helper()
	names, urls = map[string]string{}, map[string]string{}
	for _, k := range deadKinds {
		for _, output := range []string{k.live, k.dead} {
			out, err := env.Clients().SQS().CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: new(name + "-" + output)})
			if err != nil {
				t.Fatal(err)
			}
			names[output], urls[output] = name+"-"+output, *out.QueueUrl
		}
	}
	return names, urls
}

// objectEvent returns an event of EventBridge that an object with this key was made.
func objectEvent(key string) string {
	quoted, _ := json.Marshal(key) // the error is ignored: encoding a string as JSON never fails
	return fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"masters"},"object":{"key":%s}}}`, quoted)
}

const secretURL = "https://a.r2.cloudflarestorage.com/b/k?X-Amz-Signature=5EC12E7"

// handedOff returns a message of the queue for the function finish. It contains a request with this
// deadline that was handed off.
func handedOff(t *testing.T, token string, expires time.Time) string {
	t.Helper()
	upload, err := capability.Parse(secretURL)
	if err != nil {
		t.Fatal(err)
	}
	callback, err := capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/" + token + "/complete")
	if err != nil {
		t.Fatal(err)
	}
	job := fulfillment.Job{Destination: "acme", Request: platform.Request{
		Slot:      creative.Slot{Project: "p", Creative: creative.Creative{Code: "HRT", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16"},
		UploadURL: upload, CompleteURL: callback, StorageKey: "k", ExpiresAt: expires,
	}}
	body, err := handoff.Encode(job)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// enqueue sends messages to a queue.
func enqueue(t *testing.T, env *scenariotest.Env, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := env.Clients().SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

// holds fails the test unless exactly want messages are visible in a queue.
func holds(t *testing.T, env *scenariotest.Env, url string, want int) {
	t.Helper()
	out, err := env.Clients().SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"])
	hidden, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessagesNotVisible"])
	if got != want || hidden != 0 {
		t.Errorf("%s holds %d messages and %d hidden ones, want %d", url[strings.LastIndex(url, "/")+1:], got, hidden, want)
	}
}

func TestRedrive(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	names, q := queues(t, env, "redrive")
	s, _ := working(t, env, wire{func(*http.Request) error { return nil }})
	s.queues = names
	ops := func(o operator, args ...string) said {
		t.Helper()
		return o.inSession(t, s, append([]string{"redrive"}, args...)...)
	}
	ops(operator{}).expect(t, 0, "index: no dead letters", "finish: no dead letters")

	enqueue(t, env, q["IndexDeadLettersUrl"], objectEvent("a \x1b.mp4"), objectEvent("a \x1b.mp4"), objectEvent("b.mp4"), "no event")
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	one, old := handedOff(t, "one", soon), handedOff(t, "old", past)
	enqueue(t, env, q["FinishDeadLettersUrl"], one, one, old, `{"format":9}`)

	shown := ops(operator{}, "--dry-run")
	shown.expect(t, 0, "index: 4 dead letters", "Object Created a �.mp4", "to be moved (copy)", "unreadable", "finish: 4 dead letters",
		"HRT-2 en video 9x16 of acme", "expired "+past.UTC().Format("2006-01-02"))
	ops(operator{input: "yes\n"}).expect(t, 1, "nothing was changed")
	holds(t, env, q["IndexDeadLettersUrl"], 4)
	holds(t, env, q["FinishDeadLettersUrl"], 4)

	ops(operator{input: "redrive\n"}, "index").expect(t, 1, "index: 3 messages moved back", "1 are left")
	holds(t, env, q["IndexQueueUrl"], 2)
	holds(t, env, q["IndexDeadLettersUrl"], 1)
	holds(t, env, q["FinishDeadLettersUrl"], 4)

	moving := ops(operator{input: "no\n"}, "finish", "--yes", "--drop-expired")
	moving.expect(t, 1, "finish: 2 messages moved back", "1 request past the deadline", "nothing was changed")
	holds(t, env, q["FinishQueueUrl"], 1)
	holds(t, env, q["FinishDeadLettersUrl"], 2)
	dropping := ops(operator{input: "drop\n"}, "finish", "--yes", "--json", "--drop-expired")
	dropping.expect(t, 1, `"fate":"dropped"`, `"fate":"unreadable"`, "1 are left")
	holds(t, env, q["FinishDeadLettersUrl"], 1)
	for _, s := range []said{shown, moving, dropping} {
		s.quiet(t, "5EC12E7", "waitpoints", "X-Amz")
	}
	ops(operator{}, "intake").expect(t, 2, "QUEUE must be one of index, reindex, finish, collect")
	ops(operator{}, "--json").expect(t, 2, "--json asks no questions")
}

// "redrive" loses no message: whichever call to SQS fails, each message is still in the dead-letter
// queue or in the live queue.
func TestRedriveLosesNothing(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	for operation, c := range map[string]struct{ live, dead int }{
		"SendMessage":   {0, 2}, // no message is moved, because the first error ends the command
		"DeleteMessage": {1, 2},
	} {
		names, q := queues(t, env, operation)
		enqueue(t, env, q["IndexDeadLettersUrl"], objectEvent("a.mp4"), objectEvent("b.mp4"))
		s, out := working(t, env, wire{func(r *http.Request) error {
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation) {
				return errors.New("no route to host")
			}
			return nil
		}})
		s.queues = names
		if err := s.redrive(t.Context(), redriveOptions{only: "index", yes: true, limit: 10}); err == nil {
			t.Errorf("%s: no error\n%s", operation, out)
		}
		s.aws.HTTPClient = http.DefaultClient
		holds(t, env, q["IndexQueueUrl"], c.live)
		if operation == "SendMessage" {
			holds(t, env, q["IndexDeadLettersUrl"], c.dead)
		}
		if err := s.redrive(t.Context(), redriveOptions{only: "index", yes: true, limit: 10}); err != nil {
			t.Errorf("%s: once more: %v", operation, err)
		}
	}
}

// A session without its own queue names uses the queues of the system on this machine.
func TestRedriveFindsTheLocalQueues(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	key := scenariotest.StoryKey(scenariotest.NewCode())
	enqueue(t, env, env.DeadLettersURL, objectEvent(key))
	here(t, env)(operator{}, "redrive", "--yes").expect(t, 0, key, "1 message moved back", "finish: no dead letters")
	holds(t, env, env.DeadLettersURL, 0)

	s, _ := working(t, env, wire{func(*http.Request) error { return nil }})
	s.queues = map[string]string{"IndexQueueUrl": "absent"}
	operator{}.inSession(t, s, "redrive", "index").expect(t, 1, "finding queue absent")
	s.queues = map[string]string{}
	operator{}.inSession(t, s, "redrive").expect(t, 1, "the stack lacks an output: deploy the present version (missing: IndexQueueUrl)")
}

// SQS moves a message to the dead letters if the function collect has received it too often without
// success. "redrive collect" moves such messages back unchanged.
func TestRedriveCollectMovesMessagesUnchanged(t *testing.T) {
	t.Parallel()
	a := takingIn(t)
	stored, _ := intake.EncodeKey(a.happened(t, senders.Hoox, "job/1", time.Minute, func(*timeline.Timeline) {}))
	record := intake.Record{ID: intake.NewID(noon, rand.Text()), Sender: senders.Posternity, Received: noon, Body: []byte("S3CR3T")}
	encoded, _ := intake.Encode(record)
	inline, _ := intake.EncodeInline(encoded)
	enqueue(t, a.env, a.queues["CollectDeadLettersUrl"], string(stored), string(stored), string(inline), "no message")
	got := a.ops(t, operator{}, "redrive", "collect", "--yes")
	got.expect(t, 1, "collect: 4 dead letters", "raw/hoox/", record.Key(), "to be moved (copy)", "unreadable", "3 messages moved back", "1 are left")
	got.quiet(t, "S3CR3T", string(inline))
	holds(t, a.env, a.queues["CollectQueueUrl"], 2)
	holds(t, a.env, a.queues["CollectDeadLettersUrl"], 1)

	a.session.system.IntakeURL, a.session.system.S3.IntakeBucket, a.session.system.Senders = "", "", ""
	a.ops(t, operator{}, "redrive", "collect", "--yes").expect(t, 1, "cannot receive announcements")
	a.ops(t, operator{}, "redrive", "--yes").expect(t, 0, "finish: no dead letters")
}
