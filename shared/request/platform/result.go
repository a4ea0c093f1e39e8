package platform

import (
	"encoding/json"

	"masterhand/shared/library/creative"
)

// Result tells what became of a request. The platform documents no field names, so
// it is read leniently: what is not there is empty, and Raw keeps all of it.
type Result struct {
	Slot        creative.Slot
	StorageKey  string
	ContentHash string // "sha256:<hex>"
	Reason      string
	Raw         json.RawMessage
}

// ReasonNotAvailable is the reason with which our own skip comes back as a rejection.
const ReasonNotAvailable = "file_not_available"

// lenient is text where a field may hold something else altogether.
type lenient string

// UnmarshalJSON keeps a string and drops anything else.
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

// nested is an object where a field may hold something else altogether.
type nested struct{ resultFields }

// UnmarshalJSON reads an object and drops anything else.
func (n *nested) UnmarshalJSON(raw []byte) error {
	_ = json.Unmarshal(raw, &n.resultFields)
	return nil
}

type resultFields struct {
	StorageKey  lenient `json:"storageKey"`
	ContentHash lenient `json:"contentHash"`
	Reason      lenient `json:"reason"`
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
		Raw:         json.RawMessage(body),
	}, nil
}

func first(a, b lenient) string {
	if a != "" {
		return string(a)
	}
	return string(b)
}
