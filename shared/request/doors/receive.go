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
	// Named returns the destination of a name. Errors: destination.ErrUnlisted while the list
	// lacks it, destination.ErrUnavailable while there is no list.
	Named(ctx context.Context, name string) (destination.Match, error)
}

// ErrGone is an object that is not in the bucket any more.
var ErrGone = errors.New("the event's object is not in the bucket any more")

// Object is a stored event.
type Object struct {
	Body     []byte
	Metadata map[string]string // of the user, without the prefix x-amz-meta-
}

// Objects reads the bucket door's objects.
type Objects interface {
	// Read returns the version of an object ("" is the current one), and no more than limit
	// bytes of its body. A failed read may be tried again. Errors: ErrGone.
	Read(ctx context.Context, key, version string, limit int64) (Object, error)
}

// Receiver takes the messages of the queue and the bucket. All fields are needed, but for Objects
// and Bucket where there is no bucket.
type Receiver struct {
	Pipeline     Pipeline
	Destinations Destinations
	Settings     Settings
	Bucket       string // name of the bucket
	Objects      Objects
	Now          func() time.Time
	Jitter       func() float64 // in [0, 1)
}

// Message is a message of one of the doors' queues.
type Message struct {
	Door     Door
	Body     string    // of the queue: the event; of the bucket: EventBridge's event of an object
	Metadata string    // the message attribute; "" where there is none
	Receives int       // of the message, this one included
	Deadline time.Time // this run must have ended by then
}

// The words of messages that the pipeline does not get.
const (
	Gone    = "gone"    // the object was deleted before it was read
	Foreign = "foreign" // the event of an object in another bucket
)

// Received is what one receipt of a message came to.
type Received struct {
	Taken
	Message  Message
	Metadata Metadata
	Size     int               // of the event, in bytes
	Match    destination.Match // without a Destination while the list lacks it
	Delay    time.Duration     // until the message comes again; 0: it does not
	Duration time.Duration     // of this run
}

// The delays of a message while something of ours is missing. The last step is short enough for a
// repair within the hour to deliver.
var repairDelays = backoff.Steps{First: 5 * time.Second, Longest: 2 * time.Minute}

// Receive takes a message as far as this run can.
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

// read returns the event's body and notes its metadata. It returns false where there is no body
// to take, and notes why.
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

// delay returns when a message must come again, 0 for never.
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
