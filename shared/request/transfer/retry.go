package transfer

import (
	"crypto/tls"
	"errors"
	"net/http"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/safehttp"
)

// What is retried on an upload, when, and how often: this file decides it for the PUT. What
// is retried on the reads that feed it stands in fetch.go.

// maxAttempts bounds the whole PUTs of one [Mover.Move], unless [Upload.Attempts] does.
const maxAttempts = 8

// pauses are the times between two PUTs. R2 allows one write a second to a key, so the
// first is at least that long.
var pauses = backoff.Steps{First: 2 * time.Second, Longest: 20 * time.Second}

// Verdict says whether repeating a refused PUT can help.
type Verdict int

// The verdicts on a refusal. The zero value is Permanent.
const (
	Permanent Verdict = iota // the next PUT would be refused as well
	Once                     // the bytes were damaged on the way: once more, then permanent
	Backoff                  // busy or broken: the same PUT again, later
)

// verdictOf judges an answer other than 2xx by its XML code and, where there is none or an
// unknown one, by its status. R2 documents its codes as "Error codes"; the rest are S3's.
func verdictOf(status int, code string) Verdict {
	switch code {
	case "ExpiredRequest", "SignatureDoesNotMatch", "AccessDenied", "EntityTooLarge", "NotImplemented":
		return Permanent
	case "BadDigest", "IncompleteBody":
		return Once
	case "TooManyRequests", // over one write a second to the key
		"InternalError", "ServiceUnavailable", "SlowDown",
		"RequestTimeout",   // S3 sends it with 400
		"ClientDisconnect", // R2 sends it with 400: the connection broke before the body's end
		"OperationAborted": // with 409: another write to the key is under way
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

// repeats reports whether [Mover.Move] repeats the PUT that ended with err. repeated says
// that it has already repeated one that was worth a single repetition.
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

// Retryable reports whether a later [Mover.Move] of the same object to the same
// URL may succeed where one ended with err. A context that was canceled, and
// whatever Alive returned, are the caller's to judge and count as retryable.
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

// isPermanent reports whether no later try can make such a connection work: an error that
// says so of itself, or a certificate that does not verify.
func isPermanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	return safehttp.Permanent(err) || errors.As(err, &certificate) || errors.Is(err, errUnusable)
}
