package transfer

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"
)

// ErrConnection is a PUT that got no answer, or none that counts.
var ErrConnection = errors.New("upload connection broken")

// What breaks a connection beside the network itself.
var (
	errStalled  = errors.New("no progress in time")
	errEarly    = errors.New("success answered before the body was sent")
	errUnusable = errors.New("upload URL unusable")
)

// sendError is a PUT without an answer. It unwraps to ErrConnection and to what
// net/http met, but shows none of the latter's text, which may repeat what the
// server sent.
type sendError struct{ cause error }

// connectionError takes an error of [http.Client.Do] out of the one around it
// that quotes the URL.
func connectionError(err error) error {
	var shown *url.Error
	if errors.As(err, &shown) {
		err = shown.Err
	}
	return &sendError{cause: err}
}

func (e *sendError) Unwrap() []error { return []error{ErrConnection, e.cause} }

func (e *sendError) Error() string { return ErrConnection.Error() + ": " + e.reason() }

func (e *sendError) reason() string {
	var (
		errno       syscall.Errno
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(e.cause, errStalled), errors.Is(e.cause, errEarly), errors.Is(e.cause, errUnusable):
		return e.cause.Error()
	case errors.As(e.cause, &certificate):
		return "certificate not trusted"
	case isPermanent(e.cause):
		return "connection not allowed"
	case errors.As(e.cause, &dns):
		return "host not resolved"
	case errors.As(e.cause, &errno):
		return errno.Error()
	case errors.As(e.cause, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(e.cause, io.EOF), errors.Is(e.cause, io.ErrUnexpectedEOF):
		return "closed without an answer"
	default:
		return "cut off"
	}
}

// isPermanent reports whether nothing that happens later makes such a connection
// work: an error that says so of itself, or a certificate that does not verify.
func isPermanent(err error) bool {
	var permanent interface{ Permanent() bool }
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &permanent) && permanent.Permanent() ||
		errors.As(err, &certificate) || errors.Is(err, errUnusable)
}

// repeats reports whether the PUT that ended with err is to be repeated at once;
// before says that a once-more refusal has been repeated already.
func repeats(err error, before bool) bool {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Verdict == Backoff || refused.Verdict == Once && !before
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
	default:
		return true
	}
}
