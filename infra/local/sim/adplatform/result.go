package adplatform

import (
	"crypto/rand"
	"encoding/json"
	"strings"

	"masterhand/infra/local/sim/gateway"
)

// result is the data of an event about the outcome of a request. The platform does not document
// the fields: they are guesses from its list of events.
type result struct {
	project
	Creative    Slot   `json:"creative"`
	StorageKey  string `json:"storageKey,omitempty"`
	Channel     string `json:"deliveryChannel,omitempty"`
	ContentHash string `json:"contentHash,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Detail      string `json:"detail,omitempty"`
	RequestedAt string `json:"requestedAt,omitempty"`
	ExpiredAt   string `json:"expiredAt,omitempty"`
}

// Omitted says which fields are left out of a result. The real platform promises a storage key
// only for video.source_fulfilled. It promises aspect, family and hash for no event.
type Omitted struct{ StorageKey, Aspect, Family, Hash bool }

// Result returns the webhook about the outcome of the request r, with the topic
// video.source_fulfilled, _rejected or _timeout. For a request without a callback it returns the
// zero event, which must not be sent.
func (r Request) Result(outcome Outcome) gateway.Event { return r.ResultWithout(outcome, Omitted{}) }

// ResultWithout is like Result, but leaves the omitted fields out of the event.
func (r Request) ResultWithout(outcome Outcome, omitted Omitted) gateway.Event {
	body := result{project: r.project, Creative: r.Slot, StorageKey: r.StorageKey}
	if body.Creative.Aspect == "" {
		body.Creative.Aspect = outcome.Completion.AspectRatio
	}
	var topic string
	switch outcome.State {
	case Delivered:
		topic = "video.source_fulfilled"
		body.Channel, body.ContentHash = "webhook", outcome.Completion.ContentHash
	case Rejected:
		topic = "video.source_rejected"
		body.Reason, body.Detail = outcome.Problems[0], strings.Join(outcome.Problems, ", ")
	case Skipped:
		topic = "video.source_rejected"
		body.Reason, body.Detail = ReasonNotAvailable, outcome.Completion.Reason
	case TimedOut:
		topic = "video.source_timeout"
		body.RequestedAt, body.ExpiredAt = stamp(r.RequestedAt), stamp(r.ExpiresAt)
	default:
		return gateway.Event{}
	}
	body.omit(omitted)
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // cannot happen: strings and a number can always be encoded
	}
	return gateway.Event{ID: "evt_" + strings.ToLower(rand.Text()), Topic: topic, Body: data}
}

func (r *result) omit(o Omitted) {
	if o.StorageKey {
		r.StorageKey = ""
	}
	if o.Aspect {
		r.Creative.Aspect = ""
	}
	if o.Family {
		r.Creative.Family, r.Creative.Accepted = "", nil
	}
	if o.Hash {
		r.ContentHash = ""
	}
}
