package tour

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"masterhand/infra/local/farside/outpost"
	"masterhand/infra/local/farside/r2"
	"masterhand/infra/local/farside/trigger"
	"masterhand/shared/capability"
	"masterhand/shared/creative"
	"masterhand/shared/platform"
	"masterhand/shared/signature"
)

// request is one that the platform has made: where the bytes should go and the token
// that waits for them.
type request struct {
	storageKey string
	token      trigger.Token
	event      outpost.Event
}

type wire struct {
	ProjectID   string          `json:"projectId"`
	ProjectSlug string          `json:"projectSlug"`
	Creative    wireCreative    `json:"creative"`
	Fulfillment wireFulfillment `json:"fulfillment"`
}

type wireCreative struct {
	Code            string            `json:"code"`
	Variation       int               `json:"variation"`
	Locale          creative.Locale   `json:"locale"`
	Kind            creative.Kind     `json:"kind"`
	AspectRatio     creative.Aspect   `json:"aspectRatio,omitempty"`
	PlacementFamily creative.Family   `json:"placementFamily,omitempty"`
	AcceptedAspects []creative.Aspect `json:"acceptedAspects,omitempty"`
}

type wireFulfillment struct {
	UploadURL           string `json:"uploadUrl"`
	StorageKey          string `json:"storageKey"`
	ExpiresAt           string `json:"expiresAt"`
	CompleteCallbackURL string `json:"completeCallbackUrl"`
}

// newRequest makes a request as the platform does. Each has a key of its own in the far
// storage, so that what lies there is its doing alone.
func (f *far) newRequest(n int, slot creative.Slot, expires time.Time) (request, error) {
	target := string(slot.Aspect)
	if target == "" {
		target = string(slot.Family)
	}
	r := request{token: f.tokens.Create(expires)}
	r.storageKey = fmt.Sprintf("fb-external/%s/%s/v%d/%s/%s.%s/%d",
		slot.Project, slot.Creative.Code, slot.Creative.Variation, slot.Locale, target, slot.Kind, n)
	upload, err := f.storage.Presign(r.storageKey, r2.URLOptions{})
	if err != nil {
		return request{}, err
	}
	body, err := json.Marshal(wire{
		ProjectID: slot.Project, ProjectSlug: "hearty",
		Creative: wireCreative{
			Code: slot.Creative.Code, Variation: slot.Creative.Variation, Locale: slot.Locale, Kind: slot.Kind,
			AspectRatio: slot.Aspect, PlacementFamily: slot.Family, AcceptedAspects: slot.Accepted,
		},
		Fulfillment: wireFulfillment{
			UploadURL: upload.Reveal(), StorageKey: r.storageKey, ExpiresAt: expires.UTC().Format(time.RFC3339),
			CompleteCallbackURL: r.token.URL.Reveal(),
		},
	})
	r.event = outpost.Event{Topic: platform.TopicRequested, Body: body}
	return r, err
}

// ledgerID returns the request's id in the ledger.
func (r request) ledgerID() string { return platform.Request{CompleteURL: r.url()}.ID() }

func (r request) url() capability.URL { return r.token.URL }

// keys returns what signs a step.
func (t *tour) keys(s step) (signature.Scheme, []signature.Key, error) {
	scheme := s.scheme
	if scheme == "" {
		scheme = signature.Outpost
	}
	known := t.Secrets.Keys[scheme]
	if s.signing == current {
		return scheme, []signature.Key{known}, nil
	}
	fresh, err := t.Secrets.Unknown()
	if s.signing == rotating {
		return scheme, []signature.Key{fresh, known}, err
	}
	return scheme, []signature.Key{fresh}, err
}

// callback is the body that completed a token, either kind of it.
type callback struct {
	Skip        bool   `json:"skip"`
	Reason      string `json:"reason"`
	StorageKey  string `json:"storageKey"`
	ContentHash string `json:"contentHash"`
	AspectRatio string `json:"aspectRatio"`
}

// completion returns what completed the request's token, and how often somebody tried.
func (f *far) completion(r request) (callback, int, error) {
	token, err := f.tokens.Token(r.token.ID)
	if err != nil || token.Completed.IsZero() {
		return callback{}, len(token.Received), err
	}
	var c callback
	return c, len(token.Received), json.Unmarshal(token.Output, &c)
}

// send sends the event as often as the step says and returns all results.
func (t *tour) send(ctx context.Context, s step, event outpost.Event) ([]outpost.Result, error) {
	scheme, keys, err := t.keys(s)
	if err != nil {
		return nil, err
	}
	sender := t.far.sender.Signing(scheme, keys...)
	return sender.SendCopies(ctx, event, max(s.copies, 1)), nil
}
