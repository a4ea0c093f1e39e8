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

// The header where the outpost scheme signs, as it is sent and as signing names it.
const (
	signatureHeader = "X-Outpost-Signature"
	signatureName   = "x-outpost-signature"
)

// forgery is a way to be not the platform; key is the receiver's own.
type forgery func(e gateway.Event, key, unknown signature.Key) gateway.Event

var forgeries = []forgery{
	func(e gateway.Event, _, unknown signature.Key) gateway.Event { // a secret of the forger's own
		return signed(e, sign(e.Body, unknown))
	},
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a true signature of something else
		return signed(e, sign(append(bytes.Clone(e.Body), ' '), key))
	},
	func(e gateway.Event, _, _ signature.Key) gateway.Event { return signed(e) }, // none
	func(e gateway.Event, key, _ signature.Key) gateway.Event { // a true one, in a form that is not the platform's
		return signed(e, sign(e.Body, key)+",")
	},
}

// forge returns an event that must be refused; its body asks like a true one.
func forge(e gateway.Event, variant int, key, unknown signature.Key) (gateway.Event, error) {
	body, err := gateway.Compact(e.Body)
	e.Body, e.Verbatim = body, true // what is signed is what goes out
	return forgeries[variant%len(forgeries)](e, key, unknown), err
}

func sign(body []byte, key signature.Key) string {
	return signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Time{}, body)[signatureName]
}

// signed replaces an event's signature, by none if none is given.
func signed(e gateway.Event, values ...string) gateway.Event {
	e.Header = http.Header{signatureHeader: values}
	return e
}

// spoilings make a request unusable: each replaces something that every request has.
var spoilings = []struct{ old, new string }{
	{`"variation":`, `"variations":`},
	{`"code":"`, `"code":"../`},
	{`"kind":"`, `"kind":"no `},
	{`"storageKey":"`, `"storageKey":7,"was":"`},
	{`"expiresAt":"`, `"expiresAt":"after `},
	{`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://127.0.0.1.example`},
	{`"completeCallbackUrl":"http`, `"completeCallbackUrl":"file`},
	{`}`, `]`}, // no JSON any more
}

// spoil returns an event that is authentic and cannot be used, and its id in the ledger.
func spoil(e gateway.Event, variant int) (gateway.Event, string, error) {
	body, err := gateway.Compact(e.Body)
	how := spoilings[variant%len(spoilings)]
	e.Body, e.Verbatim = bytes.Replace(body, []byte(how.old), []byte(how.new), 1), true
	sum := sha256.Sum256(e.Body)
	return e, "bad#" + hex.EncodeToString(sum[:]), err
}
