package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/signature"
)

// The signature header of the scheme outpost: its name as it is sent, and its name in the
// configuration.
const (
	signatureHeader = "X-Outpost-Signature"
	signatureName   = "x-outpost-signature"
)

// forgery changes an event so that the receiver must reject it. The parameter key is a key that
// the receiver knows, and unknown is one that it does not know.
type forgery func(e gateway.Event, key, unknown signature.Key) gateway.Event

var forgeries = []forgery{
	func(e gateway.Event, _, unknown signature.Key) gateway.Event { // signed with a secret that the receiver does not know
		return signed(e, sign(e.Body, unknown))
	},
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a valid signature of another body
		return signed(e, sign(append(bytes.Clone(e.Body), ' '), key))
	},
	func(e gateway.Event, _, _ signature.Key) gateway.Event { return signed(e) }, // no signature
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a valid signature in a form that the platform does not use
		return signed(e, sign(e.Body, key)+",")
	},
}

// forge returns an event that must be rejected. Its body requests a master like a valid request.
func forge(e gateway.Event, variant int, key, unknown signature.Key) (gateway.Event, error) {
	body, err := gateway.Compact(e.Body)
	e.Body, e.Verbatim = body, true // sent verbatim, so that the signed bytes do not change
	return forgeries[variant%len(forgeries)](e, key, unknown), err
}

func sign(body []byte, key signature.Key) string {
	return signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Time{}, body)[signatureName]
}

// signed returns the event with these signature headers instead of its own. Without values it has
// no signature.
func signed(e gateway.Event, values ...string) gateway.Event {
	e.Header = http.Header{signatureHeader: values}
	return e
}

// spoilings lists replacements that make a request malformed. Every request contains each text
// old.
var spoilings = []struct{ old, new string }{
	{`"variation":`, `"variations":`},
	{`"code":"`, `"code":"../`},
	{`"kind":"`, `"kind":"no `},
	{`"storageKey":"`, `"storageKey":7,"was":"`},
	{`"expiresAt":"`, `"expiresAt":"after `},
	{`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://127.0.0.1.example`},
	{`"completeCallbackUrl":"http`, `"completeCallbackUrl":"file`},
	{`}`, `]`}, // the body is no JSON any more
}

// spoil returns an event that is authentic but malformed, and the id of its record in the ledger.
func spoil(e gateway.Event, variant int) (gateway.Event, string, error) {
	body, err := gateway.Compact(e.Body)
	how := spoilings[variant%len(spoilings)]
	e.Body, e.Verbatim = bytes.Replace(body, []byte(how.old), []byte(how.new), 1), true
	sum := sha256.Sum256(e.Body)
	return e, "bad#" + hex.EncodeToString(sum[:]), err
}
