package indexing_test

import (
	"maps"
	"path"
	"slices"
	"testing"

	"masterhand/shared/library/masters"
)

// An unplaced key is filed under every anchor in its name, and under the creative that its
// unusable labels state, for as long as it is unplaced.
func TestUnplacedKeysAreFiledUnderTheirAnchors(t *testing.T) {
	t.Parallel()
	const key = "films/HRT-1212-2 or HRT-1213-3.png"
	b := newFixture()
	look := func(why string, unplaced bool, folders ...string) {
		t.Helper()
		b.apply(t, key)
		placed, _, err := b.index.Placed(t.Context(), library, key)
		if err != nil || !slices.Equal(placed.Folders, folders) || (placed.Unplaced != "") != unplaced {
			t.Errorf("%s: %+v, %v; want it filed in %q", why, placed, err, folders)
		}
		b.lies(t, key, folders...)
		var elsewhere int
		for _, folder := range []string{"1212", "T1212", "1213", "T1213", "@", "@77V", "@Q77", "none"} {
			if keys, err := b.index.UnplacedIn(t.Context(), b.index.Blobs.(masters.Lister), library, folder, 100); err != nil || len(keys) > 0 && !slices.Contains(folders, folder) {
				elsewhere++
				t.Errorf("%s: folder %s holds %q, %v", why, folder, keys, err)
			}
		}
		if missed, err := b.indexer.Missed(t.Context(), []string{key}); err != nil || len(missed) > 0 {
			t.Errorf("%s: missed %q, %v", why, missed, err)
		}
	}
	b.bucket.Put(key, picture(t, 90, 160), nil)
	if missed, err := b.indexer.Missed(t.Context(), []string{key}); err != nil || len(missed) != 1 {
		t.Errorf("created: missed %q, %v", missed, err)
	}
	look("created", true, "T1212", "T1213")
	b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3"})
	look("tagged", false)
	b.bucket.Tag(key, map[string]string{"creative-code": "Q-77", "creative-variation": "v3"})
	look("tagged in a way that cannot be used", true, "@", "@77V", "@Q77", "@T1212", "@T1213", "@V3", "T1212", "T1213")
	b.bucket.Tag(key, nil)
	look("untagged", true, "T1212", "T1213")
	b.bucket.Tag(key, map[string]string{"masterhand-ignore": "true"})
	look("excluded", true, "none")
	b.bucket.Delete(key)
	look("deleted", false)
}

// An unplaced file prevents no skip if it is neither video nor image, or if its name excludes it
// from the masters. A file that nobody can read may be a master, so it prevents skips.
func TestOnlyMediaIsFiledUnderAnchors(t *testing.T) {
	t.Parallel()
	b := newFixture()
	contents := map[string][]byte{
		"films/HRT-1212/2/3/brief": []byte("%PDF-1.7"), "films/HRT-1212/2/3/notes": []byte("notes"),
		"films/HRT-1212/2/3/hero": picture(t, 9, 16), "films/HRT-1212/2/3/broken.mp4": []byte("?"),
		"films/HRT-1212/2/3/broken.WMV": []byte("?"), "films/HRT-1212/2/3/archived": []byte("?"),
		"films/HRT-1212/2/3/x_thumb.jpg": []byte("?"), "films/HRT-1212/2/3/brief.pdf": []byte("?"),
	}
	for key, content := range contents {
		b.bucket.Put(key, content, nil)
		if path.Base(key) == "archived" {
			b.bucket.Archive(key)
		}
		b.apply(t, key)
	}
	want := []string{
		"films/HRT-1212/2/3/archived", "films/HRT-1212/2/3/broken.WMV", "films/HRT-1212/2/3/broken.mp4", "films/HRT-1212/2/3/hero",
	}
	if keys, err := b.index.UnplacedIn(t.Context(), b.index.Blobs.(masters.Lister), library, "T1212", 100); err != nil || !slices.Equal(keys, want) {
		t.Errorf("filed are %q, want %q (%v)", keys, want, err)
	}
	for key := range contents {
		placed, _, err := b.index.Placed(t.Context(), library, key)
		if err != nil || placed.NoMaster() == slices.Contains(want, key) || placed.Unplaced == "" {
			t.Errorf("%s: %+v, %v", key, placed, err)
		}
	}
	if missed, err := b.indexer.Missed(t.Context(), slices.Collect(maps.Keys(contents))); err != nil || len(missed) > 0 {
		t.Errorf("missed %q, %v", missed, err)
	}
}

// While one call of Apply indexes a key, the object may be deleted or get other labels, and another
// call may index the key first. The slower call may then add a master to a document where the key
// no longer belongs. If so, the slower call removes the master again.
func TestOvertakenRunsLeaveNothing(t *testing.T) {
	t.Parallel()
	elsewhere := map[string]string{"creative-code": "OTHER", "creative-variation": "3"}
	for _, key := range []string{key, "films/HRT-1212-2_final_9x16_teaser.png"} {
		for what, change := range map[string]func(b fixture){
			"deleted": func(b fixture) { b.bucket.Delete(key) }, "tagged": func(b fixture) { b.bucket.Tag(key, elsewhere) },
		} {
			b, w := newWatched()
			b.bucket.Put(key, picture(t, 9, 16), nil)
			overtaken := false
			w.fault = func(name string) error {
				if !overtaken && name == "index/default/HRT-1212/2.json" {
					overtaken = true
					change(b)
					b.apply(t, key)
				}
				return nil
			}
			b.apply(t, key)
			doc, _, err := b.index.Document(t.Context(), library, hrt2)
			if err != nil || !overtaken || len(doc.Keys()) != 0 {
				t.Errorf("%s %s: left are %q, %v", key, what, doc.Keys(), err)
			}
		}
	}
}
