package destination_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

// slow is a source whose loads wait until the test lets them return.
type slow struct {
	answers chan string
	loads   atomic.Int32
}

func newSlow() *slow { return &slow{answers: make(chan string)} }

func (s *slow) Load(ctx context.Context) ([]byte, error) {
	s.loads.Add(1)
	select {
	case value := <-s.answers:
		return []byte(value), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func slowRing(s *slow) *destination.Keyring {
	return destination.NewKeyring(s, destination.Config{MaxAge: time.Minute, Recheck: 30 * time.Second, Now: time.Now})
}

func TestRequestsShareALoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := newSlow()
		keys := slowRing(src)
		together := func(headers signature.Headers, answer string, loads int32) {
			t.Helper()
			var group sync.WaitGroup
			for range 50 {
				group.Go(func() {
					if _, err := keys.Verify(t.Context(), headers, body); err != nil {
						t.Errorf("%v after %d loads", err, src.loads.Load())
					}
				})
			}
			synctest.Wait()
			src.answers <- answer
			group.Wait()
			if got := src.loads.Load(); got != loads {
				t.Errorf("%d loads, want %d", got, loads)
			}
		}
		together(signed(t, signature.Outpost, time.Now(), oldSecret), list(signature.Outpost, oldSecret), 1)
		together(signed(t, signature.Outpost, time.Now(), newSecret), list(signature.Outpost, newSecret), 2)
		<-time.After(time.Minute) // the fake time advances by a minute, so the list in memory is too old
		together(signed(t, signature.Outpost, time.Now(), newSecret), list(signature.Outpost, newSecret), 3)
	})
}

func TestLoadIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := newSlow()
		keys, start := slowRing(src), time.Now()
		_, err := keys.Verify(t.Context(), signed(t, signature.Outpost, start, newSecret), body)
		if !errors.Is(err, destination.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("got %v after %v, want a deadline after 5 s", err, time.Since(start))
		}
	})
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := newSlow()
		keys := slowRing(src)
		headers := signed(t, signature.Outpost, time.Now(), newSecret)
		verified := make(chan error)
		go func() {
			_, err := keys.Verify(t.Context(), headers, body)
			verified <- err
		}()
		synctest.Wait()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := keys.Verify(over, headers, body); !errors.Is(err, destination.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("a request that is over: %v, want ErrUnavailable around context.Canceled", err)
		}
		src.answers <- list(signature.Outpost, newSecret)
		if err := <-verified; err != nil {
			t.Error(err)
		}
	})
}

// If a load of the list ends because its request's context is cancelled, the keyring does not count
// it as a failure of the source: the next request loads at once, and a good list stays in use.
func TestCancelledLoadDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		src := newSlow()
		reported := 0
		keys := destination.NewKeyring(src, destination.Config{
			MaxAge: time.Minute, Recheck: 30 * time.Second, Now: time.Now, OnError: func(context.Context, error) { reported++ },
		})
		headers := signed(t, signature.Outpost, time.Now(), newSecret)
		cut := func() error {
			ctx, cancel := context.WithCancel(t.Context())
			verified := make(chan error)
			go func() {
				_, err := keys.Verify(ctx, headers, body)
				verified <- err
			}()
			synctest.Wait()
			cancel()
			return <-verified
		}
		if err := cut(); !errors.Is(err, destination.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("cut short: %v, want ErrUnavailable around context.Canceled", err)
		}
		go func() { src.answers <- list(signature.Outpost, newSecret) }()
		if _, err := keys.Verify(t.Context(), headers, body); err != nil {
			t.Errorf("the next request: %v", err)
		}
		<-time.After(time.Minute) // the fake time advances by a minute, so the list in memory is too old
		if err := cut(); err != nil {
			t.Errorf("cut short with a good list at hand: %v", err)
		}
		if reported != 0 || src.loads.Load() != 3 {
			t.Errorf("%d errors reported, %d loads", reported, src.loads.Load())
		}
	})
}
