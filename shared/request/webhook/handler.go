// Package webhook answers the platform's webhooks: it verifies the raw bytes, only
// then reads them, hands them to fulfilment and turns the outcome into an answer.
//
// What an answer says is decided here and nowhere else. Any status below 400 makes the
// gateway count the event as delivered, so 2xx is given only for what has ended or is
// owned by something durable; never 3xx. The word goes out as short JSON, without URLs: the
// gateway keeps it and shows it.
package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

// Request is a webhook as it came in.
type Request struct {
	Method  string
	Headers signature.Headers
	Body    []byte // raw, base64 already taken off
}

// Answer is what the gateway gets: a status and one word.
type Answer struct {
	Status  int
	Outcome string
}

// Handler serves webhooks. All fields are needed.
type Handler struct {
	Keyring   *destination.Keyring
	Service   *fulfillment.Service
	Libraries []masters.Library
	// Loopback also allows URLs to this machine: never in Lambda.
	Loopback bool
	Now      func() time.Time
	Report   func(context.Context, Served)
}

// Serve answers one webhook. deadline is when this run must have ended.
func (h *Handler) Serve(ctx context.Context, r Request, deadline time.Time) Answer {
	began := h.Now()
	w := Served{Topic: topic(r.Headers), EventID: eventID(r.Headers), Size: len(r.Body)}
	a := h.serve(ctx, r, deadline, &w)
	w.Status, w.Answer, w.Duration = a.Status, a.Outcome, h.Now().Sub(began)
	h.Report(ctx, w)
	return a
}

func (h *Handler) serve(ctx context.Context, r Request, deadline time.Time, w *Served) Answer {
	switch {
	case r.Method != http.MethodPost:
		return Answer{http.StatusMethodNotAllowed, "method_not_allowed"}
	case len(r.Body) > platform.MaxBody:
		return Answer{http.StatusRequestEntityTooLarge, "too_large"}
	}
	w.Match, w.Err = h.Keyring.Verify(ctx, r.Headers, r.Body)
	switch {
	case errors.Is(w.Err, destination.ErrUnavailable):
		return unavailable
	case w.Err != nil:
		return Answer{http.StatusUnauthorized, "unauthentic"}
	}
	return h.authentic(ctx, r, deadline, w)
}

var (
	// unavailable makes the gateway send the webhook again.
	unavailable = Answer{http.StatusServiceUnavailable, "unavailable"}
	// malformed is authentic, but unusable.
	malformed = Answer{http.StatusOK, "malformed"}
)

// authentic serves what a destination signed.
func (h *Handler) authentic(ctx context.Context, r Request, deadline time.Time, w *Served) Answer {
	var event platform.Event
	event, w.Err = platform.Parse(w.Topic, r.Body)
	if w.Err != nil {
		return h.unusable(ctx, r, w)
	}
	w.Class, w.Request = event.Class, event.Request
	library, known := h.library(w.Match.Destination.Library)
	if !known {
		w.Err = errors.New("destination names a library that is not configured")
		return unavailable
	}
	switch event.Class {
	case platform.Ignored:
		return Answer{Status: http.StatusOK, Outcome: "ignored"}
	case platform.Requested:
		if w.Err = h.allowed(event.Request, w.Match.Destination); w.Err != nil {
			return h.unusable(ctx, r, w)
		}
		w.Outcome = h.Service.Fulfil(ctx, fulfillment.Job{
			Request: event.Request, Destination: w.Match.Destination.Name, Library: library,
			EventID: w.EventID, Deadline: deadline,
		})
	default:
		w.Outcome = h.Service.Resolve(ctx, event.Class, event.Result, library)
	}
	return answer(w.Outcome)
}

// allowed holds the URLs of a request against the destination's hosts.
func (h *Handler) allowed(r platform.Request, d *destination.Destination) error {
	uploads := safehttp.Policy{Hosts: d.UploadHosts, Loopback: h.Loopback}
	if err := uploads.Allow(r.UploadURL); err != nil {
		return fmt.Errorf("fulfillment.uploadUrl: %w", err)
	}
	callbacks := safehttp.Policy{Hosts: d.CallbackHosts, Loopback: h.Loopback}
	if err := callbacks.Allow(r.CompleteURL); err != nil {
		return fmt.Errorf("fulfillment.completeCallbackUrl: %w", err)
	}
	return nil
}

func (h *Handler) library(name string) (masters.Library, bool) {
	for _, lib := range h.Libraries {
		if lib.Name == name {
			return lib, true
		}
	}
	return masters.Library{}, false
}

// unusable records an authentic body that cannot be used. Sending it again would not
// help, so once it is recorded the gateway is told that all is well.
func (h *Handler) unusable(ctx context.Context, r Request, w *Served) Answer {
	sum := sha256.Sum256(r.Body)
	id := "bad#" + hex.EncodeToString(sum[:])
	_, err := h.Service.Ledger.Record(ctx, id, w.Match.Destination.Name, w.Topic, w.Err.Error(), len(r.Body))
	if err != nil {
		w.Err = errors.Join(w.Err, err)
		return unavailable
	}
	return malformed
}

// answer is the table of outcomes and statuses.
func answer(o fulfillment.Outcome) Answer {
	switch o.Status {
	case fulfillment.Accepted:
		return Answer{http.StatusAccepted, string(o.Status)}
	case fulfillment.Held:
		return Answer{http.StatusConflict, string(o.Status)}
	case fulfillment.Retry:
		return unavailable
	}
	return Answer{http.StatusOK, string(o.Status)}
}

// topic and eventID come from headers that nobody signed: the one may only narrow what
// an event is, the other is for people to look at.
func topic(headers signature.Headers) string {
	if t := headers("x-outpost-topic"); t != "" {
		return t
	}
	return headers("webhook-topic")
}

func eventID(headers signature.Headers) string {
	if id := headers("x-outpost-event-id"); id != "" {
		return id
	}
	return headers("webhook-id")
}
