package indexing_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// For a key that a rule places, the result of Index holds the master as the creative's document
// lists it. For an unplaced key, it holds the object's version and why the key is unplaced.
func TestAResultHoldsTheMasterOrTheReason(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.indexer.Bucket = &versioned{b.bucket, "v1"}
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.Put(odd, picture(t, 9, 16), nil)
	results := b.indexer.Index(t.Context(), []string{odd, "gone.png", key})
	if len(results) != 3 {
		t.Fatalf("%+v", results)
	}
	placed, unplaced, gone := results[0], results[1], results[2] // Index returns the results sorted by key
	if placed.Key != key || placed.Master != b.masters(t, hrt2)[key] || placed.Unplaced+placed.Unread != "" || placed.Gone || placed.Err != nil {
		t.Errorf("placed: %+v", placed)
	}
	if unplaced.Key != odd || unplaced.Master != (masters.Master{VersionID: "v1"}) || unplaced.Unplaced == "" || unplaced.Unread != "" || unplaced.Gone || unplaced.Err != nil {
		t.Errorf("unplaced: %+v", unplaced)
	}
	if gone.Key != "gone.png" || !gone.Gone || gone.Master != (masters.Master{}) || gone.Err != nil {
		t.Errorf("gone: %+v", gone)
	}
}

// Only a look-up that S3 answers with "not found" means that there is no object. Any other failed
// look-up is an error, unless the index already records that the object cannot be looked up.
func TestOnlyALookSaysThatThereIsNoObject(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	red := masters.Library{Name: "red", Rules: placement.Rules{Prefix: "red/"}}
	b.indexer.Libraries = []masters.Library{red}
	const filed, indexed = "red/HRT-1212/v2/en/9x16.png", "red/HRT-1212/v2/en/1x1.png"
	b.bucket.Put(indexed, picture(t, 9, 9), nil)
	b.apply(t, indexed)
	asks := func(why, k string, exists, belongs bool, fault error) {
		t.Helper()
		if is, err := b.indexer.Exists(t.Context(), k); is != exists || !errors.Is(err, fault) {
			t.Errorf("%s exists %s: %t, %v", k, why, is, err)
		}
		if is, err := b.indexer.Belongs(t.Context(), red, hrt2, k); is != belongs || !errors.Is(err, fault) {
			t.Errorf("%s belongs %s: %t, %v", k, why, is, err)
		}
	}
	asks("while it is there", indexed, true, true, nil)
	asks("while it is not", filed, false, false, nil)
	b.bucket.Put(filed, picture(t, 9, 16), nil)
	asks("before it is indexed", filed, true, true, nil)
	b.refuse(true, true)
	asks("without a look", filed, false, false, errRefused)
	asks("without a look", indexed, false, false, errRefused)
	asks("outside the library", key, false, false, errRefused)
	b.filed(t, filed)
	asks("once it is filed", filed, true, true, nil)
	if is, err := b.indexer.Belongs(t.Context(), red, hrt3, filed); is || err != nil {
		t.Errorf("belongs to another creative: %t, %v", is, err)
	}
	w.unreadable = failing("placed/", errStore)
	asks("without its placement", filed, false, false, errRefused)
}

// If Remove cannot look up a key's object, it returns an error and still removes the other keys.
// If it cannot read or write the document, it returns an error and removes no key.
func TestRemoveReturnsFaults(t *testing.T) {
	t.Parallel()
	other := strings.Replace(key, "9x16", "1x1", 1)
	for name, c := range map[string]struct {
		set  func(b fixture, w *watched)
		want error
		left []string
	}{
		"nothing":              {func(fixture, *watched) {}, nil, nil},
		"a read of the store":  {func(_ fixture, w *watched) { w.unreadable = failing("index/", errStore) }, errStore, []string{key, other}},
		"a write of the store": {func(_ fixture, w *watched) { w.fault = failing("index/", errStore) }, errStore, []string{key, other}},
		"each look of one": {func(b fixture, _ *watched) {
			b.bucket.BeforeLook = func(k string) error {
				if k == key {
					return errRefused
				}
				return nil
			}
		}, errRefused, []string{key}},
		"the second look of one": {func(b fixture, _ *watched) {
			looks := 0
			b.bucket.BeforeLook = func(k string) error {
				if k != key {
					return nil
				}
				if looks++; looks == 2 {
					return errRefused
				}
				return nil
			}
		}, errRefused, []string{key}},
		"one that comes back": {func(b fixture, _ *watched) {
			looks := 0
			b.bucket.BeforeLook = func(k string) error {
				if k != key {
					return nil
				}
				if looks++; looks == 2 {
					b.bucket.Put(key, picture(t, 9, 16), nil)
				}
				return nil
			}
		}, nil, []string{key}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, w := newWatched()
			b.bucket.Put(key, picture(t, 9, 16), nil)
			b.bucket.Put(other, picture(t, 9, 9), nil)
			b.apply(t, key, other)
			b.bucket.Delete(key)
			b.bucket.Delete(other)
			c.set(b, w)
			if err := b.indexer.Remove(t.Context(), library, hrt2, []string{key, other}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			w.unreadable = nil
			list := b.masters(t, hrt2)
			for _, k := range []string{key, other} {
				if _, listed := list[k]; listed != slices.Contains(c.left, k) {
					t.Errorf("listed %v, want %q", list, c.left)
				}
			}
		})
	}
}

// Missed returns a key that was never indexed, was indexed by other rules, or was indexed without
// being read. It does not look up the objects of such keys. A fault of the store, or of a look-up
// that Missed needs, is an error.
func TestMissedReturnsFaults(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	red := masters.Library{Name: "red", Rules: placement.Rules{Prefix: "red/"}}
	b.indexer.Libraries = []masters.Library{red}
	const indexed, never = "red/" + key, "red/never.png"
	b.bucket.Put(indexed, picture(t, 9, 16), nil)
	b.apply(t, indexed)
	missed := func(why string, fault error, want ...string) {
		t.Helper()
		if got, err := b.indexer.Missed(t.Context(), []string{never, key, indexed}); !slices.Equal(got, want) || !errors.Is(err, fault) {
			t.Errorf("%s: missed %q, %v, want %q", why, got, err, want)
		}
	}
	b.bucket.Put(never, picture(t, 9, 16), nil)
	b.bucket.Put(key, picture(t, 9, 16), nil) // the key is outside of the library
	missed("one indexed", nil, never)
	w.unreadable = failing("placed/", errStore)
	missed("store down", errStore)
	w.unreadable = nil
	b.bucket.BeforeLook = func(k string) error {
		if k == indexed {
			return errRefused
		}
		return nil
	}
	missed("look refused", errRefused)
	b.bucket.BeforeLook = func(string) error { return errRefused }
	b.indexer.Libraries[0].Bucket = "another"
	missed("by other rules", nil, never, indexed)
}

// Index does not read a file whose name excludes it from the masters. The key's placement then
// does not state whether the content is media.
func TestUnreadContentIsNotDescribed(t *testing.T) {
	t.Parallel()
	b := newFixture()
	const thumbnail = "films/HRT-1212/2/3/hero_thumb.jpg"
	b.bucket.Put(thumbnail, []byte("text"), nil)
	b.bucket.BeforeRead = func(string) error { return errRefused }
	b.apply(t, thumbnail)
	if placed, _, err := b.index.Placed(t.Context(), library, thumbnail); err != nil || !placed.Never || placed.NoMedia {
		t.Errorf("%+v, %v", placed, err)
	}
}
