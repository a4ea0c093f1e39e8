// Package gateway sends webhooks like Outpost, the program that sends the platform's events.
//
// It imitates these properties of Outpost: only the body is signed (in the schemes that say so);
// the body is compacted, with &, < and > escaped; a retry differs only in its timestamp; a final
// status below 400 is success, and any other status is retried, 4xx as well as 5xx; redirects are
// followed; several copies of one attempt may run at the same time.
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

// DefaultWait is how long the platform waits for an answer. (Outpost's own default is 5 s.)
const DefaultWait = 5 * time.Minute

// Config says where and how a sender sends.
type Config struct {
	Endpoint string           // the webhook's URL
	Scheme   signature.Scheme // "" means [signature.Outpost]
	Keys     []signature.Key  // each signs, the current one first; two during the rotation of a secret
	Wait     time.Duration    // for one answer; 0 means DefaultWait
	Retries  int              // attempts after the first; 0 means none, the platform's page says 9
	Scale    float64          // factor for the pauses between attempts; 0 means 1
	Now      func() time.Time // clock for the timestamps; nil means time.Now
}

// Event is a webhook to send.
type Event struct {
	ID    string // "" means a new id
	Topic string // "" means no topic header
	Body  []byte
	// Verbatim sends Body unchanged. Otherwise Body must be JSON, and it is compacted and escaped.
	Verbatim bool
	// Header replaces headers after they are made, signature included, as event metadata and forgers
	// can. A header without values is removed.
	Header http.Header
	// Metadata is added to the metadata of an event for a queue or a bucket, and replaces members of
	// the same name. Outpost's operator and the event's publisher can set it.
	Metadata map[string]string
}

// Result is the result of sending a webhook.
type Result struct {
	Delivered bool          // the last status was below 400
	Status    int           // status of the last answer; 0 if the last attempt got no answer
	Body      []byte        // body of the last answer, at most 128 KiB
	Attempts  int           // number of attempts
	Duration  time.Duration // duration of the last attempt
	Err       error         // why the last attempt got no answer
}

// ErrBody is the error for a body that is not JSON, unless it is sent verbatim.
var ErrBody = errors.New("the event's body is not JSON")

// Gateway sends events to one endpoint. It is safe for concurrent use.
type Gateway struct {
	config    Config
	transport *http.Transport
}

// New makes a sender. [Gateway.Close] closes its connections.
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

// Signing returns a sender with another scheme and other keys. It shares s's connections.
func (s *Gateway) Signing(scheme signature.Scheme, keys ...signature.Key) *Gateway {
	other := &Gateway{config: s.config, transport: s.transport}
	other.config.Scheme, other.config.Keys = scheme, keys
	return other
}

// Close closes idle connections.
func (s *Gateway) Close() { s.transport.CloseIdleConnections() }

// Pause returns how long Outpost waits after attempt n, counted from 1, at scale 1: 30 s · 2ⁿ⁻¹.
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

// SendCopies sends n copies of an event's first attempt at the same time, without retries.
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

// prepare gives an event its id and brings the body into the form that is sent.
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

// Compact converts JSON into Outpost's form: without white space, and with &, <, >, U+2028 and
// U+2029 escaped. Errors: ErrBody.
func Compact(body []byte) ([]byte, error) {
	var compact, escaped bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBody, err)
	}
	json.HTMLEscape(&escaped, compact.Bytes())
	return escaped.Bytes(), nil
}
