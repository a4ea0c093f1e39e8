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

// The signature header of the scheme outpost, as it is sent and as it is configured.
const (
	signatureHeader = "X-Outpost-Signature"
	signatureName   = "x-outpost-signature"
)

// forgery changes an event so that it is not authentic; key is the receiver's key.
type forgery func(e gateway.Event, key, unknown signature.Key) gateway.Event

var forgeries = []forgery{
	func(e gateway.Event, _, unknown signature.Key) gateway.Event { // signed with the forger's own secret
		return signed(e, sign(e.Body, unknown))
	},
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a valid signature of another body
		return signed(e, sign(append(bytes.Clone(e.Body), ' '), key))
	},
	func(e gateway.Event, _, _ signature.Key) gateway.Event { return signed(e) }, // no signature
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a valid signature in another form than the platform's
		return signed(e, sign(e.Body, key)+",")
	},
}

// forge returns an event that must be rejected, with the body of a valid request.
func forge(e gateway.Event, variant int, key, unknown signature.Key) (gateway.Event, error) {
	body, err := gateway.Compact(e.Body)
	e.Body, e.Verbatim = body, true // the signed bytes are sent unchanged
	return forgeries[variant%len(forgeries)](e, key, unknown), err
}

func sign(body []byte, key signature.Key) string {
	return signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Time{}, body)[signatureName]
}

// signed replaces an event's signatures. Without values it removes them.
func signed(e gateway.Event, values ...string) gateway.Event {
	e.Header = http.Header{signatureHeader: values}
	return e
}

// spoilings make a request malformed: each replaces a text that every request contains.
var spoilings = []struct{ old, new string }{
	{`"variation":`, `"variations":`},
	{`"code":"`, `"code":"../`},
	{`"kind":"`, `"kind":"no `},
	{`"storageKey":"`, `"storageKey":7,"was":"`},
	{`"expiresAt":"`, `"expiresAt":"after `},
	{`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://127.0.0.1.example`},
	{`"completeCallbackUrl":"http`, `"completeCallbackUrl":"file`},
	{`}`, `]`}, // no longer JSON
}

// spoil returns an event that is authentic but malformed, and its id in the ledger.
func spoil(e gateway.Event, variant int) (gateway.Event, string, error) {
	body, err := gateway.Compact(e.Body)
	how := spoilings[variant%len(spoilings)]
	e.Body, e.Verbatim = bytes.Replace(body, []byte(how.old), []byte(how.new), 1), true
	sum := sha256.Sum256(e.Body)
	return e, "bad#" + hex.EncodeToString(sum[:]), err
}
