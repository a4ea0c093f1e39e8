// Package handoff passes a request from a function that cannot end it in time to the function
// finish. A message contains what the request asks for, never its raw body. It contains the upload
// URL and the callback URL, which are secret, so the queue is encrypted and messages are never logged.
package handoff

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// format is the version of the message format.
const format = 1

// maxMessage is the size in bytes of the largest message that Decode reads: the limit of SQS.
// Encoded messages are below 20 KiB.
const maxMessage = 1 << 20

// ErrMessage means that a message cannot be read. It never contains the message.
var ErrMessage = errors.New("hand-off message unreadable")

type message struct {
	Format      int       `json:"format"`
	Slot        slot      `json:"slot"`
	StorageKey  string    `json:"storageKey"`
	UploadURL   string    `json:"uploadUrl"`
	CompleteURL string    `json:"completeUrl"`
	ExpiresAt   time.Time `json:"expiresAt"`
	Fingerprint string    `json:"fingerprint"`
	Destination string    `json:"destination"`
	Library     string    `json:"library"`
	Others      []string  `json:"others"` // names of libraries; older messages lack this member
	EventID     string    `json:"eventId,omitempty"`
}

type slot struct {
	Project   string            `json:"project"`
	Code      string            `json:"code"`
	Variation int               `json:"variation"`
	Locale    creative.Locale   `json:"locale"`
	Kind      creative.Kind     `json:"kind"`
	Aspect    creative.Aspect   `json:"aspect,omitempty"`
	Family    creative.Family   `json:"family,omitempty"`
	Accepted  []creative.Aspect `json:"accepted,omitempty"`
}

// Encode returns a job as a message. The message is as secret as the job's URLs.
func Encode(j fulfillment.Job) ([]byte, error) {
	s := j.Request.Slot
	others := make([]string, len(j.Others))
	for i, other := range j.Others {
		others[i] = other.Name
	}
	return json.Marshal(message{
		Format: format,
		Slot: slot{
			Project: s.Project, Code: s.Creative.Code, Variation: s.Creative.Variation, Locale: s.Locale, Kind: s.Kind,
			Aspect: s.Aspect, Family: s.Family, Accepted: s.Accepted,
		},
		StorageKey: j.Request.StorageKey, UploadURL: j.Request.UploadURL.Reveal(), CompleteURL: j.Request.CompleteURL.Reveal(),
		ExpiresAt: j.Request.ExpiresAt, Fingerprint: j.Request.Fingerprint(),
		Destination: j.Destination, Library: j.Library.Name, Others: others, EventID: j.EventID,
	})
}

// Decode returns the job in a message. A message states only the names of libraries, so only these
// are set. The job's field Others is nil if the message does not state the other libraries.
//
// Decode returns ErrMessage if the message cannot be read, or if its fingerprint does not match its
// content.
func Decode(body []byte) (fulfillment.Job, error) {
	var m message
	if len(body) > maxMessage || json.Unmarshal(body, &m) != nil || m.Format != format {
		return fulfillment.Job{}, fmt.Errorf("%w: not JSON of format %d", ErrMessage, format)
	}
	r := platform.Request{
		Slot: creative.Slot{
			Project: m.Slot.Project, Creative: creative.Creative{Code: m.Slot.Code, Variation: m.Slot.Variation},
			Locale: m.Slot.Locale, Kind: m.Slot.Kind, Aspect: m.Slot.Aspect, Family: m.Slot.Family, Accepted: m.Slot.Accepted,
		},
		StorageKey: m.StorageKey, ExpiresAt: m.ExpiresAt,
	}
	var err error
	if r.UploadURL, err = capability.Parse(m.UploadURL); err != nil {
		return fulfillment.Job{}, fmt.Errorf("%w: upload URL: %w", ErrMessage, err)
	}
	if r.CompleteURL, err = capability.Parse(m.CompleteURL); err != nil {
		return fulfillment.Job{}, fmt.Errorf("%w: callback URL: %w", ErrMessage, err)
	}
	if r.Fingerprint() != m.Fingerprint {
		return fulfillment.Job{}, fmt.Errorf("%w: the fingerprint does not match the request", ErrMessage)
	}
	j := fulfillment.Job{Request: r, Destination: m.Destination, EventID: m.EventID, FromQueue: true}
	j.Library.Name = m.Library
	if m.Others != nil {
		j.Others = make([]masters.Library, len(m.Others))
	}
	for i, name := range m.Others {
		j.Others[i].Name = name
	}
	return j, nil
}
