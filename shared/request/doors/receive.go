package doors

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/platform"
)

// Destinations finds a door's destination. [destination.Keyring] implements it.
type Destinations interface {
	// Named returns the destination with the name. It returns destination.ErrUnlisted if the list
	// lacks it, and destination.ErrUnavailable if there is no list.
	Named(ctx context.Context, name string) (destination.Match, error)
}

// ErrGone means that the object is no longer in the bucket.
var ErrGone = errors.New("the event's object is not in the bucket any more")

// Object is a stored event.
type Object struct {
	Body     []byte
	Metadata map[string]string // the object's user metadata, by name without the prefix x-amz-meta-
}

// Objects reads the objects of the bucket.
type Objects interface {
	// Read returns a version of an object, with at most limit bytes of its body; the version ""
	// means the current one. It returns ErrGone if the object no longer exists. After any other
	// error the caller may try again.
	Read(ctx context.Context, key, version string, limit int64) (Object, error)
}

// Receiver handles the messages of the queue and the bucket. The caller must set all fields, except
// Objects and Bucket if there is no bucket.
type Receiver struct {
	Pipeline     Pipeline
	Destinations Destinations
	Settings     Settings
	Bucket       string // the name of the bucket with stored events; "" if there is none
	Objects      Objects
	Now          func() time.Time
	Jitter       func() float64 // returns a random number from 0 to below 1
}

// Message is a message of one of two queues. One queue contains the platform's events, the other
// one contains EventBridge's events about objects in the bucket.
type Message struct {
	Door     Door
	Body     string    // the platform's event; for the bucket, EventBridge's event about the stored object
	Metadata string    // the text of the attribute [MetadataAttribute]; "" if there is none
	Receives int       // how many times the message was received, including this time
	Deadline time.Time // the time by which this run must have ended
}

// The values of [Received.Word] for messages that do not reach the pipeline.
const (
	Gone    = "gone"    // the object was deleted before it was read
	Foreign = "foreign" // the event is about an object in another bucket
)

// Received is the result of one receipt of a message.
type Received struct {
	Taken
	Message  Message
	Metadata Metadata
	Size     int               // the event's size in bytes
	Match    destination.Match // Match.Destination is nil while the list lacks the door's destination
	Delay    time.Duration     // the time until the message comes again; 0 if the message does not come again
	Duration time.Duration     // duration of this run
}

// The delays between two tries of a message that waits until a person has repaired the deployment.
// The longest delay is short compared with the hour after which a request expires: after a repair,
// a message waits at most two minutes.
var repairDelays = backoff.Steps{First: 5 * time.Second, Longest: 2 * time.Minute}

// Receive handles a message. It does as much as this run can do before its deadline.
func (r *Receiver) Receive(ctx context.Context, m Message) Received {
	began := r.Now()
	got := Received{Message: m, Metadata: ParseMetadata(m.Metadata)}
	r.receive(ctx, &got)
	got.Delay = r.delay(got)
	got.Duration = r.Now().Sub(began)
	return got
}

func (r *Receiver) receive(ctx context.Context, got *Received) {
	if got.Match, got.Err = r.Destinations.Named(ctx, r.Settings[got.Message.Door].Destination); got.Err != nil {
		got.Word = Unavailable
		return
	}
	body, readable := r.read(ctx, got)
	if !readable {
		return
	}
	got.Size = len(body)
	got.Taken = r.Pipeline.Take(ctx, Event{
		Topic: got.Metadata.topic(), EventID: got.Metadata.EventID, Body: body,
		Destination: got.Match.Destination, Others: got.Match.Others,
		Deadline: got.Message.Deadline, FromQueue: true,
	})
}

// read returns the body of the platform's event and sets the metadata in got. If there is no body,
// it returns false and sets the reason in got.
func (r *Receiver) read(ctx context.Context, got *Received) ([]byte, bool) {
	if got.Message.Door == Queue {
		return []byte(got.Message.Body), true
	}
	event, err := ParseObjectEvent(got.Message.Body)
	switch {
	case err != nil:
		got.Word, got.Err = Unavailable, err
		return nil, false
	case event.Bucket != r.Bucket:
		got.Word = Foreign
		return nil, false
	}
	object, err := r.Objects.Read(ctx, event.Key, event.Version, platform.MaxBody+1)
	if err != nil {
		got.Word, got.Err = Unavailable, err
		if errors.Is(err, ErrGone) {
			got.Word = Gone
		}
		return nil, false
	}
	got.Metadata = ObjectMetadata(object.Metadata)
	return object.Body, true
}

// delay returns the time after which the message must come again, or 0 if it must not come again.
func (r *Receiver) delay(got Received) time.Duration {
	switch fulfillment.Status(got.Word) {
	case Unavailable:
		return repairDelays.Delay(got.Message.Receives, r.Jitter())
	case fulfillment.Retry, fulfillment.Held:
		if got.Class != platform.Requested {
			return repairDelays.Delay(got.Message.Receives, r.Jitter())
		}
		return handoff.RetryDelay(got.Message.Receives, got.Outcome, got.Request.ExpiresAt.Sub(r.Now()), r.Jitter())
	}
	return 0
}
