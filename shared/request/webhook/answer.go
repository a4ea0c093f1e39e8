package webhook

import (
	"net/http"

	"masterhand/shared/kit/inbound"
	"masterhand/shared/request/fulfillment"
)

// answer is the table of outcomes and statuses.
func answer(o fulfillment.Outcome) inbound.Answer {
	switch o.Status {
	case fulfillment.Accepted:
		return inbound.Answer{Status: http.StatusAccepted, Outcome: string(o.Status)}
	case fulfillment.Held:
		return inbound.Answer{Status: http.StatusConflict, Outcome: string(o.Status)}
	case fulfillment.Retry:
		return unavailable
	}
	return inbound.Answer{Status: http.StatusOK, Outcome: string(o.Status)}
}

// The answers, other than those of an outcome.
var (
	// Unauthentic also answers a body that cannot be decoded.
	Unauthentic = inbound.Answer{Status: http.StatusUnauthorized, Outcome: "unauthentic"}
	// InternalError answers a webhook that made the handler panic.
	InternalError    = inbound.Answer{Status: http.StatusInternalServerError, Outcome: "internal_error"}
	methodNotAllowed = inbound.Answer{Status: http.StatusMethodNotAllowed, Outcome: "method_not_allowed"}
	tooLarge         = inbound.Answer{Status: http.StatusRequestEntityTooLarge, Outcome: "too_large"}
	// unavailable makes the gateway send the webhook again.
	unavailable = inbound.Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable"}
	ignored     = inbound.Answer{Status: http.StatusOK, Outcome: "ignored"}
	malformed   = inbound.Answer{Status: http.StatusOK, Outcome: "malformed"}
)
