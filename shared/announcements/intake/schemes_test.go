package intake_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// The JSON settings of verifiers for common signature schemes. They lack the header and the secrets,
// which [posternity] adds.
const (
	stripe   = `,"prefix":"v1=","timestampPrefix":"t="`
	standard = `,"prefix":"v1,","encoding":"base64","timestampHeader":"Webhook-Timestamp","idHeader":"Webhook-Id"`
)

func hexMAC(key, text string) string { return hex.EncodeToString(mac(sha256.New, key, text)) }

func base64MAC(key, text string) string {
	return base64.StdEncoding.EncodeToString(mac(sha256.New, key, text))
}

// A verifier must accept Posternity's signature header, which resembles Stripe's. An earlier version of
// the settings could not describe this header.
func TestWireVerifierStripe(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("13-verifier-stripe.json")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct{ Header, Value string }
	if err := json.Unmarshal(data, &wire); err != nil {
		t.Fatal(err)
	}
	k := newKeyring(`{"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"` + wire.Header + `","secrets":["` + signing + `"]` + stripe + `}}}`)
	unix := strconv.FormatInt(k.now.Unix(), 10)
	value := strings.NewReplacer("<unix>", unix, "<hex of HMAC(t.body)>", hexMAC(signing, unix+".{}")).Replace(wire.Value)
	if strings.ContainsAny(value, "<>") {
		t.Fatalf("the case has other words: %s", wire.Value)
	}
	if err := k.admit(t, senders.Posternity, newToken, map[string]string{strings.ToLower(wire.Header): value}); err != nil {
		t.Error(err)
	}
	forged := strings.Replace(value, "v1=", "v1=00", 1)
	if err := k.admit(t, senders.Posternity, newToken, map[string]string{strings.ToLower(wire.Header): forged}); !errors.Is(err, intake.ErrUnauthentic) {
		t.Errorf("a forged digest: %v", err)
	}
}

