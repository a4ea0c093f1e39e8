// Package webhook answers the platform's webhooks: it verifies the raw bytes, only
// then reads them, hands them to fulfilment and turns the outcome into an answer.
//
// What an answer says is decided here and nowhere else. Any status below 400 makes the
// gateway count the event as delivered, so 2xx is given only for what has ended or is
// owned by something durable; never 3xx. The body is short JSON without URLs: the
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

	"masterhand/shared/destination"
	"masterhand/shared/fulfillment"
	"masterhand/shared/masters"
	"masterhand/shared/platform"
	"masterhand/shared/safehttp"
	"masterhand/shared/signature"
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
	Code    string // why, for the log and the metrics; not part of the answer
}

// Body returns the answer's JSON.
func (a Answer) Body() string { return `{"outcome":"` + a.Outcome + `"}` }

// Handler serves webhooks. All fields are needed.
type Handler struct {
	Keyring   *destination.Keyring
	Service   *fulfillment.Service
	Libraries []masters.Library
	// Loopback also allows URLs to this machine: never in Lambda.
	Loopback bool
	Now      func() time.Time
	Report   func(context.Context, Report)
}

// Report is what one webhook came to, for the log and the metrics.
type Report struct {
	Answer   Answer
	Class    platform.Class
	Match    destination.Match
	Request  platform.Request
	Topic    string
	EventID  string
	Outcome  fulfillment.Outcome
	Err      error // why it was not served; never holds a URL
	Size     int   // of the body, in bytes
	Duration time.Duration
}

// Serve answers one webhook. deadline is when this run must have ended.
func (h *Handler) Serve(ctx context.Context, r Request, deadline time.Time) Answer {
	began := h.Now()
	report := Report{Topic: topic(r.Headers), EventID: eventID(r.Headers), Size: len(r.Body)}
	h.serve(ctx, r, deadline, &report)
	report.Duration = h.Now().Sub(began)
	h.Report(ctx, report)
	return report.Answer
}

func (h *Handler) serve(ctx context.Context, r Request, deadline time.Time, report *Report) {
	switch {
	case r.Method != http.MethodPost:
		report.Answer = Answer{Status: http.StatusMethodNotAllowed, Outcome: "method_not_allowed"}
		return
	case len(r.Body) > platform.MaxBody:
		report.Answer = Answer{Status: http.StatusRequestEntityTooLarge, Outcome: "too_large"}
		return
	}
	report.Match, report.Err = h.Keyring.Verify(ctx, r.Headers, r.Body)
	switch {
	case errors.Is(report.Err, destination.ErrUnavailable):
		report.Answer = Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable", Code: "secrets"}
		return
	case report.Err != nil:
		report.Answer = Answer{Status: http.StatusUnauthorized, Outcome: "unauthentic"}
		return
	}
	report.Answer = h.authentic(ctx, r, deadline, report)
}

// authentic serves what a destination signed.
func (h *Handler) authentic(ctx context.Context, r Request, deadline time.Time, report *Report) Answer {
	var event platform.Event
	event, report.Err = platform.Parse(report.Topic, r.Body)
	if report.Err != nil {
		return h.unusable(ctx, r, report)
	}
	report.Class, report.Request = event.Class, event.Request
	library, known := h.library(report.Match.Destination.Library)
	if !known {
		report.Err = errors.New("destination names a library that is not configured")
		return Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable", Code: "library"}
	}
	switch event.Class {
	case platform.Ignored:
		return Answer{Status: http.StatusOK, Outcome: "ignored"}
	case platform.Requested:
		if report.Err = h.allowed(event.Request, report.Match.Destination); report.Err != nil {
			return h.unusable(ctx, r, report)
		}
		report.Outcome = h.Service.Fulfil(ctx, fulfillment.Job{
			Request: event.Request, Destination: report.Match.Destination.Name, Library: library,
			EventID: report.EventID, Deadline: deadline,
		})
	default:
		report.Outcome = h.Service.Resolve(ctx, event.Class, event.Result, library)
	}
	return answer(report.Outcome)
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
func (h *Handler) unusable(ctx context.Context, r Request, report *Report) Answer {
	sum := sha256.Sum256(r.Body)
	id := "bad#" + hex.EncodeToString(sum[:])
	_, err := h.Service.Ledger.Record(ctx, id, report.Match.Destination.Name, report.Topic, report.Err.Error(), len(r.Body))
	if err != nil {
		report.Err = errors.Join(report.Err, err)
		return Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable", Code: "ledger"}
	}
	return Answer{Status: http.StatusOK, Outcome: "malformed"}
}

// answer is the table of outcomes and statuses.
func answer(o fulfillment.Outcome) Answer {
	a := Answer{Status: http.StatusOK, Outcome: string(o.Word), Code: o.Code}
	switch o.Word {
	case fulfillment.Accepted:
		a.Status = http.StatusAccepted
	case fulfillment.Held:
		a.Status = http.StatusConflict
	case fulfillment.Retry:
		a.Status, a.Outcome = http.StatusServiceUnavailable, "unavailable"
	}
	return a
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
