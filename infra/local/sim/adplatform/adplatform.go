// Package adplatform simulates the ad platform. It requests masters by webhook, receives them at
// a pre-signed URL, waits for the completion callback and checks the delivered object.
//
// Its parts are separate packages: gateway sends webhooks, r2 stores uploads, waitpoints receives
// callbacks, and fault makes each of them fail. Invariants: the upload URL and the callback token
// of a request expire together; the platform checks the object that is stored in the bucket; this
// package prints no URL.
//
//	platform, err := adplatform.Open(ctx, adplatform.Config{Storage: storage})
//	request, err := platform.NewRequest(adplatform.Slot{
//		Code: "HRT-1212", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16",
//	}, adplatform.Options{})
//	result := sender.Send(ctx, request.Event())
//	outcome, err := platform.Conclude(ctx, request)
//	fmt.Println(outcome.State, outcome.Problems)
package adplatform

import (
	"context"
	"fmt"
	"sync"
	"time"

	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/waitpoints"
)

// Config says where the platform stores uploads and how its storage and its waitpoints behave.
type Config struct {
	Storage    r2.Config
	Waitpoints waitpoints.Config
	// ProjectID and ProjectSlug are part of every event; "" means the values of the sample events.
	ProjectID, ProjectSlug string
	Now                    func() time.Time // clock for the times of requests; nil means time.Now
}

// Platform is a running ad platform.
type Platform struct {
	Storage    *r2.Storage
	Waitpoints *waitpoints.Server
	config     Config

	mu       sync.Mutex
	requests map[string]Request // every request, by its callback token
	hashes   map[string]string  // content hashes of the deliveries that the platform accepted, by storage key
}

// Open starts the platform's storage and its waitpoints. [Platform.Close] stops them.
func Open(ctx context.Context, config Config) (*Platform, error) {
	if config.ProjectID == "" {
		config.ProjectID = "019d928c-02e1-7000-8000-000000000000"
	}
	if config.ProjectSlug == "" {
		config.ProjectSlug = "hearty"
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	storage, err := r2.Open(ctx, config.Storage)
	if err != nil {
		return nil, fmt.Errorf("platform: %w", err)
	}
	waitpoints, err := waitpoints.Open(config.Waitpoints)
	if err != nil {
		storage.Close()
		return nil, fmt.Errorf("platform: %w", err)
	}
	return &Platform{
		Storage: storage, Waitpoints: waitpoints, config: config,
		requests: map[string]Request{}, hashes: map[string]string{},
	}, nil
}

// Close stops the platform.
func (p *Platform) Close() {
	p.Storage.Close()
	p.Waitpoints.Close()
}

// Request returns the request whose callback URL belongs to the given token. It returns
// [waitpoints.ErrUnknown] if there is none.
func (p *Platform) Request(token string) (Request, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	request, ok := p.requests[token]
	if !ok {
		return Request{}, waitpoints.ErrUnknown
	}
	return request, nil
}
