package adplatform

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/waitpoints"
)

// State says how the platform sees a request, for example [Waiting] or [Delivered].
type State string

// The states of a request.
const (
	Waiting   State = "waiting"   // no callback has arrived yet
	Delivered State = "delivered" // the callback states a delivery, and the object is correct
	// Rejected: the callback is unreadable, or it states a delivery but the object is missing or
	// wrong.
	Rejected State = "rejected"
	Skipped  State = "skipped"
	TimedOut State = "timeout" // no callback arrived before the deadline of the request
)

// The reasons that the webhook video.source_rejected states. The platform documents
// ReasonNotAvailable and ReasonAspect; the others exist only in this simulator.
const (
	ReasonNotAvailable = "file_not_available" // the callback says that no file exists (a skip)
	ReasonAspect       = "aspect_ratio_not_accepted_for_feed"
	ReasonGarbled      = "completion_unreadable"
	ReasonStorageKey   = "storage_key_mismatch"
	ReasonMissing      = "object_missing"
	ReasonHash         = "content_hash_mismatch"
	ReasonExtension    = "extension_unknown"
	ReasonType         = "content_type_mismatch"
)

// Completion is the body of a callback.
type Completion struct {
	StorageKey  string `json:"storageKey"`
	AspectRatio string `json:"aspectRatio"`
	Extension   string `json:"extension"`
	ContentHash string `json:"contentHash"` // SHA-256 of the delivered object: "sha256:<hex>"
	Skip        bool   `json:"skip"`
	Reason      string `json:"reason"`
}

// Outcome is the result of a request in the platform's view.
type Outcome struct {
	State      State
	Completion Completion
	Object     r2.Object // object under the storage key; the zero value if the callback states no delivery
	Problems   []string  // reasons for the rejection; empty unless State is Rejected
}

// contentTypes maps file extensions to the content types that the platform expects.
var contentTypes = map[string]string{
	"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "mkv": "video/x-matroska",
	"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif",
}

// Conclude waits until a request is completed or has expired, and then returns the same as
// [Platform.Check]. It also fails if ctx ends.
func (p *Platform) Conclude(ctx context.Context, request Request) (Outcome, error) {
	waiting, cancel := context.WithTimeout(ctx, request.ExpiresAt.Sub(p.config.Now()))
	defer cancel()
	_, err := p.Waitpoints.Wait(waiting, request.Token)
	switch {
	case ctx.Err() != nil:
		return Outcome{}, fmt.Errorf("concluding a request: %w", context.Cause(ctx))
	case errors.Is(err, context.DeadlineExceeded):
		if token, err := p.Waitpoints.Token(request.Token); err == nil && token.Completed.IsZero() {
			return Outcome{State: TimedOut}, nil
		}
	case err != nil:
		return Outcome{}, fmt.Errorf("concluding a request: %w", err)
	}
	return p.Check(ctx, request)
}

// Check compares a request's callback with the object in the bucket. It returns
// [waitpoints.ErrUnknown] for an unknown token, and an error if the bucket cannot be read.
func (p *Platform) Check(ctx context.Context, request Request) (Outcome, error) {
	token, err := p.Waitpoints.Token(request.Token)
	if err != nil {
		return Outcome{}, fmt.Errorf("checking a request: %w", err)
	}
	if token.Completed.IsZero() {
		return Outcome{State: p.unanswered(token)}, nil
	}
	var outcome Outcome
	if err := json.Unmarshal(token.Output, &outcome.Completion); err != nil {
		return Outcome{State: Rejected, Problems: []string{ReasonGarbled}}, nil
	}
	if outcome.Completion.Skip {
		outcome.State = Skipped
		return outcome, nil
	}
	outcome.Object, err = p.Storage.Object(ctx, request.StorageKey)
	if err != nil && !errors.Is(err, r2.ErrAbsent) {
		return Outcome{}, fmt.Errorf("checking a request: %w", err)
	}
	outcome.Problems = problems(request, outcome.Completion, outcome.Object, err == nil)
	outcome.State = Rejected
	if len(outcome.Problems) == 0 {
		outcome.State = Delivered
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hashes[request.StorageKey] = outcome.Completion.ContentHash
	}
	return outcome, nil
}

func (p *Platform) unanswered(token waitpoints.Token) State {
	if p.config.Now().Before(token.ExpiresAt) {
		return Waiting
	}
	return TimedOut
}

// problems compares a stated delivery with the request and with the stored object. It returns the
// reasons for a rejection, or none if the delivery is correct.
func problems(request Request, claim Completion, object r2.Object, there bool) []string {
	var found []string
	contentType, known := contentTypes[claim.Extension]
	for _, check := range []struct {
		bad    bool
		reason string
	}{
		{claim.StorageKey != request.StorageKey, ReasonStorageKey},
		{!aspectFits(request.Slot, claim.AspectRatio), ReasonAspect},
		{!known, ReasonExtension},
		{!there, ReasonMissing},
		{there && claim.ContentHash != contentHash(object.SHA256), ReasonHash},
		{there && known && object.ContentType != contentType, ReasonType},
	} {
		if check.bad {
			found = append(found, check.reason)
		}
	}
	return found
}

// aspectFits reports whether the aspect that a callback states is right. For a request with a
// family it must be one of the accepted aspects. For a request with an aspect, the callback must
// state none.
func aspectFits(slot Slot, claimed string) bool {
	if slot.Aspect != "" {
		return claimed == ""
	}
	return slices.Contains(slot.Accepted, claimed)
}

func contentHash(sum [32]byte) string { return "sha256:" + hex.EncodeToString(sum[:]) }

// stamp formats a time as in the platform's events.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
