package faults_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/waitpoints"
)

// foreign is the callback body of a third party, which completes the waitpoint before masterhand.
var foreign = []byte(`{"by":"somebody else"}`)

// ofCallback returns faults of the completion callback.
func ofCallback() []trouble {
	refused := outcome{"200 failed", "failed callback_refused", 1, 0}
	real, promised := &waitpoints.Config{}, &waitpoints.Config{Promised: true}
	tests := []trouble{
		{name: "callback: refused connections", size: small, own: real, cause: downUntilUploaded, want: delivered(1)},
		{name: "callback: reset before a byte", size: small, cause: completing(2, fault.ResetAt(0)), want: delivered(1)},
		{name: "callback: reset after 10 bytes", size: small, cause: completing(2, fault.ResetAt(10)), want: delivered(1)},
		{name: "callback: reset after the whole", size: small, cause: completing(2, fault.ResetAt(fault.Whole)), want: delivered(1)},
		{name: "callback: no answer in time", size: small, cause: completing(1, fault.StallAt(fault.Whole)), want: delivered(1)},
		{name: "callback: taken, the answer lost, then 200", size: small, cause: completing(1, fault.ResetAt(fault.Done)),
			want: outcome{"200 delivered", "delivered", 1, 2}},
		{name: "callback: taken, the answer lost, then 409", size: small, own: promised, cause: completing(1, fault.ResetAt(fault.Done)),
			want: outcome{"200 delivered", "delivered (unconfirmed)", 1, 2}},
		{name: "callback: 409, completed by another", size: small, own: promised, cause: completedByAnother,
			want: outcome{"200 superseded", "superseded callback_completed_before", 1, 2}},
		{name: "callback: 200, completed by another", size: small, own: real, cause: completedByAnother,
			want: outcome{"200 delivered", "delivered", 1, 2}},
		{name: "callback: 410", size: small, cause: completing(1, answering(410, fault.Whole)),
			want: outcome{"200 expired", "expired callback_expired", 1, 0}},
		{name: "callback: 404, once", size: small, cause: completing(1, fault.Status(404)), want: delivered(1)},
		// Only a 404 that repeats after a minute ends the request. Two immediate answers 404 do
		// not.
		{name: "callback: 404, twice", size: small, cause: completing(2, fault.Status(404)), want: delivered(1)},
		{name: "callback: 302 elsewhere", size: small, cause: completing(1, answering(302, fault.Whole)), want: refused},
	}
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504, 520} {
		name := fmt.Sprintf("callback: %d, twice", status)
		tests = append(tests, trouble{name: name, size: small, cause: completing(2, fault.Status(status)), want: delivered(1)})
	}
	for _, status := range []int{400, 401, 403, 405, 411, 413} {
		name := fmt.Sprintf("callback: %d", status)
		tests = append(tests, trouble{name: name, size: small, cause: completing(1, fault.Status(status)), want: refused})
	}
	return tests
}

func completedByAnother(t *testing.T, c *scene) {
	response, err := http.Post(c.request.CallbackURL.Reveal(), "application/json", bytes.NewReader(foreign))
	if err != nil {
		t.Fatal("completing as somebody else") // err is not printed, because it contains the callback URL
	}
	_ = response.Body.Close()
}
