package reindex_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
)

const source = "s3://reports/manifest.json"

// imported starts a run from a list of keys and imports all of them.
func (s *fixture) imported(t *testing.T, keys ...string) reindex.Run {
	t.Helper()
	run, err := s.worker.StartImport(t.Context(), library, source, false)
	if err == nil {
		run, err = s.worker.Import(t.Context(), library, run, keys, "end")
	}
	if err == nil {
		run, err = s.worker.FinishImport(t.Context(), library, run)
	}
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (s *fixture) keys(t *testing.T) (keys []string) {
	for entry := range s.bucket.List(t.Context(), "team/") {
		keys = append(keys, entry.Key)
	}
	return keys
}

// A run that imports a list of keys commits only after it has also listed the bucket, whichever
// keys the list contains or lacks.
func TestAnImportedListIsCheckedAgainstTheBucket(t *testing.T) {
	t.Parallel()
	for name, listed := range map[string]func([]string) []string{
		"nothing":        func([]string) []string { return nil },
		"one prefix":     func(keys []string) []string { return keys[:len(keys)/3] },
		"all":            func(keys []string) []string { return keys },
		"what was there": func(keys []string) []string { return append(keys, "team/HRT-1/v1/en/gone_9x16.mp4") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(1, 1_234)
			s.imported(t, listed(s.keys(t))...)
			s.work(t, func() {
				if s.built(t) && s.progress(t).Run.Active() {
					t.Error("indexed before the end")
				}
			})
			if p := s.progress(t); !s.built(t) || p.Counts.Placed != 1_234 || p.Counts.Unplaced != 1 || p.Run.Problem != "" {
				t.Errorf("built %v, %+v", s.built(t), p)
			}
			s.wantIndexed(t)
		})
	}
}

// An imported key is not indexed a second time, unless its object has changed since the import.
func TestImportedKeysAreConfirmed(t *testing.T) {
	t.Parallel()
	s := filled(1, 500)
	keys := s.keys(t)
	s.imported(t, keys...)
	for s.progress(t).Run.Step.Phase != reindex.Confirming {
		s.deliver(t)
	}
	s.bucket.Put(keys[7], []byte("overwritten"), nil)
	s.bucket.Tag(keys[8], map[string]string{masters.LabelCode: "HRT-9", masters.LabelVariation: "1"})
	s.work(t, nil)
	p := s.progress(t)
	if !s.built(t) || p.Counts.Confirmed != len(keys)-2 || p.Counts.Placed != 502 || p.Counts.Keys != p.Run.Step.Listed {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
	s.wantIndexed(t)
}

// A key that was indexed by other rules than the present ones is indexed again when the bucket is
// listed, even if it was imported.
func TestOtherRulesConfirmNothing(t *testing.T) {
	t.Parallel()
	s := filled(1, 50)
	s.imported(t, s.keys(t)...)
	s.work(t, nil)
	x := *s.worker.Indexer.(*indexing.Indexer)
	x.Libraries = []masters.Library{changed()}
	for indexer, want := range map[*indexing.Indexer]int{s.worker.Indexer.(*indexing.Indexer): 0, &x: 51} {
		if missed, err := indexer.Missed(t.Context(), s.keys(t)); err != nil || len(missed) != want {
			t.Errorf("%d are missed, not %d; %v", len(missed), want, err)
		}
	}
}

// If an operator imports the same list again while the first import's run is active, that run
// continues.
func TestARepeatedImportContinuesTheRun(t *testing.T) {
	t.Parallel()
	s := filled(1, 500)
	first := s.imported(t, s.keys(t)...)
	for phase := reindex.Draining; phase != reindex.Finished; phase = s.progress(t).Run.Step.Phase {
		again, err := s.worker.StartImport(t.Context(), library, source, false)
		if err != nil || again.ID != first.ID || again.Step.Phase == reindex.Importing {
			t.Fatalf("in %s: %+v, %v", phase, again, err)
		}
		s.deliver(t)
	}
	s.work(t, nil)
	if !s.built(t) {
		t.Error("not indexed")
	}
	if other, err := s.worker.StartImport(t.Context(), library, source, false); err != nil || other.ID == first.ID {
		t.Errorf("after its end: %+v, %v", other, err)
	}
}

// Import returns ErrReplaced for a run that was replaced.
func TestImportingIntoARunThatWasReplaced(t *testing.T) {
	t.Parallel()
	s := filled(1, 10)
	run, err := s.worker.StartImport(t.Context(), library, source, false)
	if err != nil {
		t.Fatal(err)
	}
	s.start(t, true)
	if _, err := s.worker.Import(t.Context(), library, run, s.keys(t), "1"); !errors.Is(err, reindex.ErrReplaced) {
		t.Errorf("import: %v", err)
	}
	if _, err := s.worker.FinishImport(t.Context(), library, run); !errors.Is(err, reindex.ErrReplaced) {
		t.Errorf("end of the import: %v", err)
	}
	s.work(t, nil)
	if _, err := s.worker.Import(t.Context(), library, run, nil, "2"); !errors.Is(err, reindex.ErrReplaced) || !s.built(t) {
		t.Errorf("after the other's end: %v", err)
	}
}

// endless is a listing whose pages are empty but state that more keys follow.
type endless struct{}

func (endless) Page(context.Context, string, string, int) ([]string, bool, error) {
	return nil, true, nil
}

// A listing that makes no progress ends the run. It neither panics nor continues forever.
func TestAnEndlessListing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*reindex.Worker){
		"bucket":    func(w *reindex.Worker) { w.Masters = endless{} },
		"documents": func(w *reindex.Worker) { w.Documents = endless{} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(1, 10)
			spoil(&s.worker)
			s.run(t, false)
			if p := s.progress(t); s.built(t) || !strings.Contains(p.Run.Problem, "makes no progress") {
				t.Errorf("built %v, %+v", s.built(t), p)
			}
		})
	}
}

// Without progress for more than 6 minutes, Run.Standing returns true. Without progress for more
// than 30 minutes, Run.Stalled returns true, too.
func TestARunThatStandsStill(t *testing.T) {
	t.Parallel()
	s := newFixture(1)
	run := s.start(t, false)
	for after, want := range map[time.Duration][2]bool{time.Minute: {}, 7 * time.Minute: {true, false}, time.Hour: {true, true}} {
		if got := [2]bool{run.Standing(s.now.Add(after)), run.Stalled(s.now.Add(after))}; got != want {
			t.Errorf("after %v: %v", after, got)
		}
	}
	run.Step.Phase = reindex.Finished
	if run.Standing(s.now.Add(time.Hour)) {
		t.Error(fmt.Sprint("one that has ended stands still: ", run))
	}
}
