// Package transfer streams one object to one pre-signed PUT: several ranged
// reads run ahead into a few fixed slots, and the PUT's body is read out of them
// in order, hashed on the way.
//
// Invariants:
//
//   - Memory is constant: [Mover.Slots] times [Mover.SlotSize], whatever the file's size.
//   - The result is the whole of one version of the object, or an error. A broken
//     or stalled range is taken up at the byte reached; an object replaced in the
//     meantime ends the transfer, and with it the PUT before its last byte.
//   - One layer repeats: the ranges and the PUT here, nothing in a [Source] or a client.
//   - No goroutine of the package outlives [Mover.Move].
//   - No error shows the upload URL or anything that the server wrote but its error code.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/masters"
)

// The values of a [Mover]'s fields that are zero.
const (
	DefaultSlots    = 8
	DefaultSlotSize = 4 << 20
	DefaultIdle     = 1500 * time.Millisecond
)

// MaxMD5 is the largest file, in bytes, for which a caller should set [Upload.HashMD5]: MD5 takes as
// much CPU again as all the rest. The platform notices damage to larger files by the SHA-256
// that the callback sends.
const MaxMD5 = 64 << 20

// ErrSize is an upload of no bytes, or of more than [masters.MaxUpload].
var ErrSize = errors.New("size not fit for a single PUT")

// Mover moves objects. Its fields must not change once it is in use; any number
// of goroutines may call Move, each with memory of its own. Slots are kept from
// one Move for the next.
type Mover struct {
	// Client sends the PUTs. It should speak HTTP/1.1 only (HTTP/2 costs a third
	// of the throughput), have no Timeout, and dial through [ReadEarlyAnswers]. An error
	// of it whose chain has a method Permanent() bool that returns true, such as
	// an address that a policy forbids, is not tried again.
	Client *http.Client
	// Slots is how many ranges are read at once. Zero: 8.
	Slots int
	// SlotSize is the length of a range in bytes. Zero: 4 MiB.
	SlotSize int
	// Idle is how long a range may yield no byte before it is requested again; it
	// doubles while that goes on. Zero: 1.5 s.
	Idle time.Duration

	pool pool
}

// Upload says where an object goes and who watches.
type Upload struct {
	// URL is the pre-signed address, used byte for byte. [Inspect] it first.
	URL capability.URL
	// ContentType is what the bytes are.
	ContentType string
	// Size of the object in bytes, 1 to [masters.MaxUpload].
	Size int64
	// HashMD5 has the body's MD5 made too, for [Result.ETagDiffers]. It costs
	// about as much CPU again as all the rest.
	HashMD5 bool
	// Attempts is the largest number of PUTs. Zero: 8.
	Attempts int
	// Begin is called before each PUT; an error of it ends the Move and is returned, wrapped.
	// Nil: never.
	Begin func(context.Context) error
	// Alive is asked before any bytes are handed on, some thirty times per MiB;
	// an error of it stops the transfer and is returned, wrapped. Nil: never.
	Alive func() error
	// Progress is told how many bytes of the current PUT have been handed on; it
	// begins again from 0 when the PUT is repeated. Nil: nobody.
	Progress func(sent int64)
}

// Result is a finished upload.
type Result struct {
	SHA256 [32]byte // of the bytes that were sent
	MD5    [16]byte // zero without [Upload.HashMD5]
	ETag   string   // of the answer, without quotes; "" if it had none, or one that is not hexadecimal
	// ETagDiffers reports that the answer's ETag is not the body's MD5: an alarm,
	// for R2 answers a single PUT with its MD5. False without [Upload.HashMD5] or without an ETag.
	ETagDiffers bool
	Bytes       int64
	Elapsed     time.Duration // of the PUT that succeeded: Bytes ÷ Elapsed is the rate
	Attempts    int           // PUTs begun
}

// Move uploads src. It repeats the whole PUT where [RefusedError] or
// [ErrConnection] say that it helps, as often as Attempts allows, and never past ctx's
// deadline. With an error, the result holds the attempts alone.
//
// Errors: ErrSize; a source's final error ([ErrChanged], [ErrGone], [ErrDenied],
// [ErrRange]) or the one that it kept giving; *[RefusedError]; [ErrConnection];
// the errors of Alive and Begin; ctx's cause. [Retryable] tells them apart.
func (m *Mover) Move(ctx context.Context, src Source, up Upload) (Result, error) {
	if up.Size <= 0 || up.Size > masters.MaxUpload {
		return Result{}, fmt.Errorf("%w: %d bytes", ErrSize, up.Size)
	}
	length, slots := orDefault(m.SlotSize, DefaultSlotSize), orDefault(m.Slots, DefaultSlots)
	chunks := (up.Size + int64(length) - 1) / int64(length)
	taken := m.pool.take(int(min(int64(slots), chunks)), length)
	defer m.pool.give(taken, slots)

	repeated := false // a once-more refusal has come
	var last error    // of the PUT before
	for n := 1; ; n++ {
		if up.Begin != nil {
			if err := up.Begin(ctx); err != nil {
				return Result{Attempts: n - 1}, after(err, last)
			}
		}
		result, err := m.attempt(ctx, src, up, taken)
		result.Attempts = n
		if err == nil {
			return result, nil
		}
		last = err
		spent := n >= orDefault(up.Attempts, maxAttempts) && !isOnce(err) // damaged bytes are sent once more, always
		if spent || !repeats(err, repeated) {
			return Result{Attempts: n}, err
		}
		repeated = repeated || isOnce(err)
		if !pauses.Wait(ctx, n) {
			return Result{Attempts: n}, endedBy(ctx, err)
		}
	}
}

// endedBy adds to err why ctx ended, if it did.
func endedBy(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return after(context.Cause(ctx), err)
}

// after adds to the reason why no PUT follows what the last one ended with, nil if there was none.
func after(reason, last error) error {
	if last == nil {
		return reason
	}
	return fmt.Errorf("%w after: %w", reason, last)
}

func orDefault[T ~int | ~int64](v, standard T) T {
	if v <= 0 {
		return standard
	}
	return v
}
