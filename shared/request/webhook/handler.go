// Package webhook answers the platform's webhooks. It verifies the raw bytes before it reads them,
// passes them to fulfilment, and turns the outcome into an answer.
//
// Only this package decides about answers. The gateway counts any status below 400 as a delivered
// event. So an answer is 2xx only if nothing is left to do for the event, or if it is stored
// durably for a later run. An answer is never 3xx. The answer is short JSON without URLs, because
// the gateway stores and shows it.
package webhook

import (
	"context"
	"errors"
	"net/http"
	"time"

	"masterhand/shared/kit/inbound"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

// Handler serves webhooks. All fields are needed.
type Handler struct {
	Keyring   *destination.Keyring
	Service   *fulfillment.Service
	Libraries []masters.Library
	// If Loopback is true, URLs to this machine are allowed, too. It must be false in Lambda.
	Loopback bool
	Now      func() time.Time
	Report   func(context.Context, Served)
}

// Serve answers one webhook. The run must end by the time deadline.
func (h *Handler) Serve(ctx context.Context, r inbound.Request, deadline time.Time) inbound.Answer {
	began := h.Now()
	w := Served{Topic: topic(r.Value), EventID: eventID(r.Value), Size: len(r.Body), From: r.From}
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

// authentic serves a webhook that a destination signed.
func (h *Handler) authentic(ctx context.Context, r inbound.Request, deadline time.Time, w *Served) inbound.Answer {
	pipeline := doors.Pipeline{Service: h.Service, Libraries: h.Libraries, Loopback: h.Loopback}
	taken := pipeline.Take(ctx, doors.Event{
		Topic: w.Topic, EventID: w.EventID, Body: r.Body,
		Destination: w.Match.Destination, Others: w.Match.Others, Deadline: deadline,
	})
	w.Class, w.Request, w.Outcome, w.Err = taken.Class, taken.Request, taken.Outcome, taken.Err
	return answer(taken)
}

// topic returns the topic header. The headers of the topic and the event id are not signed: the
// topic can only make an event ignored, and the id is only for people.
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
