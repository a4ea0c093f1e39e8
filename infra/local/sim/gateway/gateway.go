// Package gateway sends webhooks as Outpost does, the program behind the
// platform's events.
//
// What it does on purpose: only the body is signed (in the schemes that say so),
// and it is compacted, with &, < and > escaped; a retry differs in its timestamp
// alone; any final status below 400 is success and anything else is retried, 4xx
// like 5xx; redirects are followed; copies of one attempt may run side by side.
//
//	sender := gateway.New(gateway.Config{Endpoint: url, Keys: []signature.Key{key}, Retries: 9})
//	result := sender.Send(ctx, gateway.Event{Topic: "video.source_requested", Body: body})
//	fmt.Println(result.Status, result.Attempts)
package gateway

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/signature"
)

// DefaultWait is how long the platform waits for an answer. (An Outpost with its
// own default waits 5 s.)
const DefaultWait = 5 * time.Minute

// Config says where and how a sender sends.
type Config struct {
	Endpoint string           // the webhook's URL
	Scheme   signature.Scheme // "" is [signature.Outpost]
	Keys     []signature.Key  // each signs, the current one first; two while a secret rotates
	Wait     time.Duration    // for one answer; 0 is DefaultWait
	Retries  int              // attempts after the first; 0 is none, the platform's page says 9
	Scale    float64          // multiplies the pauses between attempts; 0 is 1
	Now      func() time.Time // stamps attempts; nil is time.Now
}

// Event is what a webhook carries.
type Event struct {
	ID    string // "" is a fresh one
	Topic string // "" sends no topic header
	Body  []byte
	// Verbatim sends Body as it is. Otherwise it is compacted and escaped, which
	// takes a body that is JSON.
	Verbatim bool
	// Header replaces headers after they are made, signature included: what event
	// metadata and forgers can do. No values remove a header.
	Header http.Header
	// Metadata is added to the metadata of an event for a queue or a bucket, and replaces what is
	// there: what the gateway's operator and the event's publisher can do.
	Metadata map[string]string
}

// Result is how a webhook ended.
type Result struct {
	Delivered bool          // the last status was below 400
	Status    int           // of the last answer; 0 if the last attempt got none
	Body      []byte        // of the last answer, at most 128 KiB
	Attempts  int           // attempts begun
	Duration  time.Duration // of the last attempt
	Err       error         // why the last attempt got no answer
}

// ErrBody is an event whose body is no JSON and was not to be sent verbatim.
var ErrBody = errors.New("event body that is no JSON")

// Gateway sends events to one endpoint. It may be used from many goroutines.
type Gateway struct {
	config    Config
	transport *http.Transport
}

// New makes a sender. [Gateway.Close] ends its connections.
func New(config Config) *Gateway {
	if config.Scheme == "" {
		config.Scheme = signature.Outpost
	}
	if config.Wait == 0 {
		config.Wait = DefaultWait
	}
	if config.Scale == 0 {
		config.Scale = 1
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Gateway{config: config, transport: &http.Transport{MaxIdleConnsPerHost: 64}}
}

// Signing returns a sender that differs in scheme and keys, and shares s's connections.
func (s *Gateway) Signing(scheme signature.Scheme, keys ...signature.Key) *Gateway {
	other := &Gateway{config: s.config, transport: s.transport}
	other.config.Scheme, other.config.Keys = scheme, keys
	return other
}

// Close ends idle connections.
func (s *Gateway) Close() { s.transport.CloseIdleConnections() }

// Pause returns how long Outpost waits after attempt n, the first being 1, at
// scale 1: 30 s · 2ⁿ⁻¹.
func Pause(n int) time.Duration { return 30 * time.Second << (n - 1) }

// Send delivers an event, with retries, until it is delivered, the retries are
// used up or ctx ends.
func (s *Gateway) Send(ctx context.Context, event Event) Result {
	event, err := prepare(event)
	if err != nil {
		return Result{Err: err}
	}
	for n := 1; ; n++ {
		result := s.attempt(ctx, event)
		result.Attempts = n
		if result.Delivered || n > s.config.Retries || !backoff.Sleep(ctx, time.Duration(float64(Pause(n))*s.config.Scale)) {
			return result
		}
	}
}

// SendCopies delivers n copies of an event's first attempt side by side, and does
// not retry.
func (s *Gateway) SendCopies(ctx context.Context, event Event, n int) []Result {
	event, err := prepare(event)
	results := make([]Result, n)
	var all sync.WaitGroup
	for i := range results {
		if results[i].Err = err; err != nil {
			continue
		}
		all.Go(func() {
			results[i] = s.attempt(ctx, event)
			results[i].Attempts = 1
		})
	}
	all.Wait()
	return results
}

// prepare gives an event its id and the body its form on the wire.
func prepare(event Event) (Event, error) {
	if event.ID == "" {
		event.ID = "evt_" + strings.ToLower(rand.Text())
	}
	if event.Verbatim {
		return event, nil
	}
	var err error
	event.Body, err = Compact(event.Body)
	return event, err
}

// Compact writes JSON as Outpost sends it: without white space, and with &, <, >,
// U+2028 and U+2029 escaped. Errors: ErrBody.
func Compact(body []byte) ([]byte, error) {
	var compact, escaped bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	json.HTMLEscape(&escaped, compact.Bytes())
	return escaped.Bytes(), nil
}
