package intake_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

var signedBody = []byte(`{"event":"studio.campaign.completed"}`)

func mac(h func() hash.Hash, key, text string) []byte {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(text))
	return m.Sum(nil)
}

// posternity returns senders with a verifier for Posternity. fields are further JSON members of the
// verifier's entry.
func posternity(t testing.TB, fields string) intake.Senders {
	t.Helper()
	s, err := intake.Parse([]byte(`{"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"X-Signature","secrets":["an-older-signing-secret","` + signing + `"]` + fields + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifierAsConfigured(t *testing.T) {
	t.Parallel()
	body, unix := string(signedBody), strconv.FormatInt(received.Unix(), 10)
	for _, test := range []struct{ fields, signature, stamp string }{
		{``, hex.EncodeToString(mac(sha256.New, signing, body)), ""},
		{``, strings.ToUpper(hex.EncodeToString(mac(sha256.New, signing, body))), ""},
		{``, hex.EncodeToString(mac(sha256.New, "an-older-signing-secret", body)), ""},
		{`,"prefix":"sha256="`, "sha256=" + hex.EncodeToString(mac(sha256.New, signing, body)), ""},
		{`,"prefix":"sha1=","algorithm":"sha1"`, "sha1=" + hex.EncodeToString(mac(sha1.New, signing, body)), ""},
		{`,"algorithm":"sha512","encoding":"base64"`, base64.StdEncoding.EncodeToString(mac(sha512.New, signing, body)), ""},
		{`,"timestampHeader":"X-Time"`, hex.EncodeToString(mac(sha256.New, signing, unix+"."+body)), unix},
		{`,"timestampHeader":"X-Time","signed":"v0:{timestamp}:{body}"`, hex.EncodeToString(mac(sha256.New, signing, "v0:"+unix+":"+body)), unix},
		{`,"timestampHeader":"X-Time","signed":"{body}{timestamp}"`, hex.EncodeToString(mac(sha256.New, signing, body+unix)), unix},
		{`,"timestampHeader":"X-Time"`, hex.EncodeToString(mac(sha256.New, signing, unix+"000."+body)), unix + "000"},
		{`,"timestampHeader":"X-Time"`, hex.EncodeToString(mac(sha256.New, signing, "2026-11-21T23:59:00Z."+body)), "2026-11-21T23:59:00Z"},
		{`,"prefix":"v1="`, "t=1, v1=" + strings.Repeat("0", 64) + ",v1=" + hex.EncodeToString(mac(sha256.New, signing, body)), ""},
	} {
		s := posternity(t, test.fields)
		header := map[string]string{"x-signature": test.signature, "x-time": test.stamp}
		if err := s.Verify(senders.Posternity, header, signedBody, received); err != nil {
			t.Errorf("%s %s: %v", test.fields, test.signature, err)
		}
		if err := s.Verify(senders.Posternity, header, append([]byte(" "), signedBody...), received); !errors.Is(err, intake.ErrSignature) {
			t.Errorf("%s: another body: %v", test.fields, err)
		}
		if test.stamp != "" {
			header["x-time"] = strconv.FormatInt(received.Unix()+1, 10)
			if err := s.Verify(senders.Posternity, header, signedBody, received); !errors.Is(err, intake.ErrSignature) {
				t.Errorf("%s: another time: %v", test.fields, err)
			}
		}
	}
}

func TestVerifierRefuses(t *testing.T) {
	t.Parallel()
	good := hex.EncodeToString(mac(sha256.New, signing, string(signedBody)))
	for _, signature := range []string{
		"", "x", good[:62], good + "00", "sha256=" + good, good[:63] + "g", hex.EncodeToString(mac(sha256.New, "another-secret-here", string(signedBody))),
		hex.EncodeToString(mac(sha1.New, signing, string(signedBody))), base64.StdEncoding.EncodeToString(mac(sha256.New, signing, string(signedBody))),
		strings.Repeat(strings.Repeat("0", 64)+",", 8) + good, strings.Repeat(" ", 4096) + good,
	} {
		if err := posternity(t, "").Verify(senders.Posternity, map[string]string{"x-signature": signature}, signedBody, received); !errors.Is(err, intake.ErrSignature) {
			t.Errorf("%.80q: %v", signature, err)
		}
	}
	stamped := posternity(t, `,"timestampHeader":"X-Time","skew":"1m"`)
	for stamp, want := range map[string]error{
		strconv.FormatInt(received.Unix()-60, 10): intake.ErrTimestamp,
		strconv.FormatInt(received.Unix()+62, 10): intake.ErrTimestamp,
		strconv.FormatInt(received.Unix()-59, 10): nil,
		"": intake.ErrTimestamp, "0": intake.ErrTimestamp, "-5": intake.ErrTimestamp, "now": intake.ErrTimestamp,
		"9223372036854775807": intake.ErrTimestamp,
	} {
		header := map[string]string{"x-time": stamp, "x-signature": hex.EncodeToString(mac(sha256.New, signing, stamp+"."+string(signedBody)))}
		if err := stamped.Verify(senders.Posternity, header, signedBody, received); !errors.Is(err, want) {
			t.Errorf("time %q: %v, want %v", stamp, err, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	good := hex.EncodeToString(mac(sha256.New, signing, string(signedBody)))
	for _, signature := range []string{"", "sha256=" + good, "t=1,sha256=" + good, good} {
		f.Add(signature, "1700000000")
	}
	s := posternity(f, `,"prefix":"sha256=","timestampHeader":"X-Time"`)
	f.Fuzz(func(t *testing.T, signature, stamp string) {
		header := map[string]string{"x-signature": signature, "x-time": stamp}
		if err := s.Verify(senders.Posternity, header, signedBody, time.Unix(1700000000, 0)); err == nil {
			t.Errorf("%q at %q matches", signature, stamp)
		}
	})
}
