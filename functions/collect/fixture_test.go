package main

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/masters/s3store"
)

// secret is a part of every URL in these tests.
const secret = "s3cr3t"

// shared starts the services that all tests use. Each test has its own buckets and queue there.
var shared servicestest.Shared

// fixture is the function collect as it is deployed, together with its queue and the stores that it
// uses.
type fixture struct {
	function  *lambda.Function
	records   s3records.Records
	masters   s3store.Bucket
	timelines dynamostore.Store
	queue     sqsqueue.Queue
	printed   *telemetrytest.Output
}

// newFixture starts the function collect. The variables in changes replace those of its
// environment. If the npm packages of the local services are not installed, newFixture skips the
// test; in CI the test fails instead.
func newFixture(t *testing.T, changes map[string]string) *fixture {
	t.Helper()
	running := shared.Open(t)
	clients, id := running.Clients(), strings.ToLower(rand.Text())
	environment := running.Environment()
	s := &fixture{
		records:   s3records.Records{Client: clients.S3(), Bucket: "intake-" + id},
		masters:   s3store.Bucket{Client: clients.S3(), Name: "masters-" + id},
		timelines: dynamostore.Store{Client: clients.DynamoDB(), Table: environment[names.LedgerTable]},
		queue:     sqsqueue.Queue{Client: clients.SQS()}, printed: &telemetrytest.Output{},
	}
	_, errIntake := clients.S3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.records.Bucket})
	_, errMasters := clients.S3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.masters.Name})
	made, errQueue := clients.SQS().CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: new("collect-" + id), Attributes: map[string]string{"VisibilityTimeout": "60"},
	})
	if err := errors.Join(errIntake, errMasters, errQueue); err != nil {
		t.Fatal(err)
	}
	s.queue.URL = *made.QueueUrl
	maps.Copy(environment, map[string]string{
		names.IntakeBucket: s.records.Bucket, names.MastersBucket: s.masters.Name, names.CollectQueue: s.queue.URL,
		names.AllowLoopback: "true",
	})
	maps.Copy(environment, changes)
	s.start(t, running, environment, "collect-"+id)
	return s
}

func (s *fixture) start(t *testing.T, running servicestest.Running, environment map[string]string, queue string) {
	t.Helper()
	f, err := lambda.New(lambda.Config{
		Name: "collect", Bootstrap: running.Programs.Collect, Environment: environment, Region: services.Region,
		MemoryMB: 512, Timeout: 90 * time.Second, Output: s.printed,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.function = f
	mapping, err := lambda.OpenQueue(lambda.QueueConfig{
		Function: f, Client: running.Clients().WithIdleTimeout(time.Minute).SQS(), URL: s.queue.URL, ARN: services.QueueARN(queue),
		BatchSize: 1, ReportBatchItemFailures: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(mapping.Close(ctx), f.Close(ctx)); err != nil {
			t.Error(err)
		}
		if strings.Contains(s.printed.String(), secret) {
			t.Error("a URL was printed")
		}
		if strings.Contains(s.printed.String(), "metrics not written") {
			t.Error("metrics break their format's rules")
		}
		if t.Failed() {
			t.Logf("printed:\n%s", s.printed)
		}
	})
}

// keep stores a sender's announcement as a record in the records bucket and returns the record's
// key. The parameter at is the time at which the announcement was received.
func (s *fixture) keep(t *testing.T, sender string, c intake.Coordinates, at time.Time, body string) string {
	t.Helper()
	r := intake.Record{ID: intake.NewID(at, rand.Text()), Sender: sender, Received: at, Coordinates: c, Body: []byte(body)}
	data, err := intake.Encode(r)
	if err == nil {
		err = s.records.Put(t.Context(), r.Key(), data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Key()
}

// send sends a message to the function's queue. The message names the record with this key.
func (s *fixture) send(t *testing.T, key string) {
	t.Helper()
	message, err := intake.EncodeKey(key)
	if err == nil {
		err = s.queue.Send(t.Context(), message)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// until loads the timeline of a sender's subject again and again until wanted returns true for it.
// It then returns the timeline; after a minute it fails the test.
func (s *fixture) until(t *testing.T, sender, subject string, wanted func(timeline.Timeline) bool) timeline.Timeline {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	var line timeline.Timeline
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); <-ticker.C {
		var err error
		line, err = s.timelines.Load(t.Context(), timeline.ID(sender, subject))
		if err != nil && !errors.Is(err, timeline.ErrNotFound) {
			t.Fatal(err)
		}
		if err == nil && wanted(line) {
			return line
		}
	}
	t.Fatalf("in a minute it came to %+v", line)
	return line
}

// waitFor waits until the function's log contains the text. After 30 seconds it fails the test.
func (s *fixture) waitFor(t *testing.T, text string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-ticker.C {
		if strings.Contains(s.printed.String(), text) {
			return
		}
	}
	t.Errorf("not printed: %s", text)
}

// invisible returns the number of the queue's messages that cannot be received now, because they are
// delayed or because a function is processing them.
func (s *fixture) invisible(t *testing.T) string {
	t.Helper()
	out, err := s.queue.Client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &s.queue.URL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessagesNotVisible},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessagesNotVisible"]
}
