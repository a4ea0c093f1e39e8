package safehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
)

// noAnswer is the error of a request that got no answer. It unwraps to the cause, but shows none
// of the cause's text, because that may repeat data from the server.
type noAnswer struct{ cause error }

// NoAnswer wraps an error of [net/http.Client.Do]. Its text states in a few words why no answer
// came, and shows neither the URL nor data from the server.
func NoAnswer(err error) error { return noAnswer{WithoutURL(err)} }

func (e noAnswer) Unwrap() error { return e.cause }

func (e noAnswer) Error() string {
	var (
		errno       syscall.Errno
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.As(e.cause, &certificate):
		return "certificate not trusted"
	case Permanent(e.cause):
		return "connection not allowed"
	case errors.Is(e.cause, context.Canceled):
		return "request canceled"
	case errors.As(e.cause, &dns):
		return "host not resolved"
	case errors.As(e.cause, &errno):
		return errno.Error()
	case errors.As(e.cause, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(e.cause, io.EOF), errors.Is(e.cause, io.ErrUnexpectedEOF):
		return "closed without an answer"
	}
	return "cut off"
}

// Permanent reports whether an error means that no later try can succeed. The refusals of a
// [Policy], for example, are permanent.
func Permanent(err error) bool {
	var permanent interface{ Permanent() bool }
	return errors.As(err, &permanent) && permanent.Permanent()
}
