package webhook

import (
	"net/http"

	"masterhand/shared/kit/inbound"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
)

// answer returns the HTTP answer for the pipeline's result for an event.
func answer(t doors.Taken) inbound.Answer {
	switch fulfillment.Status(t.Word) {
	case fulfillment.Accepted:
		return inbound.Answer{Status: http.StatusAccepted, Outcome: t.Word}
	case fulfillment.Held:
		return inbound.Answer{Status: http.StatusConflict, Outcome: t.Word}
	case fulfillment.Retry, doors.Unavailable:
		return unavailable
	}
	return inbound.Answer{Status: http.StatusOK, Outcome: t.Word}
}

// The answers that do not depend on an outcome.
var (
	// Unauthentic answers a webhook that is not authentic, or whose body cannot be decoded.
	Unauthentic = inbound.Answer{Status: http.StatusUnauthorized, Outcome: "unauthentic"}
	// InternalError answers a webhook that made the handler panic.
	InternalError    = inbound.Answer{Status: http.StatusInternalServerError, Outcome: "internal_error"}
	methodNotAllowed = inbound.Answer{Status: http.StatusMethodNotAllowed, Outcome: "method_not_allowed"}
	tooLarge         = inbound.Answer{Status: http.StatusRequestEntityTooLarge, Outcome: "too_large"}
	// unavailable makes the gateway send the webhook again.
	unavailable = inbound.Answer{Status: http.StatusServiceUnavailable, Outcome: "unavailable"}
)
