package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/doors"
)

// Queue sends events like Outpost's destination type aws_sqs: one SendMessage per event and
// attempt, with the metadata as one message attribute. Outpost uses the AWS SDK, which sends a
// request again if it gets no answer. Up to three copies of an event within a second are therefore
// normal.
type Queue struct {
	Client  *sqs.Client // SQS client; it must have the SDK's default retries, as Outpost's client has
	URL     string
	Retries int     // number of attempts after the first attempt
	Scale   float64 // factor for the pauses between attempts; 0 means 1
}

// Send sends an event until it is stored, the retries are used up or ctx ends. The result has the
// status 200 if the event is stored, otherwise 0.
func (q Queue) Send(ctx context.Context, event Event) Result {
	return attempts(ctx, event, q.Retries, q.Scale, func(ctx context.Context, event Event) error {
		metadata, err := json.Marshal(metadataOf(event, time.Now()))
		if err != nil {
			return err
		}
		_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: &q.URL, MessageBody: new(string(event.Body)),
			MessageAttributes: map[string]sqstypes.MessageAttributeValue{
				doors.MetadataAttribute: {DataType: new("String"), StringValue: new(string(metadata))},
			},
		})
		return err
	})
}

// Bucket stores events like Outpost's destination type aws_s3: one PutObject per event and
// attempt, with the metadata as user metadata.
type Bucket struct {
	Client *s3.Client // S3 client; it must have the SDK's default retries, as Outpost's client has
	Name   string
	// Key returns the key under which an attempt stores the event; nil means [DefaultKey].
	Key     func(event Event, attempt int, at time.Time) string
	Retries int     // number of attempts after the first attempt
	Scale   float64 // factor for the pauses between attempts; 0 means 1
}

// DefaultKey returns the key under which Outpost stores an event. The key of the first attempt
// contains the time in nanoseconds, and the keys of later attempts contain it in microseconds. One
// event can therefore be stored under two keys.
func DefaultKey(event Event, attempt int, at time.Time) string {
	if attempt > 1 {
		at = at.Truncate(time.Microsecond)
	}
	return at.UTC().Format(time.RFC3339Nano) + "_" + event.ID + ".json"
}

// Send stores an event in the bucket. It repeats failed attempts and returns the same statuses as
// [Queue.Send].
func (b Bucket) Send(ctx context.Context, event Event) Result {
	key := b.Key
	if key == nil {
		key = DefaultKey
	}
	began, n := time.Now(), 0
	return attempts(ctx, event, b.Retries, b.Scale, func(ctx context.Context, event Event) error {
		n++
		_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &b.Name, Key: new(key(event, n, began)), Body: bytes.NewReader(event.Body), ContentType: new("application/json"),
			Metadata: metadataOf(event, time.Now()), ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256, StorageClass: s3types.StorageClassStandard,
		})
		return err
	})
}

// metadataOf returns the metadata of an event that Outpost sends at the time at: Outpost's own
// entries, and then those of the event.
func metadataOf(event Event, at time.Time) map[string]string {
	metadata := map[string]string{"event-id": event.ID, "topic": event.Topic, "timestamp": at.UTC().Format(time.RFC3339)}
	maps.Copy(metadata, event.Metadata)
	return metadata
}

// attempts calls the function attempt until it succeeds, the retries are used up or ctx ends. The
// pauses between the calls are those of Outpost, multiplied by scale.
func attempts(ctx context.Context, event Event, retries int, scale float64, attempt func(context.Context, Event) error) Result {
	event, err := prepare(event)
	if err != nil {
		return Result{Err: err}
	}
	if scale == 0 {
		scale = 1
	}
	for n := 1; ; n++ {
		began := time.Now()
		err := attempt(ctx, event)
		result := Result{Attempts: n, Duration: time.Since(began)}
		if err == nil {
			result.Delivered, result.Status, result.Body = true, 200, []byte(`{"outcome":"stored"}`)
			return result
		}
		result.Err = fmt.Errorf("storing an event: %w", err)
		if n > retries || !backoff.Sleep(ctx, time.Duration(float64(Pause(n))*scale)) {
			return result
		}
	}
}
