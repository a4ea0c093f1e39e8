package faults_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/fault"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/masters"
)

// outages returns the cases in which a service refuses all connections. Each of these cases affects
// every request of the system.
func outages() []trouble {
	return []trouble{
		{name: "S3 refuses connections", size: small, cause: all(idle, down("s3")), heal: up("s3"), want: later(1)},
		{name: "DynamoDB refuses connections", size: small, cause: down("dynamodb"), heal: up("dynamodb"), want: later(1)},
		{name: "DynamoDB and SQS refuse connections", size: small, cause: all(down("dynamodb"), down("sqs")), heal: all(up("dynamodb"), up("sqs")),
			want: outcome{"503 unavailable, 200 delivered", "delivered", 1, 1}},
		{name: "SQS refuses connections", size: small, cause: down("sqs"), heal: up("sqs"), want: delivered(1)},
		{name: "SQS refuses connections, no master", cause: down("sqs"), heal: up("sqs"),
			want: outcome{"503 unavailable, 200 skipped", "skipped no_match:creative", 0, 1}},
	}
}

// ofStoredEvent returns faults that occur while receive reads an event from the doors' bucket.
func ofStoredEvent() []trouble {
	reading := func(n int, f fault.Fault) func(*testing.T, *scene) {
		return func(_ *testing.T, c *scene) { c.s3.Requests.Next(n, ofStored, f) }
	}
	return []trouble{
		{name: "stored event: 503, twice", size: small, cause: reading(2, xmlError(503, "SlowDown")), want: delivered(1)},
		{name: "stored event: reset, twice", size: small, cause: reading(2, fault.ResetAt(0)), want: delivered(1)},
		{name: "stored event: 500 past patience", size: small, cause: reading(exhausted, xmlError(500, "InternalError")), want: delivered(1)},
		{name: "stored event: 403 for one run", size: small, cause: reading(1, xmlError(403, "AccessDenied")), want: delivered(1)},
	}
}

// skippedAtOnce and skippedLater are the outcomes of a request for a missing master. Cases with
// such requests run one after the other, because the system skips no request while an upload waits
// to be indexed.
var (
	skippedAtOnce = outcome{"200 skipped", "skipped no_match:creative", 0, 1}
	skippedLater  = outcome{"202 accepted", "skipped no_match:creative", 0, 1}
)

// listings returns faults of S3's answer when a run lists the keys of the library. A fault affects
// whichever request lists the library first.
func listings() []trouble {
	return []trouble{{name: "index: listing 503, twice, no master", cause: listing(2, xmlError(503, "SlowDown")), want: skippedAtOnce}}
}

// absences returns the cases in which a request's master does not exist and a service fails.
func absences() []trouble {
	told := outcome{"200 skipped", "skipped no_match:creative", 0, 2}
	return []trouble{
		{name: "callback of a skip: 503, twice", cause: completing(2, fault.Status(503)), want: skippedAtOnce},
		{name: "callback of a skip: taken, the answer lost", cause: completing(1, fault.ResetAt(fault.Done)), want: told},
		{name: "index: 403, no master", cause: consulting(forever, xmlError(403, "AccessDenied")), tried: true, heal: cleared, want: skippedLater},
		{name: "index: listing 403, no master", cause: listing(forever, xmlError(403, "AccessDenied")), tried: true, heal: cleared, want: skippedLater},
		{name: "index queue: its length throttled, no master", cause: counting(forever, jsonError(400, "RequestThrottled")),
			tried: true, heal: cleared, want: skippedLater},
	}
}

// doubts returns faults that leave it uncertain whether the index is complete. The system must not
// skip a request before the fault has ended.
func doubts() []trouble {
	return []trouble{
		{name: "index queue: a poisoned message", size: small, cause: poison, heal: purge, want: delivered(1)},
		{name: "index queue: a poisoned message, no master", cause: poison, tried: true, heal: purge, want: skippedLater},
		{name: "library not indexed whole, no master", cause: rebuilding(true), tried: true, heal: rebuilding(false), want: skippedLater},
		{name: "library's state 403, no master", cause: consultingState, tried: true, heal: cleared, want: skippedLater},
	}
}

func (c *scene) front(name string) *front {
	return map[string]*front{"s3": c.s3, "dynamodb": c.dynamodb, "sqs": c.sqs}[name]
}

// idle waits until the index queue is empty. While S3 is down, events in that queue would fail, and
// would return only after their visibility timeout. Until then the system would skip no request.
func idle(t *testing.T, c *scene) {
	t.Helper()
	backlog := sqsqueue.Backlog{Client: c.Clients().SQS(), Queues: []string{c.IndexQueueURL}}
	scenariotest.Eventually(t, "all events are indexed", func(ctx context.Context) bool {
		n, err := backlog.Waiting(ctx)
		return err == nil && n == 0
	})
}

func down(name string) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.front(name).Down() }
}

func up(name string) func(*testing.T, *scene) {
	return func(t *testing.T, c *scene) {
		if err := c.front(name).Up(); err != nil {
			t.Fatal(err)
		}
	}
}

func counting(n int, f fault.Fault) func(*testing.T, *scene) {
	return func(_ *testing.T, c *scene) { c.sqs.Requests.Next(n, "GetQueueAttributes", f) }
}

func consultingState(_ *testing.T, c *scene) {
	c.s3.Requests.Next(forever, "GET /index/state/default.json", xmlError(403, "AccessDenied"))
}

// cleared removes all faults of requests to S3 and SQS.
func cleared(_ *testing.T, c *scene) {
	c.s3.Requests.Clear()
	c.sqs.Requests.Clear()
}

// poison sends an unreadable message to the index queue.
func poison(t *testing.T, c *scene) {
	in := &sqs.SendMessageInput{QueueUrl: &c.IndexQueueURL, MessageBody: new("this is no event")}
	if _, err := c.Clients().SQS().SendMessage(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// purge deletes all messages in the index queue.
func purge(t *testing.T, c *scene) {
	if _, err := c.Clients().SQS().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &c.IndexQueueURL}); err != nil {
		t.Fatal(err)
	}
}

// rebuilding returns a function that writes the library's state. If the parameter is true, the
// library is marked as being reindexed, otherwise as completely indexed.
func rebuilding(is bool) func(*testing.T, *scene) {
	return func(t *testing.T, c *scene) {
		scenariotest.Eventually(t, "the state is written", func(ctx context.Context) bool {
			state, revision, err := c.Index.State(ctx, c.Library)
			if err != nil {
				t.Fatal(err)
			}
			state.Format, state.Rules, state.Built = masters.Format, c.Library.RuleSet(), !is
			return c.Index.SaveState(ctx, c.Library, state, revision) == nil
		})
	}
}
