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

// Lifetime is how long the platform waits for a master.
const Lifetime = time.Hour

// Slot is what is asked for, in the platform's own words: either Aspect, or Family
// with what it accepts.
type Slot struct {
	Code      string   `json:"code"`
	Variation int      `json:"variation"`
	Locale    string   `json:"locale"`
	Aspect    string   `json:"aspectRatio,omitempty"`
	Family    string   `json:"placementFamily,omitempty"`
	Accepted  []string `json:"acceptedAspects,omitempty"`
	Kind      string   `json:"kind"`
}

// target is the slot's last part in a storage key.
func (s Slot) target() string {
	if s.Aspect != "" {
		return s.Aspect
	}
	return s.Family
}

// Options make a request other than the usual. The zero value is the usual one.
type Options struct {
	ExpiresAt  time.Time     // zero is Lifetime from now; a past one has expired
	StorageKey string        // "" is made from the slot
	URL        r2.URLOptions // its zero times make a URL that dies at ExpiresAt
}

// Request is an event with fresh URLs. Its fields may be printed.
type Request struct {
	EventID     string
	Topic       string
	Slot        Slot
	StorageKey  string
	UploadURL   capability.URL
	CallbackURL capability.URL
	Token       string // the waitpoint's id, which CallbackURL completes
	RequestedAt time.Time
	ExpiresAt   time.Time
	ContentHash string // fills the placeholder of result events

	project  project
	template json.RawMessage // with placeholders: a body with the URLs in it would print
}

// project is how every event begins.
type project struct {
	ProjectID   string `json:"projectId"`
	ProjectSlug string `json:"projectSlug"`
}

// requested is the event that asks for a master, as the platform's page shows it.
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

// NewRequest makes a request for a slot, with fresh URLs. It is sent by its Event.
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

// Fill gives an event fresh URLs and times. What its data says about slot and
// project goes into the storage key as far as it can be read; the rest of the data
// stays as it is. Errors: [events.ErrUnfilled].
func (p *Platform) Fill(event events.Event, options Options) (Request, error) {
	var says struct {
		project
		Creative Slot `json:"creative"`
	}
	_ = json.Unmarshal(event.Data, &says) // malformed events are sent too
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

// lifetime lets the upload URL die when the request does. It was signed when the
// platform asked, which for a request that is about to expire was some time ago.
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

// body returns the event's data with the URLs in it.
func (r Request) body() ([]byte, error) {
	return events.Fill(r.template, events.Values{
		UploadURL: r.UploadURL, CallbackURL: r.CallbackURL, StorageKey: r.StorageKey,
		ExpiresAt: r.ExpiresAt, Now: r.RequestedAt, ContentHash: r.ContentHash,
	})
}

// Event returns the webhook that asks for r. It holds r's URLs and is as secret as
// they are; sent twice, it is the same event.
func (r Request) Event() gateway.Event {
	body, err := r.body()
	if err != nil {
		panic("request that cannot be filled") // Fill has filled it before
	}
	return gateway.Event{ID: r.EventID, Topic: r.Topic, Body: body}
}
