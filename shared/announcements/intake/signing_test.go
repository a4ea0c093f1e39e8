package intake_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/secret"
)

// A record must not contain the headers with a sender's signature, whatever their names.
func TestARecordHoldsNoSigningHeader(t *testing.T) {
	t.Parallel()
	d, body := newFixture(), []byte("{}")
	d.Keyring = intake.NewKeyring(&source{value: `{"streampixel":{"tokens":["` + newToken + `"],
		"verifier":{"header":"X-Proof","timestampHeader":"X-Sent","idHeader":"X-Message","secrets":["` + signing + `"]}}}`},
		secret.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now})
	sent := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signing))
	mac.Write([]byte("msg_1." + sent + "." + string(body)))
	d.want(t, inbound.Request{
		Method: "POST", Path: "/streampixel/" + newToken, Body: body,
		Header: map[string]string{"content-type": "application/json", "x-proof": hex.EncodeToString(mac.Sum(nil)), "x-sent": sent, "x-message": "msg_1"},
	}, 200, "accepted")
	if got := d.record(t).Header; len(got) != 1 || got["content-type"] == "" {
		t.Errorf("kept %v, want the content type alone", got)
	}
}