// A verifier must accept the signed example in the Standard Webhooks specification, if the present
// time is the example's timestamp.
func TestStandardWebhooksExample(t *testing.T) {
	t.Parallel()
	s, err := intake.Parse([]byte(`{"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"webhook-signature","secretEncoding":"base64",
		"secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]` + standard + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{
		"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
		"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,AAAA",
	}
	if err := s.Verify(senders.Posternity, header, []byte(`{"test": 2432232314}`), time.Unix(1614265330, 0)); err != nil {
		t.Error(err)
	}
}

func TestUsualSchemes(t *testing.T) {
	t.Parallel()
	body, unix := string(signedBody), strconv.FormatInt(received.Unix(), 10)
	late := strconv.FormatInt(received.Unix()-301, 10)
	early, near := strconv.FormatInt(received.Unix()+302, 10), strconv.FormatInt(received.Unix()+1, 10)
	const other = "another-secret-here"
	text := unix + "." + body
	hexed := "t=" + unix + ",v1=" + hexMAC(signing, text)
	coded := "v1," + base64MAC(signing, "msg_1."+text)
	long := strings.Repeat("i", 257)
	for _, test := range []struct {
		rule, fields, signature, stamp, id string
		want                               error
	}{
		{rule: "stripe", fields: stripe, signature: hexed},
		{rule: "stripe, blanks and other schemes", fields: stripe, signature: "v0=" + hexMAC(other, text) + ", v1=" + hexMAC(signing, text) + ", t=" + unix},
		{rule: "stripe, two secrets at the sender", fields: stripe, signature: "t=" + unix + ",v1=" + hexMAC(other, text) + ",v1=" + hexMAC(signing, text)},
		{rule: "stripe, an older secret of ours", fields: stripe, signature: "t=" + unix + ",v1=" + hexMAC("an-older-signing-secret", text)},
		{rule: "stripe, base64", fields: stripe + `,"encoding":"base64"`, signature: "t=" + unix + ",v1=" + base64MAC(signing, text)},
		{rule: "stripe, another template", fields: stripe + `,"signed":"v1:{timestamp}:{body}"`, signature: "t=" + unix + ",v1=" + hexMAC(signing, "v1:"+unix+":"+body)},
		{rule: "stripe, another secret", fields: stripe, signature: "t=" + unix + ",v1=" + hexMAC(other, text), want: intake.ErrSignature},
		{rule: "stripe, the body alone is signed", fields: stripe, signature: "t=" + unix + ",v1=" + hexMAC(signing, body), want: intake.ErrSignature},
		{rule: "stripe, another time than signed", fields: stripe, signature: "t=" + near + ",v1=" + hexMAC(signing, text), want: intake.ErrSignature},
		{rule: "stripe, no digest", fields: stripe, signature: "t=" + unix, want: intake.ErrSignature},
		{rule: "stripe, no time", fields: stripe, signature: "v1=" + hexMAC(signing, "."+body), want: intake.ErrTimestamp},
		{rule: "stripe, the time in a header", fields: stripe, signature: "v1=" + hexMAC(signing, text), stamp: unix, want: intake.ErrTimestamp},
		{rule: "stripe, two times", fields: stripe, signature: hexed + ",t=" + unix, want: intake.ErrTimestamp},
		{rule: "stripe, the header twice", fields: stripe, signature: hexed + "," + hexed, want: intake.ErrTimestamp},
		{rule: "stripe, late", fields: stripe, signature: "t=" + late + ",v1=" + hexMAC(signing, late+"."+body), want: intake.ErrTimestamp},
		{rule: "stripe, early", fields: stripe, signature: "t=" + early + ",v1=" + hexMAC(signing, early+"."+body), want: intake.ErrTimestamp},
		{rule: "stripe, within a longer tolerance", fields: stripe + `,"skew":"10m"`, signature: "t=" + late + ",v1=" + hexMAC(signing, late+"."+body)},
		{rule: "stripe, too long", fields: stripe, signature: hexed + strings.Repeat(",x=1", 1024), want: intake.ErrSignature},
		{
			rule: "a time too long", fields: stripe, want: intake.ErrTimestamp,
			signature: "t=" + strings.Repeat("0", 65) + unix + ",v1=" + hexMAC(signing, strings.Repeat("0", 65)+text),
		},

		{rule: "standard", fields: standard, signature: coded, stamp: unix, id: "msg_1"},
		{rule: "standard, two secrets at the sender", fields: standard, signature: "v1," + base64MAC(other, "msg_1."+text) + " " + coded, stamp: unix, id: "msg_1"},
		{rule: "standard, other versions", fields: standard, signature: "v1a,AAAA " + coded + " v2,x", stamp: unix, id: "msg_1"},
		{rule: "standard, hex", fields: strings.Replace(standard, "base64", "hex", 1), signature: "v1," + hexMAC(signing, "msg_1."+text), stamp: unix, id: "msg_1"},
		{rule: "standard, another id than signed", fields: standard, signature: coded, stamp: unix, id: "msg_2", want: intake.ErrSignature},
		{rule: "standard, another time than signed", fields: standard, signature: coded, stamp: near, id: "msg_1", want: intake.ErrSignature},
		{rule: "standard, another secret", fields: standard, signature: "v1," + base64MAC(other, "msg_1."+text), stamp: unix, id: "msg_1", want: intake.ErrSignature},
		{rule: "standard, commas between", fields: standard, signature: coded + "," + coded, stamp: unix, id: "msg_1", want: intake.ErrSignature},
		{rule: "standard, the signature twice", fields: standard, signature: coded + " " + coded + "," + coded, stamp: unix, id: "msg_1", want: intake.ErrSignature},
		{rule: "standard, no id", fields: standard, signature: "v1," + base64MAC(signing, "."+text), stamp: unix, want: intake.ErrID},
		{rule: "standard, the id twice", fields: standard, signature: "v1," + base64MAC(signing, "a,b."+text), stamp: unix, id: "a,b", want: intake.ErrID},
		{rule: "standard, the id too long", fields: standard, signature: "v1," + base64MAC(signing, long+"."+text), stamp: unix, id: long, want: intake.ErrID},
		{rule: "standard, no time", fields: standard, signature: "v1," + base64MAC(signing, "msg_1.."+body), id: "msg_1", want: intake.ErrTimestamp},
		{rule: "standard, the time twice", fields: standard, signature: "v1," + base64MAC(signing, "msg_1."+unix+","+text), stamp: unix + "," + unix, id: "msg_1", want: intake.ErrTimestamp},
		{rule: "standard, late", fields: standard, signature: "v1," + base64MAC(signing, "msg_1."+late+"."+body), stamp: late, id: "msg_1", want: intake.ErrTimestamp},
		{rule: "standard, early", fields: standard, signature: "v1," + base64MAC(signing, "msg_1."+early+"."+body), stamp: early, id: "msg_1", want: intake.ErrTimestamp},

		{rule: "an id without a time", fields: `,"idHeader":"Webhook-Id"`, signature: hexMAC(signing, "msg_1."+body), id: "msg_1"},
		{rule: "plain base64 with a prefix", fields: `,"encoding":"base64","prefix":"sha256="`, signature: "sha256=" + base64MAC(signing, body)},
		{rule: "base64 without padding", fields: `,"encoding":"base64"`, signature: strings.TrimRight(base64MAC(signing, body), "=")},
		{
			rule: "base64 of URLs", fields: `,"encoding":"base64"`,
			signature: strings.NewReplacer("+", "-", "/", "_").Replace(base64MAC(signing, body)),
		},
		{rule: "a word before the digest", signature: "HMAC-SHA256 " + hexMAC(signing, body)},
	} {
		header := map[string]string{"x-signature": test.signature, "webhook-timestamp": test.stamp, "webhook-id": test.id}
		if err := posternity(t, test.fields).Verify(senders.Posternity, header, signedBody, received); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.rule, err, test.want)
		}
		if err := posternity(t, test.fields).Verify(senders.Posternity, header, append([]byte(" "), signedBody...), received); err == nil {
			t.Errorf("%s: another body matches", test.rule)
		}
	}
}

