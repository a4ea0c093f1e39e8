package transfer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/transfer/transfertest"
)

// paced is a source whose every Read takes a second and returns some bytes, or none.
type paced struct {
	opens atomic.Int32
	bytes int
	end   error // the error returned with the bytes
}

func (p *paced) Open(ctx context.Context, _, n int64) (io.ReadCloser, error) {
	p.opens.Add(1)
	return io.NopCloser(io.LimitReader(pacedBody{ctx, p}, n)), nil
}

type pacedBody struct {
	ctx context.Context
	*paced
}

func (b pacedBody) Read(into []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return min(b.bytes, len(into)), b.end
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	}
}

// moveFrom uploads ten bytes of a source within a time limit. The mover repeats the request for a
// range if no byte of the range arrives for 1.5 s.
func moveFrom(t *testing.T, source transfer.Source, within time.Duration) error {
	t.Helper()
	mover := &transfer.Mover{Client: taking(), SlotSize: slot}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	_, err := mover.Move(ctx, source, transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: 10})
	return err
}

func TestARangeThatBringsBytesIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &paced{bytes: 1}
		if err := moveFrom(t, source, time.Minute); err != nil || source.opens.Load() != 1 {
			t.Errorf("%v, asked for %d times", err, source.opens.Load())
		}
	})
}

func TestARangeThatBringsNoBytesIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &paced{}
		if err := moveFrom(t, source, 2*time.Second); err == nil || source.opens.Load() != 2 {
			t.Errorf("%v, asked for %d times", err, source.opens.Load())
		}
	})
}

func TestTheErrorNamesASourceThatAlwaysEndsEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := moveFrom(t, &paced{end: io.EOF}, time.Hour); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v", err)
		}
	})
}

// A range is requested while its slot still holds the previous chunk. A slow upload must not make
// the mover request the range twice.
func TestASlowUploadAsksForNoRangeTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 8*slot)
		b.mover.Slots = 2
		b.mover.Client = pipenet.Serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			for err := error(nil); err == nil; _, err = io.CopyN(io.Discard, r.Body, slot) {
				<-time.After(10 * time.Second)
			}
		}))
		var ranges atomic.Int32
		b.store.Fault = func(int, int64) transfertest.Fault {
			ranges.Add(1)
			return transfertest.Fault{}
		}
		if _, err := b.move(t); err != nil || ranges.Load() != 8 {
			t.Errorf("%v, asked for %d ranges", err, ranges.Load())
		}
	})
}

// If the time left is shorter than the next pause, a broken range is not requested again.
func TestABrokenRangeIsGivenUpWhereItsPauseIsTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, tries := newBench(t, slot), 0
		b.store.Fault = func(int, int64) transfertest.Fault {
			tries++
			return transfertest.Fault{Status: 503}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := b.mover.Move(ctx, b.source, b.upload); err == nil || tries > 5 {
			t.Errorf("%d tries, %v", tries, err)
		}
	})
}

// dripping is a source whose answers break off after one byte.
type dripping struct{}

func (dripping) Open(context.Context, int64, int64) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(errors.New("broken")))), nil
}

// A single byte counts as progress: the pause after it is as short as the first pause, at most
// 50 ms.
func TestEachByteIsProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := moveFrom(t, dripping{}, time.Minute); err != nil || time.Since(begun) > 9*50*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}
