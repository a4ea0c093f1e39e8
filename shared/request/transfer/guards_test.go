package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/transfer/transfertest"
)

// A range may break any number of times if fewer than eight tries in a row bring no byte.
func TestMoveGoesOnWhileTriesBringBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.mover.Slots = 1 // one slot of memory, so one request at a time; every second one returns no byte
		b.store.Fault = func(n int, _ int64) transfertest.Fault {
			return transfertest.Fault{Cut: true, After: int64(n%2) * slot / 20}
		}
		got, err := b.move(t)
		b.checkDone(t, got, err)
	})
}

// curt is a source whose first answers end early without an error.
type curt struct {
	transfer.Source
	times int
}

func (c *curt) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	body, err := c.Source.Open(ctx, off, n)
	if err != nil || c.times == 0 {
		return body, err
	}
	c.times--
	defer body.Close()
	part, err := io.ReadAll(io.LimitReader(body, n/2))
	return io.NopCloser(bytes.NewReader(part)), err
}

func TestMoveRequestsTheBytesThatAnAnswerLacks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.mover.Slots = 1
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := b.mover.Move(ctx, &curt{Source: b.source, times: 3}, b.upload)
		b.checkDone(t, got, err)
	})
}

// An upload must not follow a redirect, because the answer to the redirect's GET would then count
// as the upload's answer.
func TestAnUploadFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		synctest.Test(t, func(t *testing.T) {
			b, elsewhere := newBench(t, object), 0
			b.mover.Client = pipenet.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					elsewhere++
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Location", pipenet.URL+"/elsewhere")
				w.WriteHeader(status)
			}))
			_, err := b.move(t)
			var refused *transfer.RefusedError
			if !errors.As(err, &refused) || refused.Status != status || elsewhere != 0 {
				t.Errorf("status %d: error %v, %d requests elsewhere", status, err, elsewhere)
			}
		})
	}
}
