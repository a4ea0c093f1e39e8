package platform

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/affected"
)

// Request asks for a master: store the bytes for Slot at UploadURL, then call CompleteURL, all
// before ExpiresAt.
type Request struct {
	Slot        creative.Slot
	ProjectSlug string
	UploadURL   capability.URL
	CompleteURL capability.URL
	StorageKey  string // opaque: returned unchanged, never parsed
	ExpiresAt   time.Time
	// Affected lists the ads that wait for the master. It is for people to read, and never logged.
	Affected affected.Names
}

// The limits of a request's fields, far above real values.
const (
	maxStorageKey = 2048 // the length in bytes of the longest accepted storage key
	maxProject    = 256  // the length in bytes of the longest accepted project
	maxAspects    = 32
)

type wireRequest struct {
	ProjectID   string       `json:"projectId"`
	ProjectSlug string       `json:"projectSlug"`
	Creative    wireCreative `json:"creative"`
	Fulfillment struct {
		UploadURL           string `json:"uploadUrl"`
		StorageKey          string `json:"storageKey"`
		ExpiresAt           string `json:"expiresAt"`
		CompleteCallbackURL string `json:"completeCallbackUrl"`
	} `json:"fulfillment"`
}

type wireCreative struct {
	Code            string `json:"code"`
	Variation       *whole `json:"variation"`
	Locale          string `json:"locale"`
	Kind            string `json:"kind"`
	AspectRatio     string `json:"aspectRatio"`
	PlacementFamily string `json:"placementFamily"`
	AcceptedAspects words  `json:"acceptedAspects"`
}

// words is a list of strings in JSON. If an element is not a string, its place has the value "".
type words []string

// UnmarshalJSON reads a JSON array.
func (w *words) UnmarshalJSON(raw []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		return malformed("creative.acceptedAspects", "expected an array")
	}
	*w = make(words, len(elements))
	for i, element := range elements {
		_ = json.Unmarshal(element, &(*w)[i]) // the error is ignored: an element that is not a string stays ""
	}
	return nil
}

// whole is an integer in any JSON notation: 2, 2.0, 2e0.
type whole int

// UnmarshalJSON reads an integer. It refuses a number with a fraction, such as 2.5.
func (w *whole) UnmarshalJSON(raw []byte) error {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != float64(int(f)) {
		return malformed("creative.variation", "expected a whole number")
	}
	*w = whole(f)
	return nil
}

func parseRequest(body []byte) (Request, error) {
	var w wireRequest
	if err := decode(body, &w); err != nil {
		return Request{}, err
	}
	slot, err := w.Creative.slot(w.ProjectID)
	if err != nil {
		return Request{}, err
	}
	if slot.Aspect == "" && len(slot.Accepts()) == 0 {
		return Request{}, malformed("creative.aspectRatio", "missing, and no placement family that says what it accepts")
	}
	r := Request{Slot: slot, ProjectSlug: w.ProjectSlug, StorageKey: w.Fulfillment.StorageKey, Affected: affected.Parse(body)}
	if r.StorageKey == "" || len(r.StorageKey) > maxStorageKey {
		return Request{}, malformed("fulfillment.storageKey", "missing or over 2 KiB")
	}
	if r.UploadURL, err = capability.Parse(w.Fulfillment.UploadURL); err != nil {
		return Request{}, refused("fulfillment.uploadUrl", err)
	}
	if r.CompleteURL, err = capability.Parse(w.Fulfillment.CompleteCallbackURL); err != nil {
		return Request{}, refused("fulfillment.completeCallbackUrl", err)
	}
	r.ExpiresAt, err = time.Parse(time.RFC3339, w.Fulfillment.ExpiresAt)
	// the ledger stores times in UTC, where the year may differ from the year in the text
	if year := r.ExpiresAt.UTC().Year(); err != nil || year < 1 || year > 9999 {
		return Request{}, malformed("fulfillment.expiresAt", "no RFC 3339 time")
	}
	return r, nil
}

// slot returns the slot that the JSON object "creative" states. The object may lack both the aspect
// and the family, because a result need not name one.
func (w wireCreative) slot(project string) (creative.Slot, error) {
	s := creative.Slot{Project: capability.Redact(project), Creative: creative.Creative{Code: w.Code}}
	if len(project) > maxProject {
		return s, malformed("projectId", "over 256 bytes")
	}
	if w.Variation == nil {
		return s, malformed("creative.variation", "missing")
	}
	s.Creative.Variation = int(*w.Variation)
	var err error
	if err = s.Creative.Check(); err != nil {
		return s, refused("creative", err)
	}
	if s.Locale, err = creative.ParseLocale(w.Locale); err != nil {
		return s, refused("creative.locale", err)
	}
	if s.Kind, err = creative.ParseKind(w.Kind); err != nil {
		return s, refused("creative.kind", err)
	}
	return s, w.target(&s)
}

// target reads the wanted aspect or placement family. If the request states both, only the aspect
// counts.
func (w wireCreative) target(s *creative.Slot) error {
	var err error
	if w.AspectRatio != "" {
		if s.Aspect, err = creative.ParseAspect(w.AspectRatio); err != nil {
			return refused("creative.aspectRatio", err)
		}
		return nil
	}
	s.Family = creative.Family(capability.Redact(w.PlacementFamily))
	if len(w.PlacementFamily) > 64 || len(w.AcceptedAspects) > maxAspects {
		return malformed("creative.placementFamily", "family over 64 bytes or over 32 accepted aspects")
	}
	for _, text := range w.AcceptedAspects {
		// an unknown aspect is ignored, because a newer platform may send further aspects
		if a, err := creative.ParseAspect(text); err == nil {
			s.Accepted = append(s.Accepted, a)
		}
	}
	if len(w.AcceptedAspects) > 0 && len(s.Accepted) == 0 {
		return malformed("creative.acceptedAspects", "none that is known")
	}
	return nil
}

// ID returns the request's id in the ledger: "req#" and the SHA-256 of the callback URL, the only
// part of a request that is both signed and unique.
func (r Request) ID() string {
	sum := sha256.Sum256([]byte(r.CompleteURL.Reveal()))
	return "req#" + hex.EncodeToString(sum[:])
}

// Fingerprint returns a hash of what the request asks for. Two requests with the same callback but
// different fingerprints are in conflict. The hash is not one of the body's bytes, because older
// senders write the same event differently at each attempt.
func (r Request) Fingerprint() string {
	h := sha256.New()
	write := func(part string) {
		_ = binary.Write(h, binary.BigEndian, uint32(len(part)))
		h.Write([]byte(part))
	}
	c := r.Slot.Creative.Canonical()
	for _, part := range []string{
		r.StorageKey, c.Code, fmt.Sprint(c.Variation), string(r.Slot.Locale), string(r.Slot.Kind),
		string(r.Slot.Aspect), string(r.Slot.Family), r.ExpiresAt.UTC().Format(time.RFC3339Nano),
	} {
		write(part)
	}
	for _, a := range r.Slot.Accepted {
		write(string(a))
	}
	return hex.EncodeToString(h.Sum(nil))
}
