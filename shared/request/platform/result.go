package platform

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
)

// Result is the platform's report of how a request ended. The platform documents no field names, so
// a result is read leniently: an absent field is empty, and Raw contains the whole body.
type Result struct {
	Slot        creative.Slot
	Family      creative.Family // the family that the body states, even if it states an aspect, too
	StorageKey  string
	ContentHash string // the hash that the platform states for its bytes: "sha256:<hex>"
	Reason      string
	RequestedAt time.Time // when the platform sent the request; zero if absent or not an RFC 3339 time
	ExpiredAt   time.Time // the request's expiry, as the platform states it; zero if absent or not an RFC 3339 time
	Raw         json.RawMessage
}

// ReasonNotAvailable is the start of a rejection's reason if the platform rejected the request only
// because we skipped it.
const ReasonNotAvailable = "file_not_available"

// NotAvailable reports whether a rejection only repeats that we skipped the request. Any other
// rejection means that the platform does not accept the uploaded bytes.
func (r Result) NotAvailable() bool { return strings.HasPrefix(r.Reason, ReasonNotAvailable) }

// ReasonFamily returns the family at the end of the reason, as in
// "aspect_ratio_not_accepted_for_feed", or "" if the reason names no family.
func (r Result) ReasonFamily() creative.Family {
	if at := strings.LastIndex(r.Reason, "_for_"); at >= 0 {
		return creative.Family(r.Reason[at+len("_for_"):])
	}
	return ""
}

// lenient is a string whose JSON field may have another type.
type lenient string

// UnmarshalJSON reads a string and ignores a value of another type.
func (l *lenient) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*l = lenient(s)
	}
	return nil
}

type wireResult struct {
	ProjectID string       `json:"projectId"`
	Creative  wireCreative `json:"creative"`
	resultFields
	Fulfillment nested `json:"fulfillment"`
}

// nested is a JSON object within a result. A value of another JSON type is read as an empty object.
type nested struct{ resultFields }

// UnmarshalJSON reads an object and ignores a value of another type.
func (n *nested) UnmarshalJSON(raw []byte) error {
	_ = json.Unmarshal(raw, &n.resultFields)
	return nil
}

type resultFields struct {
	StorageKey  lenient `json:"storageKey"`
	ContentHash lenient `json:"contentHash"`
	Reason      lenient `json:"reason"`
	RequestedAt lenient `json:"requestedAt"`
	ExpiredAt   lenient `json:"expiredAt"`
	ExpiresAt   lenient `json:"expiresAt"`
}

func parseResult(body []byte) (Result, error) {
	var w wireResult
	if err := decode(body, &w); err != nil {
		return Result{}, err
	}
	slot, err := w.Creative.slot(w.ProjectID)
	if err != nil {
		return Result{}, err
	}
	return Result{
		Slot:        slot,
		StorageKey:  first(w.StorageKey, w.Fulfillment.StorageKey),
		ContentHash: first(w.ContentHash, w.Fulfillment.ContentHash),
		Reason:      first(w.Reason, w.Fulfillment.Reason),
		Family:      creative.Family(capability.Redact(w.Creative.PlacementFamily)),
		RequestedAt: instant(w.RequestedAt, w.Fulfillment.RequestedAt),
		ExpiredAt:   instant(w.ExpiredAt, w.Fulfillment.ExpiredAt, w.ExpiresAt, w.Fulfillment.ExpiresAt),
		Raw:         json.RawMessage(body),
	}, nil
}

func first(a, b lenient) string { return string(cmp.Or(a, b)) }

// instant parses the first text that is not empty as a time.
func instant(texts ...lenient) time.Time {
	t, _ := time.Parse(time.RFC3339, string(cmp.Or(texts...))) // the error is ignored: t is then the zero time
	return t
}
