package indexing_test

import (
	"maps"
	"path"
	"slices"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// The documents of all creatives that an unplaced key may be a master of list it as an
// ambiguity, for as long as it is one.
func TestAmbiguities(t *testing.T) {
	t.Parallel()
	const key = "films/HRT-1212/v2/cuts/v3/9x16.png"
	cuts3 := creative.Creative{Code: "CUTS", Variation: 3}
	b := newFixture()
	ambiguous := func(want bool, why string) {
		t.Helper()
		for _, c := range []creative.Creative{hrt2, hrt3, cuts3} {
			doc, _, err := b.index.Document(t.Context(), library, c)
			if got := len(doc.Ambiguities) == 1 && doc.Ambiguities[0].Key == key; err != nil || got != want || len(doc.Ambiguities) > 1 {
				t.Errorf("%s: %s has ambiguities %v, want %t (%v)", why, c, doc.Ambiguities, want, err)
			}
		}
	}
	missed := func() bool {
		t.Helper()
		keys, err := b.indexer.Missed(t.Context(), []string{key})
		if err != nil {
			t.Fatal(err)
		}
		return len(keys) == 1
	}
	b.bucket.Put(key, picture(t, 90, 160), nil)
	if !missed() {
		t.Error("it is not missed before")
	}
	b.apply(t, key, key)
	ambiguous(true, "created")
	if placed, _, err := b.index.Placed(t.Context(), library, key); err != nil || missed() || len(placed.Documents) < 3 {
		t.Errorf("placed %+v (%v), missed %t", placed, err, missed())
	}
	b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3"})
	b.apply(t, key)
	ambiguous(false, "tagged")
	if list := b.masters(t, hrt3); len(list) != 1 {
		t.Errorf("tagged: %v", list)
	}
	b.bucket.Tag(key, nil)
	b.apply(t, key)
	ambiguous(true, "untagged")
	b.bucket.Delete(key)
	b.apply(t, key)
	ambiguous(false, "deleted")
}

// What is neither video nor image is not ambiguous; what nobody can read is.
func TestDoubtsAreMedia(t *testing.T) {
	t.Parallel()
	b := newFixture()
	contents := map[string][]byte{
		"films/HRT-1212/2/brief.pdf": []byte("%PDF-1.7"), "films/HRT-1212/2/notes": []byte("notes"),
		"films/HRT-1212/2/hero": picture(t, 9, 16), "films/HRT-1212/2/broken.mp4": []byte("?"),
		"films/HRT-1212/2/broken.WMV": []byte("?"), "films/HRT-1212/2/archived": []byte("?"),
	}
	for key, content := range contents {
		b.bucket.Put(key, content, nil)
		if path.Base(key) == "archived" {
			b.bucket.Archive(key)
		}
		b.apply(t, key)
	}
	doc, _, err := b.index.Document(t.Context(), library, hrt2)
	want := []string{
		"films/HRT-1212/2/archived", "films/HRT-1212/2/broken.WMV", "films/HRT-1212/2/broken.mp4", "films/HRT-1212/2/hero",
	}
	if keys := slices.Sorted(slices.Values(doc.Keys())); err != nil || !slices.Equal(keys, want) {
		t.Errorf("ambiguous are %q, want %q (%v)", keys, want, err)
	}
	for key := range contents {
		placed, _, err := b.index.Placed(t.Context(), library, key)
		if err != nil || placed.NoMedia == slices.Contains(want, key) || placed.Unplaced == "" {
			t.Errorf("%s: %+v, %v", key, placed, err)
		}
	}
	if missed, err := b.indexer.Missed(t.Context(), slices.Collect(maps.Keys(contents))); err != nil || len(missed) > 0 {
		t.Errorf("missed %q, %v", missed, err)
	}
}

// What a run wrote that was overtaken by another is taken back by it.
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

func TestTheListOfUnplacedKeys(t *testing.T) {
	t.Parallel()
	b := newFixture()
	const k = "HRT-1212-2_teaser_9x16.png"
	line := func() masters.Placed {
		t.Helper()
		b.apply(t, k)
		line, _, err := b.index.Unplaced(t.Context(), library, k)
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	b.bucket.Put(k, picture(t, 9, 16), nil)
	if got := line(); got.Key != k || got.Unplaced == "" || got.ClosestRule != masters.RuleName {
		t.Errorf("without labels: %+v", got)
	}
	b.bucket.Tag(k, map[string]string{"creative-code": "HRT-1212", "creative-variation": "2"})
	if got := line(); got.Unplaced != "" {
		t.Errorf("with labels: %+v", got)
	}
	b.bucket.Tag(k, nil)
	if got := line(); got.Unplaced == "" {
		t.Errorf("without labels again: %+v", got)
	}
	b.bucket.Delete(k)
	if got := line(); got.Unplaced != "" {
		t.Errorf("deleted: %+v", got)
	}
}
