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
	// Loopback also allows URLs to this machine: never in Lambda.
	Loopback bool
	Now      func() time.Time
	Report   func(context.Context, Served)
}

// Serve answers one webhook. deadline is when this run must have ended.
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

// authentic serves what a destination signed.
func (h *Handler) authentic(ctx context.Context, r inbound.Request, deadline time.Time, w *Served) inbound.Answer {
	pipeline := doors.Pipeline{Service: h.Service, Libraries: h.Libraries, Loopback: h.Loopback}
	taken := pipeline.Take(ctx, doors.Event{
		Topic: w.Topic, EventID: w.EventID, Body: r.Body,
		Destination: w.Match.Destination, Others: w.Match.Others, Deadline: deadline,
	})
	w.Class, w.Request, w.Outcome, w.Err = taken.Class, taken.Request, taken.Outcome, taken.Err
	return answer(taken)
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
