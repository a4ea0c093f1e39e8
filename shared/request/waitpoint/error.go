package waitpoint

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"
)

// errUnusable stands for an error of net/http that quotes the URL.
var errUnusable = permanentError("callback URL unusable")

// permanentError is an error that no repetition cures.
type permanentError string

func (e permanentError) Error() string { return string(e) }

// Permanent reports true.
func (permanentError) Permanent() bool { return true }

// sendError is a send without an answer. It unwraps to what net/http met, but
// shows none of its text, which may repeat what the server sent.
type sendError struct{ cause error }

// withoutURL takes an error of [http.Client.Do] out of the one around it that quotes the URL.
func withoutURL(err error) error {
	var shown *url.Error
	if errors.As(err, &shown) {
		err = shown.Err
	}
	return &sendError{cause: err}
}

func (e *sendError) Unwrap() error { return e.cause }

func (e *sendError) Error() string {
	var errno syscall.Errno
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case isPermanent(e.cause):
		return "connection not allowed"
	case errors.Is(e.cause, context.Canceled):
		return "send canceled"
	case errors.As(e.cause, &dns):
		return "host not resolved"
	case errors.As(e.cause, &errno):
		return errno.Error()
	case errors.As(e.cause, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(e.cause, io.EOF), errors.Is(e.cause, io.ErrUnexpectedEOF):
		return "connection closed without an answer"
	default:
		return "connection broken"
	}
}

// isPermanent reports whether err says of itself that no repetition cures it.
func isPermanent(err error) bool {
	var permanent interface{ Permanent() bool }
	return errors.As(err, &permanent) && permanent.Permanent()
}
