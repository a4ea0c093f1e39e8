// Package ledger records every request: which run works on it now, how far it has come and how it
// ended. The ledger ensures that a request is delivered once.
//
// The state machine is pure: it takes an [Item] and returns an Item. A [Store] adds a write that
// succeeds only if nobody has written since the read. Invariants:
//
//   - At most one run owns a request at a time. Each claim increases the fence. A write by a
//     run whose owner and fence differ from the item's is refused.
//   - Every later run carries out the decision in the item. The decision may be replaced only
//     if its object's version no longer exists and nothing was uploaded.
//   - The destination that first receives a request does not decide it alone: until a decision is
//     written, a run for another destination's library may claim it.
//   - A request that has ended never changes its outcome, except by the platform's own
//     results.
//   - An Item contains no URL.
//
// The function Example in the file example_test.go shows one run.
package ledger

import (
	"encoding/json"
	"time"
)

// State is how far a request has come.
type State string

// The states of a request. In the states after Uploaded the request has ended.
const (
	Claimed            State = "claimed"
	Queued             State = "queued"
	Uploaded           State = "uploaded"
	Delivered          State = "delivered"
	Skipped            State = "skipped"
	Expired            State = "expired"
	Failed             State = "failed"
	Superseded         State = "superseded"
	FulfilledElsewhere State = "fulfilled_elsewhere"
	Malformed          State = "malformed" // an authentic body that could not be used
	Unmatched          State = "unmatched" // a stored result that matches no request, or more than one
)

// Ended reports whether a request in this state has ended.
func (s State) Ended() bool {
	switch s {
	case Claimed, Queued, Uploaded, "":
		return false
	}
	return true
}

// Request is the part of a request that the ledger needs for a claim.
type Request struct {
	ID          string // "req#<sha256 of the callback URL>"
	Fingerprint string // hash of the parts of the request that say which file it wants
	Slot        string // the requested slot, in the form of creative.Slot.Key
	Target      string // the requested aspect or family
	StorageKey  string
	Destination string
	Library     string
	EventID     string // the event's id; it is not signed, so it is only for people to read
	ExpiresAt   time.Time
}

// Decision is what a run decided before any byte moved: to deliver this version of an object, or to
// skip for this reason.
type Decision struct {
	Skip      string `json:"skip,omitempty"` // the reason of a skip; "" for a delivery
	Key       string `json:"key,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	ETag      string `json:"etag,omitempty"`
	Size      int64  `json:"size,omitempty"` // in bytes
	Aspect    string `json:"aspect,omitempty"`
	Extension string `json:"extension,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
}

// Item is one request in the ledger.
type Item struct {
	ID          string `json:"pk"`
	Version     int64  `json:"version"` // grows by one with each write
	State       State  `json:"state"`
	Owner       string `json:"owner,omitempty"` // the run that holds the request; "" after the run gave it back
	Fence       int64  `json:"fence"`           // grows by one with each claim
	Fingerprint string `json:"fingerprint,omitempty"`
	Slot        string `json:"slot,omitempty"`
	Target      string `json:"target,omitempty"`
	StorageKey  string `json:"storageKey,omitempty"` // the platform's key for the file; never parsed, only compared to find the request of a result
	Destination string `json:"destination,omitempty"`
	Library     string `json:"library,omitempty"`
	Attempts    int    `json:"attempts"`

	LeaseUntil time.Time `json:"leaseUntil"` // when the holder's lease ends; zero if no run holds the request
	ExpiresAt  time.Time `json:"deadline"`
	ReceivedAt time.Time `json:"receivedAt"`
	UpdatedAt  time.Time `json:"updatedAt"`

	// ClaimedAt is the time of the last claim. Each of the next three fields is the time of a step.
	// It is zero if the step was not taken, if it is no longer valid, or if older code took it.
	ClaimedAt  time.Time `json:"claimedAt,omitzero"`
	DecidedAt  time.Time `json:"decidedAt,omitzero"`
	UploadedAt time.Time `json:"uploadedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`

	Decision *Decision `json:"decision,omitempty"`
	// Uploads is the number of uploads that all runs have started; 0 if older code started them.
	Uploads int    `json:"uploads,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // the SHA-256 of the uploaded bytes, in hex
	// Unconfirmed is set if the callback's answer does not show whether the platform accepted our
	// callback.
	Unconfirmed bool   `json:"unconfirmed,omitempty"`
	Code        string `json:"code,omitempty"`   // a stable word for machines: why the request ended or is open
	Detail      string `json:"detail,omitempty"` // a sentence for people, without URLs
	// Blocker is the key of the ambiguous file that blocked the last run; "" if no file did.
	Blocker string `json:"blocker,omitempty"`

	// GaveWay is set if the last run left the request to a run for another destination's library.
	GaveWay bool `json:"gaveWay,omitempty"`
	// Passed lists the libraries for which a run proved that no master can be delivered.
	Passed []string `json:"passed,omitempty"`

	EventIDs []string        `json:"eventIDs,omitempty"` // the ids of the request's events: at most MaxEventIDs, the oldest first
	Result   json.RawMessage `json:"result,omitempty"`   // the platform's result for this request
	// ResultClass is the class of the stored Result; "" if older code stored the result.
	ResultClass Class `json:"resultClass,omitempty"`
}

// The limits of an item's fields.
const (
	MaxEventIDs = 20
	MaxUploads  = 10
	maxDetail   = 1024     // the length in bytes of the longest stored Code or Detail
	MaxResult   = 16 << 10 // the size in bytes of the largest stored Result
)

// TTL is how long an item is stored after its last write.
const TTL = 30 * 24 * time.Hour
