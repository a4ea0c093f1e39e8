package intake

import "time"

// Exported names for the parts of this package that its external tests use.
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

// Exported names for the errors of a wrong verifier entry in the senders' secret.
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
