package indexing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// A new master causes two writes of its placement and one write of its document. A repeated event
// reads the placement and the document once and writes only the placement. It writes even an
// unchanged placement, because this write fails if another call has indexed the key meanwhile.
func TestARepeatedEventWritesOnlyThePlacement(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	other := "HRT-1212/v2/en/1x1.png"
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.Put(other, picture(t, 9, 9), nil)
	b.apply(t, other)
	w.forget()
	costs := func(what string, placementReads, placementWrites, documentReads, documentWrites int) {
		t.Helper()
		b.apply(t, key)
		got := [4]int{w.count(w.reads, "placed/"), w.count(w.writes, "placed/"), w.count(w.reads, "index/"), w.documents()}
		if want := [4]int{placementReads, placementWrites, documentReads, documentWrites}; got != want {
			t.Errorf("%s: placement read and written, document read and written %v times, want %v", what, got, want)
		}
		w.forget()
	}
	costs("new", 1, 2, 1, 1)
	costs("the same", 1, 1, 1, 0)
	b.apply(t, other) // a repeated event for the document's first master must not change the masters' order
	if n := w.documents(); n != 0 {
		t.Errorf("the same of another: %d writes of the document", n)
	}
	w.forget()
	b.bucket.Delete(key)
	costs("gone", 1, 1, 1, 1)
	costs("still gone", 1, 1, 0, 0)
}

// Indexing a key that exists neither in the index nor in the bucket causes no write.
func TestAnUnknownKeyLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	results := b.indexer.Index(t.Context(), []string{key})
	if len(results) != 1 || results[0] != (indexing.Result{Key: key, Gone: true}) || w.count(w.writes, "") != 0 {
		t.Errorf("%+v, written %v", results, w.writes)
	}
}

// A key's stored placement names a creative before the creative's document lists the key.
func TestThePlacementGoesBeforeTheDocument(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	w.fault = func(name string) error {
		if placed, _, err := b.index.Placed(t.Context(), library, key); strings.HasPrefix(name, "index/") && (err != nil || len(placed.Documents) != 1) {
			t.Errorf("the document is written while the placement names %v, %v", placed.Documents, err)
		}
		return nil
	}
	b.apply(t, key)
	if w.documents() != 1 {
		t.Errorf("written: %v", w.writes)
	}
}

// Index looks up at most eight objects in parallel.
func TestEightObjectsAreLookedAtTogether(t *testing.T) {
	t.Parallel()
	var keys []string
	for i := range 20 {
		keys = append(keys, fmt.Sprintf("HRT-1212/v2/en/%d.png", i))
	}
	for name, look := range map[string]func(context.Context, *indexing.Indexer) error{
		"Apply":  func(ctx context.Context, x *indexing.Indexer) error { x.Apply(ctx, keys); return nil },
		"Missed": func(ctx context.Context, x *indexing.Indexer) error { _, err := x.Missed(ctx, keys); return err },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newFixture()
			for _, k := range keys {
				b.bucket.Put(k, picture(t, 9, 16), nil)
			}
			b.apply(t, keys...) // index the keys first, because Missed does not look up keys that were never indexed
			var mu sync.Mutex
			var now, most int
			count := func(by int) {
				mu.Lock()
				defer mu.Unlock()
				now += by
				most = max(most, now)
			}
			b.bucket.BeforeLook = func(string) error {
				count(1)
				<-time.After(time.Second)
				count(-1)
				return nil
			}
			if err := look(t.Context(), b.indexer); err != nil || most != 8 {
				t.Errorf("%s: %d at once, %v", name, most, err)
			}
		})
	}
}

// A key whose object changes at every look-up is tried five times in one call.
func TestAChangingKeyIsTriedFiveTimes(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.BeforeLook = func(string) error { b.bucket.Put(key, picture(t, 90, 160), nil); return nil }
	failed := b.indexer.Apply(t.Context(), []string{key})
	if n := w.count(w.reads, "placed/"); n != 5 || failed[key] == nil || !strings.Contains(failed[key].Error(), "5 times") {
		t.Errorf("begun %d times: %v", n, failed)
	}
}

// A writer that always loses the race returns an error for its key after a hundred tries. The
// pauses between the tries are random and at most ten seconds each.
func TestAWriterIsOvertakenAHundredTimes(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	w.fault = failing("index/", masters.ErrStale)
	b.bucket.Put(key, picture(t, 9, 16), nil)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		failed := b.indexer.Apply(t.Context(), []string{key})
		if n := w.documents(); n != 100 || !errors.Is(failed[key], masters.ErrStale) || !strings.Contains(failed[key].Error(), "overtaken 100 times") {
			t.Errorf("%d writes: %v", n, failed)
		}
		// 90 pauses of up to ten seconds take 450 s on average, with a standard deviation of 27 s
		if took := time.Since(began); took < 5*time.Minute || took > 10*time.Minute+30*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// A writer that loses the race once pauses for at most 20 ms.
func TestTheFirstPauseIsShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for range 40 {
			b, w := newWatched()
			w.fault = once("index/", masters.ErrStale)
			b.bucket.Put(key, picture(t, 9, 16), nil)
			began := time.Now()
			b.apply(t, key)
			if took := time.Since(began); took > 20*time.Millisecond {
				t.Errorf("paused for %v", took)
			}
		}
	})
}
