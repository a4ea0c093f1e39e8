package masterstest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"masterhand/shared/library/masters"
)

// RunBlobs tests whether an implementation meets the rules of [masters.Blobs]. newBlobs must
// return an empty store.
func RunBlobs(t *testing.T, newBlobs func(t *testing.T) masters.Blobs) {
	t.Run("absent", func(t *testing.T) {
		b := newBlobs(t)
		if _, _, err := b.Load(t.Context(), "index/none.json"); !errors.Is(err, masters.ErrAbsent) {
			t.Errorf("Load of nothing: %v, want ErrAbsent", err)
		}
		if _, err := b.Save(t.Context(), "index/none.json", []byte("x"), `"no such revision"`); !errors.Is(err, masters.ErrStale) {
			t.Errorf("Save over a revision that never was: %v, want ErrStale", err)
		}
	})
	t.Run("compare and swap", func(t *testing.T) {
		b, name := newBlobs(t), "index/default/Ä%20b/1.json"
		save(t, b, name, "one", "")
		if _, err := b.Save(t.Context(), name, []byte("two"), ""); !errors.Is(err, masters.ErrStale) {
			t.Errorf("second creation: %v, want ErrStale", err)
		}
		first := load(t, b, name, "one")
		save(t, b, name, "two", first)
		if _, err := b.Save(t.Context(), name, []byte("three"), first); !errors.Is(err, masters.ErrStale) {
			t.Errorf("Save over an old revision: %v, want ErrStale", err)
		}
		load(t, b, name, "two")
	})
	t.Run("the largest document is read whole", func(t *testing.T) {
		b, name, text := newBlobs(t), "index/default/X/3.json", strings.Repeat("x", masters.MaxBlob)
		save(t, b, name, text, "")
		if data, _, err := b.Load(t.Context(), name); err != nil || string(data) != text {
			t.Errorf("%d of %d bytes, %v", len(data), len(text), err)
		}
	})
	t.Run("concurrent writers lose nothing", func(t *testing.T) {
		b, name, writers := newBlobs(t), "index/default/X/2.json", 20
		var all sync.WaitGroup
		for range writers {
			all.Go(func() { appendOne(t, b, name) })
		}
		all.Wait()
		data, _, err := b.Load(t.Context(), name)
		if err != nil || len(data) != writers {
			t.Errorf("%d writers left %d marks (%v)", writers, len(data), err)
		}
	})
}

// appendOne appends a byte to the document. It retries as long as another writer changes the
// document first.
func appendOne(t *testing.T, b masters.Blobs, name string) {
	for {
		data, revision, err := b.Load(t.Context(), name)
		if err != nil && !errors.Is(err, masters.ErrAbsent) {
			t.Errorf("Load: %v", err)
			return
		}
		_, err = b.Save(t.Context(), name, append(bytes.Clone(data), '.'), revision)
		if err == nil {
			return
		}
		if !errors.Is(err, masters.ErrStale) {
			t.Errorf("Save: %v", err)
			return
		}
	}
}

func save(t *testing.T, b masters.Blobs, name, text, revision string) {
	t.Helper()
	if _, err := b.Save(context.WithoutCancel(t.Context()), name, []byte(text), revision); err != nil {
		t.Fatalf("Save: %v", err)
	}
}

func load(t *testing.T, b masters.Blobs, name, want string) (revision string) {
	t.Helper()
	data, revision, err := b.Load(t.Context(), name)
	if err != nil || string(data) != want {
		t.Fatalf("Load = %q, %v; want %q", data, err, want)
	}
	return revision
}
