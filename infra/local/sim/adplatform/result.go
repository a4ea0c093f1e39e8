package adplatform

import (
	"crypto/rand"
	"encoding/json"
	"strings"

	"masterhand/infra/local/sim/gateway"
)

// result is the event about the outcome of a request. The platform documents none of its fields:
// they are guesses from the platform's list of events.
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

// Omitted lists the fields that a result leaves out. The real platform promises a storage key
// only for video.source_fulfilled, and promises aspect, family and hash for no event.
type Omitted struct{ StorageKey, Aspect, Family, Hash bool }

// Result returns the webhook about the outcome of r: video.source_fulfilled, _rejected or
// _timeout. For a waiting request it returns the zero event, which must not be sent.
func (r Request) Result(outcome Outcome) gateway.Event { return r.ResultWithout(outcome, Omitted{}) }

// ResultWithout is like Result but leaves out the omitted fields.
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
		panic(err) // strings and a number always encode
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