// If secretEncoding is missing, the HMAC key must be the whole text of the secret, because Stripe
// signs with the whole text "whsec_…".
func TestSecretEncodings(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdefghijklmn"
	coded := base64.StdEncoding.EncodeToString([]byte(key))
	for _, test := range []struct{ encoding, secret, key string }{
		{``, "whsec_" + coded, "whsec_" + coded},
		{`"text"`, "whsec_" + coded, "whsec_" + coded},
		{`"base64"`, "whsec_" + coded, key},
		{`"base64"`, coded, key},
		{`"hex"`, hex.EncodeToString([]byte(key)), key},
	} {
		fields := `"header":"X-Signature","secrets":["` + test.secret + `"]`
		if test.encoding != "" {
			fields += `,"secretEncoding":` + test.encoding
		}
		s, err := intake.Parse([]byte(`{"posternity":{"tokens":["` + newToken + `"],"verifier":{` + fields + `}}}`))
		if err != nil {
			t.Errorf("%s: %v", test.encoding, err)
			continue
		}
		header := map[string]string{"x-signature": hexMAC(test.key, string(signedBody))}
		if err := s.Verify(senders.Posternity, header, signedBody, received); err != nil {
			t.Errorf("%s %s: %v", test.encoding, test.secret, err)
		}
	}
}

