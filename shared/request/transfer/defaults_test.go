package transfer_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// mute is a source that never answers. It records the requested ranges and their times.
type mute struct {
	mu    sync.Mutex
	asked map[time.Duration]map[int64]int64 // the length of each requested range, by time after begun, then by offset
	begun time.Time
}

func (m *mute) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	m.mu.Lock()
	at := time.Since(m.begun)
	if m.asked[at] == nil {
		m.asked[at] = map[int64]int64{}
	}
	m.asked[at][off] = n
	m.mu.Unlock()
	<-ctx.Done()
	return nil, ctx.Err()
}

// taking returns a client whose server accepts every upload.
func taking() *http.Client {
	return &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	})}
}

// A mover whose fields are zero reads eight ranges of 4 MiB ahead. It repeats the request for a
// range that has returned no byte for 1.5 s.
func TestAMoverHasDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &mute{begun: time.Now(), asked: map[time.Duration]map[int64]int64{}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: 100 << 20}
		if _, err := (&transfer.Mover{Client: taking()}).Move(ctx, source, upload); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		for _, at := range []time.Duration{0, 1500 * time.Millisecond} {
			if ranges := source.asked[at]; len(source.asked) != 2 || len(ranges) != 8 || ranges[0] != 4<<20 || ranges[28<<20] != 4<<20 {
				t.Errorf("asked for %v after %v", source.asked, at)
			}
		}
	})
}

func TestAMoverReadsAsManyRangesAsItHasSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &mute{begun: time.Now(), asked: map[time.Duration]map[int64]int64{}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: object}
		_, err := (&transfer.Mover{Client: taking(), Slots: 1, SlotSize: slot}).Move(ctx, source, upload)
		if ranges := source.asked[0]; err == nil || len(ranges) != 1 || ranges[0] != slot {
			t.Errorf("%v, asked for %v", err, source.asked)
		}
	})
}

// late is a source that answers after a delay.
type late struct {
	inMemory
	after time.Duration
}

func (l late) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	<-time.After(l.after)
	return l.inMemory.Open(ctx, off, n)
}

// Two moves at the same time use different memory, even if both reuse the memory of an earlier
// move.
func TestMovesAtATimeShareNoMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mover := &transfer.Mover{Slots: 2, SlotSize: slot, Idle: time.Minute, Client: &http.Client{Transport: waiting{taking().Transport}}}
		move := func(seed uint64, after time.Duration) {
			held := transfertest.Pattern{Size: 2 * slot, Seed: seed}
			upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: held.Size}
			got, err := mover.Move(t.Context(), late{inMemory{held}, after}, upload)
			if err != nil || got.SHA256 != sha256.Sum256(held.Bytes()) {
				t.Errorf("move %d: %v, other bytes than the object's: %t", seed, err, err == nil)
			}
		}
		move(1, 0)
		var both sync.WaitGroup
		both.Go(func() { move(2, time.Second) })
		both.Go(func() { move(3, 2*time.Second) })
		both.Wait()
	})
}

// waiting is a transport that sends a request only after three seconds.
type waiting struct{ http.RoundTripper }

func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	<-time.After(3 * time.Second)
	return w.RoundTripper.RoundTrip(r)
}

// gone is a source whose object does not exist.
type gone struct{}

func (gone) Open(context.Context, int64, int64) (io.ReadCloser, error) {
	return nil, transfer.ErrGone
}

func TestTheLargestUploadIsTried(t *testing.T) {
	t.Parallel()
	upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: masters.MaxUpload}
	if _, err := (&transfer.Mover{Client: taking(), SlotSize: slot}).Move(t.Context(), gone{}, upload); !errors.Is(err, transfer.ErrGone) {
		t.Errorf("error %v", err)
	}
}
