// Package doors passes authentic events of the platform into one pipeline. There are three doors:
// the function URL, whose events are signed, and the queue and the bucket, whose access policies
// decide who may send.
//
// Invariants:
//
//   - Only the body identifies an event. The metadata around the body never gives an event another
//     meaning: if the metadata does not fit the body, the event is ignored.
//   - A queue or a bucket belongs to one destination. No host is contacted that this
//     destination does not allow.
//   - A message leaves its queue only when its request has ended, or when its body is recorded
//     as unusable.
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

// Pipeline handles the events of all doors. The caller must set all fields.
type Pipeline struct {
	Service   *fulfillment.Service
	Libraries []masters.Library
	// If Loopback is true, URLs to this machine are allowed, too. It must be false in Lambda.
	Loopback bool
}

// Event is an authentic event as a door received it.
type Event struct {
	Topic       string // the topic from the metadata; it is not signed
	EventID     string // the event id from the metadata; only for people to read
	Body        []byte
	Destination *destination.Destination
	Others      []string  // the names of the other destinations' libraries
	Deadline    time.Time // the time by which this run must have ended
	FromQueue   bool      // whether the event came by a queue, in which it stays until its request has ended
}

// The values of [Taken.Word] for events that have no outcome.
const (
	Ignored     = "ignored"     // the event is neither a request nor a result, so nothing is done
	Malformed   = "malformed"   // the ledger has a record that the body is unusable
	Unavailable = "unavailable" // a list, library or service that the event needs is not available, so the event must come again
)

// Taken describes what the pipeline did with an event.
type Taken struct {
	Word    string // Ignored, Malformed or Unavailable, or else the status in the field Outcome
	Class   platform.Class
	Request platform.Request
	Outcome fulfillment.Outcome
	Err     error // why the event has no outcome; nil if it has one; never contains a URL
}

// errUnknownLibrary means that the destination's library is not configured.
var errUnknownLibrary = errors.New("destination names a library that is not configured")

// Take handles an event. It does as much as this run can do before its deadline.
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
		// If the configuration could allow the host, the request does not end here, because
		// fulfilment checks the hosts again at each try.
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

// record writes an item to the ledger for an authentic event whose body cannot be used. After that
// the sender gets a success, because it would not help to send the same body again.
func (p Pipeline) record(ctx context.Context, e Event, t Taken, unusable error) Taken {
	t.Word, t.Err = Malformed, unusable
	sum := sha256.Sum256(e.Body)
	id := "bad#" + hex.EncodeToString(sum[:])
	if _, err := p.Service.Ledger.Record(ctx, id, e.Destination.Name, e.Topic, unusable.Error(), len(e.Body)); err != nil {
		t.Word, t.Err = Unavailable, errors.Join(unusable, err)
	}
	return t
}
