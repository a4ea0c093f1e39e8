package intake

import "time"

// What tests outside of the package look at.
var (
	Address        = address
	CoordinatesOf  = coordinates
	StoredHeaders  = storedHeaders
	ErrNoToken     = errToken
	ErrStray       = errStray
	ErrClosed      = errClosed
	ErrSignature   = errSignature
	ErrTimestamp   = errTimestamp
	StoreTimeout   = storeTimeout
	NotifyTimeout  = notifyTimeout
	InlineTimeout  = inlineTimeout
	RequestTimeout = requestTimeout
)

// Verifier problems.
var (
	ErrVerifierHeader    = errVerifierHeader
	ErrVerifierPrefix    = errVerifierPrefix
	ErrVerifierAlgorithm = errVerifierAlgorithm
	ErrVerifierEncoding  = errVerifierEncoding
	ErrVerifierSecrets   = errVerifierSecrets
	ErrVerifierSkew      = errVerifierSkew
	ErrVerifierSigned    = errVerifierSigned
)

// Verify checks a request against the verifier of a sender.
func (s Senders) Verify(sender string, header map[string]string, body []byte, now time.Time) error {
	return s.bySender[sender].verifier.verify(header, body, now)
}
