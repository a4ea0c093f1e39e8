package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"masterhand/shared/announcements/senders"
)

// smokeIntake sends an announcement with a random token, and checks that the function intake
// refuses it.
func (s *session) smokeIntake(ctx context.Context, d deployment) bool {
	if d.intake == (intakePlaces{}) {
		return s.skip("intake", "this deployment receives no announcements")
	}
	stranger := intakeAddress(d, senders.Streampixel, rand.Text())
	status, outcome, err := s.post(ctx, stranger, probe{body: []byte("{}"), headers: map[string]string{"content-type": "application/json"}})
	answer := strings.TrimSpace(fmt.Sprintf("%d %s", status, outcome))
	switch {
	case err != nil:
		return s.report(false, "intake", err.Error())
	case status == http.StatusUnauthorized && outcome == "unauthentic":
		s.report(true, "intake", answer+" to a wrong token, as expected")
		return s.smokeTokens(ctx)
	case status == http.StatusServiceUnavailable:
		return s.report(false, "intake", answer+": the function cannot read its secret; "+seeLogs())
	case outcome == "accepted":
		return s.report(false, "intake", answer+" to a wrong token: anybody could announce files")
	}
	return s.report(false, "intake", answer+": "+usualCause(status, outcome))
}

// smokeTokens prints which tokens an older version of masterhand made, because such a token permits
// an announcement of any code. It prints only the start of each token's hash. The check does not
// fail because of such tokens.
func (s *session) smokeTokens(ctx context.Context) bool {
	_, r, err := s.senderList(ctx)
	if err != nil {
		return s.report(false, "tokens", err.Error())
	}
	var older []string
	for _, sender := range senders.Names() {
		for i, hint := range r.hints(sender) {
			if r.bySender[sender].Tokens[i].Older {
				older = append(older, sender+" "+hint)
			}
		}
	}
	if len(older) == 0 {
		return s.report(true, "tokens", "each token has a list of the codes that it may announce")
	}
	return s.report(true, "tokens", strings.Join(older, ", ")+": made by an older version, may announce any code; make new tokens with \""+
		typed("intake token SENDER --codes SHAPES")+"\", then drop these")
}

// intakeAddress returns the URL to which a sender posts its announcements. The URL contains the
// token, so it must be kept secret.
func intakeAddress(d deployment, sender, token string) string {
	return strings.TrimSuffix(d.intake.url, "/") + "/" + sender + "/" + token
}