// Parse must refuse wrong verifier settings. Its error must not quote the settings.
func TestParseRefusesVerifiers(t *testing.T) {
	t.Parallel()
	const private = "pr1vate-pr1vate-pr1vate"
	for fields, want := range map[string]error{
		`,"signed":"{foo}.{body}"`:                                    intake.ErrVerifierWord,
		`,"signed":"{` + private + `}{body}"`:                         intake.ErrVerifierWord,
		`,"signed":"{Body}.{body}"`:                                   intake.ErrVerifierWord,
		`,"signed":"{ body }"`:                                        intake.ErrVerifierWord,
		`,"signed":"{{body}}"`:                                        intake.ErrVerifierWord,
		`,"signed":"{body}}"`:                                         intake.ErrVerifierWord,
		`,"signed":"{body}{"`:                                         intake.ErrVerifierWord,
		`,"signed":"{t}.{body}","timestampPrefix":"t="`:               intake.ErrVerifierWord,
		`,"prefix":"v1={digest}"`:                                     intake.ErrVerifierPrefix,
		`,"prefix":"t=,v1="`:                                          intake.ErrVerifierPrefix,
		`,"prefix":","`:                                               intake.ErrVerifierPrefix,
		`,"timestampPrefix":"t= "`:                                    intake.ErrVerifierPrefix,
		`,"timestampPrefix":"t,"`:                                     intake.ErrVerifierPrefix,
		`,"timestampPrefix":"{timestamp}"`:                            intake.ErrVerifierPrefix,
		`,"timestampPrefix":"` + strings.Repeat("t", 65) + `"`:        intake.ErrVerifierPrefix,
		`,"timestampPrefix":"v","prefix":"v1="`:                       intake.ErrVerifierPrefix,
		`,"timestampPrefix":"t=","timestampHeader":"X-T"`:             intake.ErrVerifierTimestamp,
		`,"signed":"{body}","timestampPrefix":"t="`:                   intake.ErrVerifierSigned,
		`,"signed":"{id}.{body}"`:                                     intake.ErrVerifierSigned,
		`,"signed":"{body}","idHeader":"X-Id"`:                        intake.ErrVerifierSigned,
		`,"signed":"{id}.{id}.{body}","idHeader":"X-Id"`:              intake.ErrVerifierSigned,
		`,"signed":"{body}` + strings.Repeat(".", 60) + `"`:           intake.ErrVerifierSigned,
		`,"idHeader":"X Id"`:                                          intake.ErrVerifierHeader,
		`,"encoding":"` + private + `"`:                               intake.ErrVerifierEncoding,
		`,"encoding":"text"`:                                          intake.ErrVerifierEncoding,
		`,"secretEncoding":"` + private + `"`:                         intake.ErrVerifierSecretEncoding,
		`,"secretEncoding":"base64"`:                                  intake.ErrVerifierDecoded,
		`,"secretEncoding":"hex"`:                                     intake.ErrVerifierDecoded,
		`,"secretEncoding":"hex","secrets":["` + private + `"]`:       intake.ErrVerifierDecoded,
		`,"secretEncoding":"base64","secrets":["whsec_AAAAAAAAAAA="]`: intake.ErrVerifierSecrets,
		`,"` + private + `":"x"`:                                      intake.ErrVerifierMembers,
		`,"skew":300`:                                                 intake.ErrVerifierMembers,
		`,"secrets":"` + private + `"`:                                intake.ErrVerifierMembers,
	} {
		s, err := intake.Parse([]byte(`{"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"X-S","secrets":["` + signing + `!"]` + fields + `}}}`))
		if !errors.Is(err, want) || !s.Empty() {
			t.Errorf("%s: %v, want %v", fields, err, want)
		} else if text := err.Error(); strings.Contains(text, "pr1vate") || strings.Contains(text, signing) {
			t.Errorf("%s: shown in %s", fields, text)
		}
	}
}

func FuzzVerifySchemes(f *testing.F) {
	at := time.Unix(1700000000, 0)
	text := "1700000000." + string(signedBody)
	f.Add("t=1700000000,v1="+hexMAC("not-the-secret-of-it", text), "1700000000", "msg_1")
	f.Add("v1,"+base64MAC("not-the-secret-of-it", "msg_1."+text)+" v1,AAAA", "1700000000", "msg_1")
	f.Add("t=1700000000,t=1700000000,v1=,", "1700000000,1700000000", "a,b")
	verifiers := []intake.Senders{posternity(f, stripe), posternity(f, standard)}
	f.Fuzz(func(t *testing.T, signature, stamp, id string) {
		header := map[string]string{"x-signature": signature, "webhook-timestamp": stamp, "webhook-id": id}
		for _, s := range verifiers {
			if err := s.Verify(senders.Posternity, header, signedBody, at); err == nil {
				t.Errorf("%q at %q of %q matches", signature, stamp, id)
			}
		}
	})
}
