package transfer

import (
	"context"
	"errors"
	"io"
)

// Source is one pinned version of an object.
//
// Open returns exactly the bytes [off, off+n) of that version, or an error; it
// must never return another version's bytes. So an implementation sends the
// version's id or If-Match with every request, wants 206 with the Content-Range
// it asked for (or 200 where that is the whole object), and answers ErrChanged
// where the object's whole size is not the one that it was pinned with. ctx
// bounds the returned reader too: both Open and Read must end soon after ctx
// does. Open is called from several goroutines at once. The caller closes the
// reader.
//
// Repeating is the caller's job: an implementation must not retry by itself. Its
// errors are ErrChanged, ErrGone and ErrDenied, wrapped or not, which end the
// transfer; anything else, a reader that ends early included, is taken up again
// at the byte reached.
type Source interface {
	Open(ctx context.Context, off, n int64) (io.ReadCloser, error)
}

// The errors of a [Source] that no repetition cures.
var (
	ErrChanged = errors.New("object replaced by another version") // 412, or another size
	ErrGone    = errors.New("object absent")                      // 404
	ErrDenied  = errors.New("access to the object denied")        // 403; an archived object too
	// ErrRange is found by the package itself: the source sent more bytes than it was asked for.
	ErrRange = errors.New("source answered with another range")
)

// endsTransfer reports whether a source's error is one that no repetition cures.
func endsTransfer(err error) bool {
	for _, final := range []error{ErrChanged, ErrGone, ErrDenied, ErrRange} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
