// Package gateway sends webhooks like Outpost, the program that sends the platform's events.
//
// It imitates these properties of Outpost:
//   - In Outpost's default scheme, the signature covers only the body.
//   - The body is compacted, and the characters &, < and > in it are escaped.
//   - A retry differs from the first attempt only in its timestamp.
//   - A final status below 400 is success. Any other status, 4xx or 5xx, is retried.
//   - Redirects are followed.
//   - Several copies of one attempt may run at the same time.
//
// Example:
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

// DefaultWait is how long the platform waits for an answer to a webhook. (Outpost's own default is
// 5 s; the platform has changed that.)
const DefaultWait = 5 * time.Minute

// Config says where a gateway sends events and how it signs and retries them.
type Config struct {
	Endpoint string           // URL of the webhook's receiver
	Scheme   signature.Scheme // signature scheme; "" means [signature.Outpost]
	// Keys are the signing keys, the current key first; each signs every event. There are two keys
	// while a secret is rotated.
	Keys    []signature.Key
	Wait    time.Duration    // how long to wait for one answer; 0 means DefaultWait
	Retries int              // number of attempts after the first; 0 means none; the platform documents 9
	Scale   float64          // factor for the pauses between attempts; 0 means 1
	Now     func() time.Time // clock for the timestamps; nil means time.Now
}

// Event is a webhook to send.
type Event struct {
	ID    string // id of the event; "" means a new id
	Topic string // topic of the event; "" means that there is no topic header
	Body  []byte
	// Verbatim says that Body is sent unchanged. Otherwise Body must be JSON; it is sent without
	// white space and with escapes, as Outpost sends it.
	Verbatim bool
	// Header replaces headers of the finished request, its signature included. A header without
	// values is removed. A test can thus send forged headers. It can also imitate an event whose
	// metadata replaces headers, which Outpost permits.
	Header http.Header
	// Metadata is added to the metadata that Outpost makes for an event in a queue or a bucket,
	// and replaces members of the same name. Outpost's operator and the publisher of the event can
	// set it.
	Metadata map[string]string
}

// Result is the result of sending a webhook.
type Result struct {
	Delivered bool          // whether the last answer had a status below 400
	Status    int           // status of the last answer; 0 if the last attempt got no answer
	Body      []byte        // body of the last answer, at most 128 KiB
	Attempts  int           // number of attempts
	Duration  time.Duration // duration of the last attempt
	Err       error         // why the last attempt got no answer; nil if it got one
}

// ErrBody means that a body is not JSON. Bodies that are sent verbatim are not checked.
var ErrBody = errors.New("the event's body is not JSON")

// Gateway sends events to one endpoint. It is safe for concurrent use.
type Gateway struct {
	config    Config
	transport *http.Transport
}

// New makes a gateway. [Gateway.Close] closes its connections.
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

// Signing returns a gateway with another signature scheme and other keys. It shares the
// connections of s.
func (s *Gateway) Signing(scheme signature.Scheme, keys ...signature.Key) *Gateway {
	other := &Gateway{config: s.config, transport: s.transport}
	other.config.Scheme, other.config.Keys = scheme, keys
	return other
}

// Close closes idle connections.
func (s *Gateway) Close() { s.transport.CloseIdleConnections() }

// Pause returns how long Outpost, the platform's sender of webhooks, waits after attempt number n:
// 30 s · 2ⁿ⁻¹, with n counted from 1. The factor [Config.Scale] is not included.
func Pause(n int) time.Duration { return 30 * time.Second << (n - 1) }

// Send sends an event, with retries, until it is delivered, the retries are used up or ctx ends.
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

// SendCopies sends n copies of an event at the same moment. Each copy is sent only once.
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

// prepare adds a missing id to an event, and converts the body to the form in which it is sent.
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

// Compact converts JSON to the form in which Outpost sends it: without white space, and with &, <,
// >, U+2028 and U+2029 escaped. If body is not JSON, it returns ErrBody.
func Compact(body []byte) ([]byte, error) {
	var compact, escaped bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	json.HTMLEscape(&escaped, compact.Bytes())
	return escaped.Bytes(), nil
}
