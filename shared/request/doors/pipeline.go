// Package doors takes authentic events of the platform into the one pipeline behind all doors:
// the function URL, whose events are signed, and the queue and the bucket, whose access
// policies decide who may send.
//
// Invariants:
//
//   - An event's identity comes from its body alone. The metadata around the body can only
//     narrow the event's class.
//   - A queue or bucket belongs to one destination. No URL outside this destination's hosts is
//     ever contacted.
//   - A message leaves its queue only when its request has ended, or its body is recorded as
//     unusable.
package doors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// Pipeline is what all doors lead to. All fields are needed.
type Pipeline struct {
	Service   *fulfillment.Service
	Libraries []masters.Library
	// Loopback also allows URLs to this machine: never in Lambda.
	Loopback bool
}

// Event is an authentic event as a door received it.
type Event struct {
	Topic       string // of the metadata, which nobody signed
	EventID     string // of the metadata: for people only
	Body        []byte
	Destination *destination.Destination
	Others      []string  // the libraries of the other destinations
	Deadline    time.Time // this run must have ended by then
	FromQueue   bool      // the event stays in a queue until its request has ended
}

// The words of events that came to no outcome.
const (
	Ignored     = "ignored"     // an event that asks nothing of masterhand
	Malformed   = "malformed"   // recorded in the ledger as unusable
	Unavailable = "unavailable" // try again: something that the event needs is missing
)

// Taken is what became of an event.
type Taken struct {
	Word    string // one of the words above, or the outcome's status
	Class   platform.Class
	Request platform.Request
	Outcome fulfillment.Outcome
	Err     error // why there is no outcome; never holds a URL
}

// errUnknownLibrary: the destination's library is not configured.
var errUnknownLibrary = errors.New("destination names a library that is not configured")

// Take takes an event as far as this run can.
func (p Pipeline) Take(ctx context.Context, e Event) (t Taken) {
	parsed, err := platform.Parse(e.Topic, e.Body)
	if err != nil {
		return p.record(ctx, e, t, err)
	}
	t.Class, t.Request = parsed.Class, parsed.Request
	library, known := masters.Named(p.Libraries, e.Destination.Library)
	switch {
	case !known:
		t.Word, t.Err = Unavailable, errUnknownLibrary
		return t
	case parsed.Class == platform.Ignored:
		t.Word, t.Err = Ignored, parsed.Ignored
		return t
	case parsed.Class != platform.Requested:
		t.Outcome = p.Service.Resolve(ctx, fulfillment.Report{
			Class: parsed.Class, Result: parsed.Result, Destination: e.Destination.Name, Library: library,
		})
	default:
		// A host that only the configuration lacks holds the request: fulfilment asks again at each try.
		err := e.Destination.Allow(parsed.Request.UploadURL, parsed.Request.CompleteURL, p.Loopback)
		if _, repairable := errors.AsType[*destination.HostError](err); err != nil && !repairable {
			return p.record(ctx, e, t, err)
		}
		t.Outcome = p.Service.Fulfil(ctx, fulfillment.Job{
			Request: parsed.Request, Destination: e.Destination.Name, Library: library,
			Others:  masters.AllNamed(p.Libraries, e.Others),
			EventID: e.EventID, Deadline: e.Deadline, FromQueue: e.FromQueue,
		})
	}
	t.Word = string(t.Outcome.Status)
	return t
}

// record writes an authentic body that cannot be used to the ledger. Another copy of the body
// would not help, so once it is recorded the sender is told that all is well.
func (p Pipeline) record(ctx context.Context, e Event, t Taken, unusable error) Taken {
	t.Word, t.Err = Malformed, unusable
	sum := sha256.Sum256(e.Body)
	id := "bad#" + hex.EncodeToString(sum[:])
	if _, err := p.Service.Ledger.Record(ctx, id, e.Destination.Name, e.Topic, unusable.Error(), len(e.Body)); err != nil {
		t.Word, t.Err = Unavailable, errors.Join(unusable, err)
	}
	return t
}
