// Package ledger remembers every request: who works on it now, how far it came and
// how it ended. It is what makes delivery happen once.
//
// The state machine is pure (an [Item] in, an Item out); a [Store] adds one thing,
// a write that succeeds only if nobody wrote since the read. Invariants:
//
//   - At most one run owns a request at a time. Each claim raises the fence, and a
//     write by a run whose owner and fence are not the item's is refused.
//   - A decision, once written, is what every later run carries out. It may be made
//     anew only if its object's version is gone and nothing was uploaded.
//   - The first destination to bring a request does not decide it: a copy through a
//     destination with another library may claim it until a decision is written.
//   - A request that has ended never changes its outcome, but for what the
//     platform's own results say of it.
//   - An Item holds no URL.
//
// One run:
package ledger

import (
	"encoding/json"
	"time"
)

// State is how far a request came.
type State string

// The states. Those after Uploaded are ends.
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
	Malformed          State = "malformed" // of an authentic body that could not be used
	Unmatched          State = "unmatched" // of a result that is certain to mean no request
)

// Ended reports whether a request in this state is over.
func (s State) Ended() bool {
	switch s {
	case Claimed, Queued, Uploaded, "":
		return false
	}
	return true
}

// Request is what the ledger must know of a request to claim it.
type Request struct {
	ID          string // "req#<sha256 of the callback URL>"
	Fingerprint string // what it asks for
	Slot        string // creative.Slot.Key
	Target      string // the aspect or family asked for
	StorageKey  string
	Destination string
	Library     string
	EventID     string // not signed: for people only
	ExpiresAt   time.Time
}

// Decision is what a run decided before any byte moved: this object's version, or
// a skip for this reason.
type Decision struct {
	Skip      string `json:"skip,omitempty"` // the reason; "" is a delivery
	Key       string `json:"key,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	ETag      string `json:"etag,omitempty"`
	Size      int64  `json:"size,omitempty"` // bytes
	Aspect    string `json:"aspect,omitempty"`
	Extension string `json:"extension,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
}

// Item is one request in the ledger.
type Item struct {
	ID          string `json:"pk"`
	Version     int64  `json:"version"` // grows by one with each write
	State       State  `json:"state"`
	Owner       string `json:"owner,omitempty"` // the run that holds or last held it
	Fence       int64  `json:"fence"`           // grows by one with each claim
	Fingerprint string `json:"fingerprint,omitempty"`
	Slot        string `json:"slot,omitempty"`
	Target      string `json:"target,omitempty"`
	StorageKey  string `json:"storageKey,omitempty"` // opaque; tells whose result a result is
	Destination string `json:"destination,omitempty"`
	Library     string `json:"library,omitempty"`
	Attempts    int    `json:"attempts"`

	LeaseUntil time.Time `json:"leaseUntil"` // zero: nobody holds it
	ExpiresAt  time.Time `json:"deadline"`
	ReceivedAt time.Time `json:"receivedAt"`
	UpdatedAt  time.Time `json:"updatedAt"`

	// When the run that holds it, or held it last, claimed it; and when the steps that stand
	// were taken. Zero: not yet, or by older code.
	ClaimedAt  time.Time `json:"claimedAt,omitzero"`
	DecidedAt  time.Time `json:"decidedAt,omitzero"`
	UploadedAt time.Time `json:"uploadedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`

	Decision *Decision `json:"decision,omitempty"`
	// Uploads is how many whole uploads were begun, in all runs; 0 where older code began them.
	Uploads int    `json:"uploads,omitempty"`
	SHA256  string `json:"sha256,omitempty"` // hex, of the bytes that were uploaded
	// Unconfirmed: the callback answered that it was completed before, maybe by us.
	Unconfirmed bool   `json:"unconfirmed,omitempty"`
	Code        string `json:"code,omitempty"`   // why it ended so
	Detail      string `json:"detail,omitempty"` // for people; no URLs
	// Blocker is the key that held the last run's proof of absence up; "" if none did.
	Blocker string `json:"blocker,omitempty"`

	// GaveWay: the run that held the request last left it to a copy that came through
	// another destination, with another library.
	GaveWay bool `json:"gaveWay,omitempty"`
	// Passed names the libraries in which a run proved that nothing can be delivered.
	Passed []string `json:"passed,omitempty"`

	EventIDs []string        `json:"eventIDs,omitempty"` // at most MaxEventIDs, oldest first
	Result   json.RawMessage `json:"result,omitempty"`   // the platform's own word on it
	// ResultClass is the class of Result; empty where older code stored the result.
	ResultClass Class `json:"resultClass,omitempty"`
}

// The limits of an item.
const (
	MaxEventIDs = 20
	MaxUploads  = 10
	maxDetail   = 1024     // bytes
	MaxResult   = 16 << 10 // bytes
)

// TTL is how long an item stays after its last write.
const TTL = 30 * 24 * time.Hour
