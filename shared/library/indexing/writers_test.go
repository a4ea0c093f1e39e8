package indexing_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

// writers is the number of writers that write one document at the same time in the test.
var writers = flag.Int("writers", 200, "writers to one document at once")

// far is a store with the latency of S3. Tests use it inside a synctest bubble, where waiting
// takes no time.
type far struct {
	masterstest.Memory
	distance time.Duration
}

// Load implements [masters.Blobs].
func (f *far) Load(ctx context.Context, name string) ([]byte, string, error) {
	<-time.After(f.distance)
	return f.Memory.Load(ctx, name)
}

// Save implements [masters.Blobs].
func (f *far) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	<-time.After(f.distance)
	return f.Memory.Save(ctx, name, data, revision)
}

// However many calls of Apply write one document at the same time, no update is lost and every call
// succeeds within the function's time limit. In production at most fifteen calls write at the same
// time.
func TestACrowdOfWriters(t *testing.T) {
	t.Parallel()
	const within = 5 * time.Minute
	b := newFixture()
	b.index = masters.Index{Blobs: &far{distance: 20 * time.Millisecond}}
	b.indexer.Documents = b.index
	keys := make([]string, *writers)
	for i := range keys {
		keys[i] = fmt.Sprintf("HRT-1212/v2/en/%d.png", i)
		b.bucket.Put(keys[i], picture(t, 9, 16), nil)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		began := time.Now()
		var all sync.WaitGroup
		for _, key := range keys {
			all.Go(func() {
				if failed := b.indexer.Apply(ctx, []string{key}); len(failed) > 0 {
					t.Errorf("given up: %v", failed)
				}
			})
		}
		all.Wait()
		t.Logf("%d writers took %v", *writers, time.Since(began).Round(time.Millisecond))
		if list := b.masters(t, hrt2); len(list) != *writers {
			t.Errorf("%d of %d are listed", len(list), *writers)
		}
	})
}

// A writer whose conditional writes keep failing stops waiting at its deadline. Its error states
// how many writes failed because other writers were faster.
func TestAnOvertakenWriterStopsInTime(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	w.fault = func(name string) error {
		if name == "index/default/HRT-1212/2.json" {
			return masters.ErrStale
		}
		return nil
	}
	b.bucket.Put(key, picture(t, 9, 16), nil)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := b.indexer.Apply(ctx, []string{key})[key]
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if want := fmt.Sprintf("overtaken %d times", w.documents()); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v, want %q", err, want)
		}
	})
}
