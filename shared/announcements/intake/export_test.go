package intake

import "time"

// Names for the external tests of this package.
var (
	Address        = address
	CoordinatesOf  = coordinates
	StoredHeaders  = storedHeaders
	ErrNoToken     = errToken
	ErrStray       = errStray
	ErrClosed      = errClosed
	ErrSignature   = errSignature
	ErrTimestamp   = errTimestamp
	ErrID          = errID
	StoreTimeout   = storeTimeout
	NotifyTimeout  = notifyTimeout
	InlineTimeout  = inlineTimeout
	RequestTimeout = requestTimeout
)

// The problems of a verifier.
var (
	ErrVerifierMembers        = errVerifierMembers
	ErrVerifierHeader         = errVerifierHeader
	ErrVerifierPrefix         = errVerifierPrefix
	ErrVerifierAlgorithm      = errVerifierAlgorithm
	ErrVerifierEncoding       = errVerifierEncoding
	ErrVerifierSecretEncoding = errVerifierSecretEncoding
	ErrVerifierSecrets        = errVerifierSecrets
	ErrVerifierDecoded        = errVerifierDecoded
	ErrVerifierSkew           = errVerifierSkew
	ErrVerifierTimestamp      = errVerifierTimestamp
	ErrVerifierSigned         = errVerifierSigned
	ErrVerifierWord           = errVerifierWord
)

// Verify checks a request against the verifier of a sender.
func (s Senders) Verify(sender string, header map[string]string, body []byte, now time.Time) error {
	return s.bySender[sender].verifier.verify(header, body, now)
}
