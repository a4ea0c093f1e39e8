package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"masterhand/shared/announcements/senders"
)

// smokeIntake knocks where other platforms announce files, with a token that nobody has:
// whoever has none must be turned away.
func (s *session) smokeIntake(ctx context.Context, d deployment) bool {
	if d.intake == (intakePlaces{}) {
		return s.skip("intake", "not in this deployment")
	}
	stranger := intakeAddress(d, senders.Streampixel, rand.Text())
	status, outcome, err := s.post(ctx, stranger, probe{body: []byte("{}"), headers: map[string]string{"content-type": "application/json"}})
	answer := strings.TrimSpace(fmt.Sprintf("%d %s", status, outcome))
	switch {
	case err != nil:
		return s.report(false, "intake", err.Error())
	case status == http.StatusUnauthorized && outcome == "unauthentic":
		return s.report(true, "intake", answer+" to a wrong token, as it should")
	case status == http.StatusServiceUnavailable:
		return s.report(false, "intake", answer+": the function cannot read its secret; "+seeLogs())
	case outcome == "accepted":
		return s.report(false, "intake", answer+" to a wrong token: anybody could announce files")
	}
	return s.report(false, "intake", answer+": "+advice(status, outcome))
}

// intakeAddress is where a sender with a token announces; as secret as the token.
func intakeAddress(d deployment, sender, token string) string {
	return strings.TrimSuffix(d.intake.url, "/") + "/" + sender + "/" + token
}
