package transfer

import (
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/safehttp"
)

// This file decides which PUTs are repeated, when, and how often. The file fetch.go decides the
// same for the reads of the source.

// maxAttempts is the number of PUTs in one [Mover.Move] if [Upload.Attempts] is zero.
const maxAttempts = 8

// pauses are the pauses between two PUTs. R2 allows one write per second to a key, so the first
// pause is longer than that.
var pauses = backoff.Steps{First: 2 * time.Second, Longest: 20 * time.Second}

// Verdict says whether a refused PUT should be sent again.
type Verdict int

// The verdicts on a PUT that the server refused. The zero value is Permanent.
const (
	Permanent Verdict = iota // do not send again: the next PUT would be refused, too
	Once                     // the bytes were damaged on the way: send once more, then treat as permanent
	Backoff                  // the server is busy or broken: send the same PUT again later
)

// verdictOf judges an answer other than 2xx by its XML code, or by its status if the code is
// missing or unknown. R2 documents its codes as "Error codes"; the others are S3's.
func verdictOf(status int, code string) Verdict {
	switch code {
	case "ExpiredRequest", "SignatureDoesNotMatch", "AccessDenied", "EntityTooLarge", "NotImplemented":
		return Permanent
	case "BadDigest", "IncompleteBody":
		return Once
	case "TooManyRequests", // R2 sends this code if a key is written more than once per second
		"InternalError", "ServiceUnavailable", "SlowDown",
		"RequestTimeout",   // S3 sends this code with status 400
		"ClientDisconnect", // R2 sends this code with status 400 if the connection broke before the body's end
		"OperationAborted": // this code comes with status 409 while another write to the key is running
		return Backoff
	}
	switch {
	case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported:
		return Permanent
	case status >= 500, status == http.StatusConflict, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return Backoff
	}
	return Permanent
}

// repeats reports whether [Mover.Move] repeats a PUT that ended with err. The parameter repeated is
// true if Move has already repeated a PUT because of the verdict Once.
func repeats(err error, repeated bool) bool {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Verdict == Backoff || refused.Verdict == Once && !repeated
	}
	return errors.Is(err, ErrConnection) && !isPermanent(err)
}

func isOnce(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && refused.Verdict == Once
}

// Retryable reports whether a later [Mover.Move] of the same object to the same URL may succeed
// after err. It also returns true for a canceled context and for an error of [Upload.Alive]; there
// the caller must decide whether to try again.
func Retryable(err error) bool {
	var refused *RefusedError
	switch {
	case err == nil, endsTransfer(err), isPermanent(err):
		return false
	case errors.Is(err, ErrSize), errors.Is(err, ErrExpired), errors.Is(err, ErrSigned), errors.Is(err, ErrChecksum):
		return false
	case errors.As(err, &refused):
		return refused.Verdict == Backoff
	}
	return true
}

// isPermanent reports whether no later try can connect: the error says so, or the server's
// certificate is invalid.
func isPermanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	return safehttp.Permanent(err) || errors.As(err, &certificate) || errors.Is(err, errUnusable)
}
