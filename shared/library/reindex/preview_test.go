package reindex_test

import (
	"slices"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/reindex"
)

// A preview lists the keys that a reindex would place, no longer place, or move to another creative
// or locale. A labelled file keeps its creative.
func TestAPreviewListsTheChangesOfAReindex(t *testing.T) {
	t.Parallel()
	blobs, bucket := &masterstest.Memory{}, &masterstest.Bucket{}
	index := masters.Index{Blobs: blobs}
	indexed := func(code string, list ...masters.Master) {
		t.Helper()
		doc := masters.NewDocument(creative.Creative{Code: code, Variation: 2})
		for _, m := range list {
			bucket.Put(m.Key, []byte("x"), nil)
			doc = doc.Put(m)
		}
		if err := index.SaveDocument(t.Context(), library, doc, ""); err != nil {
			t.Fatal(err)
		}
	}
	indexed("HRT-7", masters.Master{Key: "team/HRT-7-2_en.mp4", Locale: "en"}, masters.Master{Key: "team/HRT-7-2_UK.mp4", Locale: "uk"},
		masters.Master{Key: "team/HRT-8-2_en.mp4", Locale: "en"}, masters.Master{Key: "team/hero.mp4", Rule: masters.RuleLabels})
	indexed("PROMO", masters.Master{Key: "team/PROMO_2.mp4"})
	for _, key := range []string{"team/[HRT-7-3] Sale.mp4", "team/holiday.mp4", "elsewhere/HRT-7-2.mp4"} {
		bucket.Put(key, []byte("x"), nil)
	}
	p, err := reindex.NewPreview(t.Context(), index, blobs, bucket, library)
	// Emptied is 1: the document of the creative PROMO-2 would lose its only master
	if err != nil || p.Keys != 7 || p.Documents != 2 || p.Emptied != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	for kind, c := range map[string]struct {
		got  reindex.Changes
		want []string
	}{
		"placed":   {p.Placed, []string{"team/[HRT-7-3] Sale.mp4 at HRT-7-3 "}},
		"unplaced": {p.Unplaced, []string{"team/PROMO_2.mp4, now at PROMO-2: no declared code found"}},
		"moved":    {p.Moved, []string{"team/HRT-7-2_UK.mp4 from HRT-7-2 uk to HRT-7-2 ", "team/HRT-8-2_en.mp4 from HRT-7-2 en to HRT-8-2 en"}},
	} {
		if c.got.Keys != len(c.want) || !slices.Equal(c.got.Examples, c.want) {
			t.Errorf("%s: %+v, want %q", kind, c.got, c.want)
		}
	}
}
