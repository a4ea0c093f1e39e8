package reindex_test

import (
	"slices"
	"testing"

	"masterhand/shared/library/reindex"
)

// At its end, a run checks whether the object of each key still exists, and counts the keys that it
// has checked. It counts each key once, however often a step is repeated. The count continues when
// a run is resumed.
func TestCheckedKeysAreCounted(t *testing.T) {
	t.Parallel()
	s := filled(1, 12_000)
	s.start(t, false)
	var seen []int
	lost := false
	for len(s.waiting) > 0 {
		s.deliver(t)
		p := s.progress(t)
		if !p.Run.Checking() {
			continue
		}
		done, total := p.Keys()
		if total != 12_001 || done != p.Run.Step.Checked || p.Run.Step.Since.IsZero() {
			t.Fatalf("%d of %d: %+v", done, total, p.Run)
		}
		if n := len(seen); n == 0 || seen[n-1] != done {
			seen = append(seen, done)
		}
		if done > 0 && !lost {
			lost, s.waiting = true, nil
			s.start(t, false)
		}
	}
	if !slices.IsSorted(seen) || len(seen) < 4 || !lost {
		t.Errorf("seen %d", seen)
	}
	if p := s.progress(t); p.Run.Step.Checked != 12_001 || !s.built(t) {
		t.Errorf("%+v", p)
	}
}

// After an import, the bucket is listed for keys that were not imported. Meanwhile the expected
// total is twice the number of imported keys, because the listing also finds the imported keys.
func TestTheExpectedTotalCountsImportedKeysTwice(t *testing.T) {
	t.Parallel()
	s := filled(1, 6_000)
	run, err := s.worker.StartImport(t.Context(), library, "list", false)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for entry := range s.bucket.List(t.Context(), library.Prefix) {
		keys = append(keys, entry.Key)
	}
	if run, err = s.worker.Import(t.Context(), library, run, keys, "end"); err == nil {
		_, err = s.worker.FinishImport(t.Context(), library, run)
	}
	if err != nil {
		t.Fatal(err)
	}
	confirmed := false
	s.work(t, func() {
		p := s.progress(t)
		done, total := p.Keys()
		want := 6_001
		if p.Run.Step.Phase == reindex.Confirming || p.Run.Step.Confirmed && !p.Run.Checking() {
			want, confirmed = 2*6_001, true
		}
		if total != want || done > total {
			t.Fatalf("%d of %d keys, want %d: %+v", done, total, want, p.Run)
		}
	})
	if !confirmed || !s.built(t) {
		t.Errorf("confirmed %v, built %v", confirmed, s.built(t))
	}
}
