package adplatform

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"masterhand/events"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/shared/kit/capability"
)

// Lifetime is how long the platform waits for a master after it has sent the request, unless
// [Options] set another deadline.
const Lifetime = time.Hour

// Slot is the requested slot in the platform's terms. Either Aspect is set, or Family with the
// accepted aspects.
type Slot struct {
	Code      string   `json:"code"`
	Variation int      `json:"variation"`
	Locale    string   `json:"locale"`
	Aspect    string   `json:"aspectRatio,omitempty"`
	Family    string   `json:"placementFamily,omitempty"`
	Accepted  []string `json:"acceptedAspects,omitempty"`
	Kind      string   `json:"kind"`
}

// target returns the last part of the slot's storage key.
func (s Slot) target() string {
	if s.Aspect != "" {
		return s.Aspect
	}
	return s.Family
}

// Options change a request. The zero value makes a usual request.
type Options struct {
	ExpiresAt  time.Time     // deadline; zero means Lifetime from now; a past time makes an expired request
	StorageKey string        // storage key; "" means a key that is made from the slot
	URL        r2.URLOptions // options of the upload URL; if its times are zero, the URL expires at ExpiresAt
}

// Request is an event with new URLs. Its fields can be printed safely: they contain no URL in
// plain text.
type Request struct {
	EventID     string
	Topic       string
	Slot        Slot
	StorageKey  string
	UploadURL   capability.URL
	CallbackURL capability.URL
	Token       string // id of the waitpoint that a callback to CallbackURL completes
	RequestedAt time.Time
	ExpiresAt   time.Time
	// ContentHash is the hash of the last delivery under StorageKey that the platform accepted;
	// zeros if there was none. If the event is made from a sample with a placeholder for a hash,
	// ContentHash replaces the placeholder.
	ContentHash string

	project project
	// The JSON data of the event. It contains placeholders instead of the URLs, so that it can be
	// printed without revealing a URL.
	template json.RawMessage
}

// project holds the members with which the data of every event begins.
type project struct {
	ProjectID   string `json:"projectId"`
	ProjectSlug string `json:"projectSlug"`
}

// requested is the data of the event that requests a master, as the platform's documentation
// describes it.
type requested struct {
	project
	Creative    Slot        `json:"creative"`
	Facebook    facebook    `json:"facebook"`
	Fulfillment fulfillment `json:"fulfillment"`
}

type facebook struct {
	MediaIDs  []string `json:"facebookMediaIds"`
	Ads       []ad     `json:"ads"`
	Adsets    []named  `json:"adsets"`
	Campaigns []named  `json:"campaigns"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type ad struct {
	named
	AdAccountID string `json:"adAccountId"`
}

type fulfillment struct {
	UploadURL   string `json:"uploadUrl"`
	StorageKey  string `json:"storageKey"`
	ExpiresAt   string `json:"expiresAt"`
	CallbackURL string `json:"completeCallbackUrl"`
}

// NewRequest makes a request for a slot, with new URLs. [Request.Event] returns the webhook that
// must be sent.
func (p *Platform) NewRequest(slot Slot, options Options) (Request, error) {
	template, err := json.Marshal(requested{
		project:  project{p.config.ProjectID, p.config.ProjectSlug},
		Creative: slot,
		Facebook: facebook{
			MediaIDs:  []string{},
			Ads:       []ad{{named{"120244000819040432", fmt.Sprintf("15-08-25 %s-%d <Spring> 🍏 & more", slot.Code, slot.Variation)}, "743795164364156"}},
			Adsets:    []named{{"120234224516300432", "Broad - US - v2"}},
			Campaigns: []named{{"120234224515520432", "HRT Prospecting - Sep"}},
		},
		Fulfillment: fulfillment{"{{uploadUrl}}", "{{storageKey}}", "{{expiresAt}}", "{{completeCallbackUrl}}"},
	})
	if err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	return p.Fill(events.Event{Topic: "video.source_requested", Data: template}, options)
}

// Fill puts fresh URLs and times into an event. If the options state no storage key, Fill makes one
// from the slot and the project in the event's data. All other data stays unchanged. Fill returns
// [events.ErrUnfilled] if the event contains an unknown placeholder.
func (p *Platform) Fill(event events.Event, options Options) (Request, error) {
	var says struct {
		project
		Creative Slot `json:"creative"`
	}
	_ = json.Unmarshal(event.Data, &says) // the error is ignored, because tests send malformed events, too
	now := p.config.Now()
	if options.ExpiresAt.IsZero() {
		options.ExpiresAt = now.Add(Lifetime)
	}
	if options.StorageKey == "" {
		slot := says.Creative
		options.StorageKey = fmt.Sprintf("fb-external/%s/%s/v%d/%s/%s.%s",
			says.ProjectID, slot.Code, slot.Variation, slot.Locale, slot.target(), slot.Kind)
	}
	upload, err := p.Storage.Presign(options.StorageKey, lifetime(options, now))
	if err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	token := p.Waitpoints.Create(options.ExpiresAt)
	request := Request{
		EventID: "evt_" + strings.ToLower(rand.Text()), Topic: event.Topic, Slot: says.Creative, StorageKey: options.StorageKey,
		UploadURL: upload, CallbackURL: token.URL, Token: token.ID, RequestedAt: now, ExpiresAt: options.ExpiresAt,
		project: says.project, template: event.Data,
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	request.ContentHash = p.hashes[options.StorageKey]
	if request.ContentHash == "" {
		request.ContentHash = contentHash([32]byte{})
	}
	if _, err := request.body(); err != nil {
		return Request{}, fmt.Errorf("request: %w", err)
	}
	p.requests[token.ID] = request
	return request, nil
}

// lifetime returns the options of the upload URL. If options.URL contains no times, the URL expires
// together with the request. Its time of signing is then one hour before that, but never later than
// now.
func lifetime(options Options, now time.Time) r2.URLOptions {
	url := options.URL
	if url.Signed.IsZero() && url.Lifetime == 0 {
		url.Signed = options.ExpiresAt.Add(-Lifetime)
		if url.Signed.After(now) {
			url.Signed = now
		}
		url.Lifetime = options.ExpiresAt.Sub(url.Signed)
	}
	return url
}

// body returns the data of the event with the real URLs in the place of the placeholders.
func (r Request) body() ([]byte, error) {
	return events.Fill(r.template, events.Values{
		UploadURL: r.UploadURL, CallbackURL: r.CallbackURL, StorageKey: r.StorageKey,
		ExpiresAt: r.ExpiresAt, Now: r.RequestedAt, ContentHash: r.ContentHash,
	})
}

// Event returns the webhook for the request r. The webhook contains the URLs of r, which are
// secrets. Each call returns the same event.
func (r Request) Event() gateway.Event {
	body, err := r.body()
	if err != nil {
		panic("request that cannot be filled") // cannot happen, because Fill has already filled the same template
	}
	return gateway.Event{ID: r.EventID, Topic: r.Topic, Body: body}
}
