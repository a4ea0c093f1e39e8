package transfer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/transfer"
)

// mute is a source that never answers. It notes what it is asked for, by time.
type mute struct {
	mu    sync.Mutex
	asked map[time.Duration]map[int64]int64 // length of each range by its offset, by the time since begun
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

// taking is a client of a server that takes whatever comes.
func taking() *http.Client {
	return &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	})}
}

// A mover whose fields are zero reads eight ranges of 4 MiB ahead, and asks once more for one that
// has brought no byte for 1.5 s.
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
