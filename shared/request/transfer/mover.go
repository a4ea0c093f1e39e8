// Package transfer streams one object to one pre-signed PUT. Several ranged reads run ahead into a
// few fixed slots. The PUT's body reads the slots in order and hashes the bytes.
//
// Invariants:
//
//   - Memory is constant: [Mover.Slots] times [Mover.SlotSize], whatever the file's size.
//   - The upload is exactly one version of the object, or fails. A broken or stalled range
//     continues at the byte reached. If the object is replaced meanwhile, the transfer fails and
//     breaks off the PUT before its last byte.
//   - Only this package repeats ranges and PUTs; a [Source] and a client never do.
//   - No goroutine of the package outlives [Mover.Move].
//   - No error shows the upload URL. Of the server's answer, an error shows only the code.
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

// The defaults for fields of a [Mover] that are zero.
const (
	DefaultSlots    = 8
	DefaultSlotSize = 4 << 20
	DefaultIdle     = 1500 * time.Millisecond
)

// MaxMD5 is the size in bytes of the largest file for which a caller should set [Upload.HashMD5],
// because MD5 doubles the CPU time. The platform detects damage to larger files by the SHA-256 in
// the callback.
const MaxMD5 = 64 << 20

// ErrSize means that the upload is empty, or larger than [masters.MaxUpload].
var ErrSize = errors.New("size not allowed for a single PUT")

// Mover uploads objects. Its fields must not change after the first Move. Several goroutines may
// call Move at the same time; each has its own memory, which later moves reuse.
type Mover struct {
	// Client sends the PUTs. It should use only HTTP/1.1 (HTTP/2 costs a third of the throughput),
	// have no Timeout, and dial through [ReadEarlyAnswers]. A PUT is not repeated if the client's
	// error, or an error that it wraps, has a method Permanent() bool that returns true. An
	// example is the error of a policy that forbids the address.
	Client *http.Client
	// Slots is the number of ranges that are read at the same time. Zero means 8.
	Slots int
	// SlotSize is the length of a range in bytes. Zero means 4 MiB.
	SlotSize int
	// Idle is how long a range may return no byte before it is requested again. It doubles with
	// each such request. Zero means 1.5 s.
	Idle time.Duration

	pool pool
}

// Upload describes one upload: where the object goes, and the caller's hooks.
type Upload struct {
	// URL is the pre-signed URL, used byte for byte. The caller should call [Inspect] first.
	URL capability.URL
	// ContentType is the media type of the object.
	ContentType string
	// Size is the object's size in bytes, from 1 to [masters.MaxUpload].
	Size int64
	// HashMD5 also computes the body's MD5, for [Result.ETagDiffers]. This doubles the CPU time.
	HashMD5 bool
	// Attempts is the largest number of PUTs. Zero means 8.
	Attempts int
	// Begin is called before each PUT. If it returns an error, Move ends and returns that error,
	// wrapped. The field may be nil.
	Begin func(context.Context) error
	// Alive is called before each part of the body is sent, about thirty times per MiB. If it
	// returns an error, the transfer stops and Move returns that error, wrapped. The field may be
	// nil.
	Alive func() error
	// Progress is called with the number of bytes of the current PUT that were sent. It starts from
	// 0 again when the PUT is repeated. The field may be nil.
	Progress func(sent int64)
}

// Result describes a finished upload.
type Result struct {
	SHA256 [32]byte // the SHA-256 of the sent bytes
	MD5    [16]byte // the MD5 of the sent bytes; zero unless [Upload.HashMD5] is set
	ETag   string   // the answer's ETag without quotes; "" if it is missing or not hexadecimal
	// ETagDiffers is set if the answer's ETag is not the body's MD5. That should raise an alarm,
	// because R2 answers a single PUT with its MD5. It is false without [Upload.HashMD5] or without
	// an ETag.
	ETagDiffers bool
	Bytes       int64
	Elapsed     time.Duration // duration of the successful PUT; Bytes / Elapsed is its rate
	Attempts    int           // the number of PUTs started
}

// Move uploads the object of src. If the PUT fails with a [RefusedError] or [ErrConnection] that a
// repeat can cure, Move repeats the whole PUT. It sends at most [Upload.Attempts] PUTs, or one more
// if bytes were damaged on the way, and none after ctx's deadline. If Move fails, only the field
// Attempts of the result is set.
//
// The error is one of these; [Retryable] says whether a later Move may succeed:
//   - ErrSize
//   - the last error of src, such as [ErrChanged], [ErrGone], [ErrDenied] or [ErrRange]
//   - a *[RefusedError] or [ErrConnection]
//   - an error that [Upload.Alive] or [Upload.Begin] returned
//   - [context.Cause] of ctx, if ctx has ended
func (m *Mover) Move(ctx context.Context, src Source, up Upload) (Result, error) {
	if up.Size <= 0 || up.Size > masters.MaxUpload {
		return Result{}, fmt.Errorf("%w: %d bytes", ErrSize, up.Size)
	}
	smallHeap()
	length, slots := orDefault(m.SlotSize, DefaultSlotSize), orDefault(m.Slots, DefaultSlots)
	chunks := (up.Size + int64(length) - 1) / int64(length)
	taken := m.pool.take(int(min(int64(slots), chunks)), length)
	defer m.pool.give(taken, slots)

	repeated := false // whether a PUT was already repeated because of the verdict Once
	var last error    // the error of the previous PUT
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
		// if the bytes were damaged on the way, one more PUT is sent even after the last attempt
		spent := n >= orDefault(up.Attempts, maxAttempts) && !isOnce(err)
		if spent || !repeats(err, repeated) {
			return Result{Attempts: n}, err
		}
		repeated = repeated || isOnce(err)
		if !pauses.Wait(ctx, n) {
			return Result{Attempts: n}, endedBy(ctx, err)
		}
	}
}

// endedBy adds the cause of ctx to err if ctx has ended.
func endedBy(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return after(context.Cause(ctx), err)
}

// after returns an error for a transfer that sends no further PUT. The error wraps reason and the
// error of the last PUT. If no PUT was sent, last is nil, and the error is reason.
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
