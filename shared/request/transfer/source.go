package transfer

import (
	"context"
	"errors"
	"io"
)

// Source is one fixed version of an object.
//
// Open returns exactly the bytes [off, off+n) of that version, or an error. It must never return
// another version's bytes, so an implementation sends the version's id or If-Match with every
// request. It accepts only 206 with the requested Content-Range, or 200 if the range is the whole
// object. It returns ErrChanged if the object's total size is not the expected one. The context
// also bounds the returned reader: Open and Read must end soon after ctx ends. Several goroutines
// call Open at the same time. The caller closes the reader.
//
// An implementation must not retry; the caller does. ErrChanged, ErrGone and ErrDenied, wrapped or
// not, end the transfer. After any other error, or a reader that ends early, the caller continues
// at the byte reached.
type Source interface {
	Open(ctx context.Context, off, n int64) (io.ReadCloser, error)
}

// The errors of a [Source] that a repeat cannot cure.
var (
	ErrChanged = errors.New("object replaced by another version") // the source answers with status 412, or with another total size
	ErrGone    = errors.New("object absent")                      // the source answers with status 404
	ErrDenied  = errors.New("access to the object denied")        // the source answers with status 403, also for an archived object
	// ErrRange means that the source sent more bytes than requested. This package detects it.
	ErrRange = errors.New("source answered with another range")
)

// endsTransfer reports whether a source's error ends the transfer, because a repeat cannot cure it.
func endsTransfer(err error) bool {
	for _, final := range []error{ErrChanged, ErrGone, ErrDenied, ErrRange} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
