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

	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

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
func (h *Handler) Serve(ctx context.Context, r inbound.Request, deadline time.Time) inbound.Answer {
	began := h.Now()
	w := Served{Topic: topic(r.Value), EventID: eventID(r.Value), Size: len(r.Body)}
	a := h.serve(ctx, r, deadline, &w)
	w.Status, w.Answer, w.Duration = a.Status, a.Outcome, h.Now().Sub(began)
	h.Report(ctx, w)
	return a
}

func (h *Handler) serve(ctx context.Context, r inbound.Request, deadline time.Time, w *Served) inbound.Answer {
	switch {
	case r.Method != http.MethodPost:
		return methodNotAllowed
	case len(r.Body) > platform.MaxBody:
		return tooLarge
	}
	w.Match, w.Err = h.Keyring.Verify(ctx, r.Value, r.Body)
	switch {
	case errors.Is(w.Err, destination.ErrUnavailable):
		return unavailable
	case w.Err != nil:
		return Unauthentic
	}
	return h.authentic(ctx, r, deadline, w)
}

// authentic serves what a destination signed.
func (h *Handler) authentic(ctx context.Context, r inbound.Request, deadline time.Time, w *Served) inbound.Answer {
	var event platform.Event
	event, w.Err = platform.Parse(w.Topic, r.Body)
	if w.Err != nil {
		return h.unusable(ctx, r, w)
	}
	w.Class, w.Request = event.Class, event.Request
	library, known := masters.Named(h.Libraries, w.Match.Destination.Library)
	if !known {
		w.Err = errors.New("destination names a library that is not configured")
		return unavailable
	}
	switch event.Class {
	case platform.Ignored:
		return ignored
	case platform.Requested:
		if w.Err = h.allowed(event.Request, w.Match.Destination); w.Err != nil {
			return h.unusable(ctx, r, w)
		}
		w.Outcome = h.Service.Fulfil(ctx, fulfillment.Job{
			Request: event.Request, Destination: w.Match.Destination.Name, Library: library,
			Others:  masters.AllNamed(h.Libraries, w.Match.Others),
			EventID: w.EventID, Deadline: deadline,
		})
	default:
		w.Outcome = h.Service.Resolve(ctx, fulfillment.Report{
			Class: event.Class, Result: event.Result, Destination: w.Match.Destination.Name, Library: library,
		})
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

// unusable records an authentic body that cannot be used. Sending it again would not
// help, so once it is recorded the gateway is told that all is well.
func (h *Handler) unusable(ctx context.Context, r inbound.Request, w *Served) inbound.Answer {
	sum := sha256.Sum256(r.Body)
	id := "bad#" + hex.EncodeToString(sum[:])
	_, err := h.Service.Ledger.Record(ctx, id, w.Match.Destination.Name, w.Topic, w.Err.Error(), len(r.Body))
	if err != nil {
		w.Err = errors.Join(w.Err, err)
		return unavailable
	}
	return malformed
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
