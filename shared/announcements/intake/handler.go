package intake

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/inbound"
)

// The answers to webhooks. A 2xx answer tells the sender not to repeat the webhook.
var (
	accepted = inbound.Answer{Status: http.StatusOK, Outcome: "accepted"}
	// Unauthentic is the answer to a request without a valid token or signature, and to a request whose
	// body cannot be decoded.
	Unauthentic = inbound.Answer{Status: http.StatusUnauthorized, Outcome: "unauthentic"}
	// InternalError is the answer to a webhook that made the handler panic.
	InternalError    = inbound.Answer{Status: http.StatusInternalServerError, Outcome: "internal_error"}
	methodNotAllowed = inbound.Answer{Status: http.StatusMethodNotAllowed, Outcome: "method_not_allowed"}
	tooLarge         = inbound.Answer{Status: http.StatusRequestEntityTooLarge, Outcome: "too_large"}
	unavailable      = inbound.Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable"}
)

// requestTimeout is the time limit for Serve to process a webhook. The senders give up after 10 s.
const requestTimeout = 8 * time.Second

// Handler serves the senders' webhooks. All fields are required.
type Handler struct {
	Keyring    *Keyring
	Store      Store
	Queue      Queue
	Posternity senders.PosternityConfig
	Now        func() time.Time
	NewEntropy func() string // returns a random text; crypto/rand.Text is such a function
	Report     func(context.Context, Served)
}

// Serve checks and stores one webhook, and returns the answer.
func (h *Handler) Serve(ctx context.Context, r inbound.Request) inbound.Answer {
	began := h.Now()
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	w := Served{Size: len(r.Body), From: r.From}
	a := h.serve(ctx, r, began, &w)
	w.Status, w.Answer, w.Duration = a.Status, a.Outcome, h.Now().Sub(began)
	h.Report(context.WithoutCancel(ctx), w)
	return a
}

func (h *Handler) serve(ctx context.Context, r inbound.Request, received time.Time, w *Served) inbound.Answer {
	switch {
	case r.Method != http.MethodPost:
		return methodNotAllowed
	case len(r.Body) > MaxBody:
		return tooLarge
	}
	sender, token := address(r.Path)
	w.Sender = name(sender)
	admission, err := h.Keyring.Admit(ctx, sender, token, r.Header, r.Body)
	w.Token, w.Err = admission.Token, err
	switch {
	case errors.Is(err, ErrUnavailable):
		return unavailable
	case err != nil:
		return Unauthentic
	}
	record := Record{
		ID: NewID(received, h.NewEntropy()), Sender: sender, Received: received,
		Header: storedHeaders(r.Header, token, admission.signing...), Codes: admission.codes, Body: r.Body,
	}
	record.Coordinates = record.Permitted(coordinates(r.Query))
	w.Record, w.Coordinates = record.Key(), record.Coordinates.Problem
	w.Durability, w.Err = h.persist(ctx, record)
	if w.Durability == (Durability{}) {
		return unavailable
	}
	// The error is ignored: Read fails only for an unknown sender, and this sender is known.
	w.Event, _ = senders.Read(record.Delivery(), h.Posternity)
	return accepted
}

// name returns a known sender's name for logs and metrics, and "" for any other, so that strangers
// cannot create metrics.
func name(sender string) string {
	if slices.Contains(senders.Names(), sender) {
		return sender
	}
	return ""
}
