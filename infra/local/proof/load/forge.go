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

// The two spellings of the name of the signature header of the scheme outpost: as it is sent, and
// as the configuration writes it.
const (
	signatureHeader = "X-Outpost-Signature"
	signatureName   = "x-outpost-signature"
)

// forgery changes an event so that the receiver must reject it. The parameter key is a key that
// the receiver knows, and unknown is one that it does not know.
type forgery func(e gateway.Event, key, unknown signature.Key) gateway.Event

var forgeries = []forgery{
	// The event is signed with a secret that the receiver does not know.
	func(e gateway.Event, _, unknown signature.Key) gateway.Event {
		return signed(e, sign(e.Body, unknown))
	},
	// The signature is valid for another body: the same body with a space at its end.
	func(e gateway.Event, key, _ signature.Key) gateway.Event {
		return signed(e, sign(append(bytes.Clone(e.Body), ' '), key))
	},
	// The function signed is called without values, so the event has no signature.
	func(e gateway.Event, _, _ signature.Key) gateway.Event { return signed(e) },
	// The event has a valid signature, but the header ends with a comma, which the receiver
	// rejects.
	func(e gateway.Event, key, _ signature.Key) gateway.Event {
		return signed(e, sign(e.Body, key)+",")
	},
}

// forge returns a forged event, which the receiver must reject although its body is valid. The
// parameter variant selects the forgery.
func forge(e gateway.Event, variant int, key, unknown signature.Key) (gateway.Event, error) {
	body, err := gateway.Compact(e.Body)
	e.Body, e.Verbatim = body, true // Verbatim: the gateway must not change the signed bytes
	return forgeries[variant%len(forgeries)](e, key, unknown), err
}

func sign(body []byte, key signature.Key) string {
	return signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Time{}, body)[signatureName]
}

// signed replaces all headers of the event by signature headers with these values. Without values,
// the event has no signature.
func signed(e gateway.Event, values ...string) gateway.Event {
	e.Header = http.Header{signatureHeader: values}
	return e
}

// spoilings lists replacements of a text in a request's body. Each makes the request malformed. The
// body of every request contains each of the texts in the field old.
var spoilings = []struct{ old, new string }{
	{`"variation":`, `"variations":`},
	{`"code":"`, `"code":"../`},
	{`"kind":"`, `"kind":"no `},
	{`"storageKey":"`, `"storageKey":7,"was":"`},
	{`"expiresAt":"`, `"expiresAt":"after `},
	{`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://127.0.0.1.example`},
	{`"completeCallbackUrl":"http`, `"completeCallbackUrl":"file`},
	{`}`, `]`}, // the body is no longer JSON
}

// spoil returns an event that is authentic but malformed, and the id of its record in the ledger.
func spoil(e gateway.Event, variant int) (gateway.Event, string, error) {
	body, err := gateway.Compact(e.Body)
	how := spoilings[variant%len(spoilings)]
	e.Body, e.Verbatim = bytes.Replace(body, []byte(how.old), []byte(how.new), 1), true
	sum := sha256.Sum256(e.Body)
	return e, "bad#" + hex.EncodeToString(sum[:]), err
}
