package reindex_test

import (
	"context"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
)

// A run that is replaced while it commits does not commit.
func TestAReplacedRunNeverCommits(t *testing.T) {
	t.Parallel()
	s := filled(1, 100)
	first := s.start(t, false)
	var second reindex.Run
	s.blobs.before = func(name string, data []byte) error {
		if name == "state/team.json" && strings.Contains(string(data), `"built":true`) && second.ID == "" {
			second.ID = "meanwhile"
			second = s.start(t, true)
		}
		return nil
	}
	for second.ID == "" {
		s.deliver(t)
	}
	if s.built(t) || second.ID == first.ID {
		t.Errorf("built %v by %s, replaced by %s", s.built(t), first.ID, second.ID)
	}
	s.work(t, nil)
	if p := s.progress(t); !s.built(t) || p.Run.ID != second.ID {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
}

// A new run for an indexed library prevents skips from its start, even if the process that
// started it crashes right after it stored the run.
func TestARunBegunAnewPreventsSkipsAtOnce(t *testing.T) {
	t.Parallel()
	s := filled(1, 10)
	s.run(t, false)
	s.blobs.before = func(name string, _ []byte) error {
		if name == "state/team.json" {
			return errShaky
		}
		return nil
	}
	if _, err := s.worker.Start(t.Context(), library, true); err == nil {
		t.Fatal("it did not break off")
	}
	s.blobs.before = nil
	s.start(t, false)
	if s.built(t) {
		t.Error("indexed before the end")
	}
}

// A worker refuses a message of a run that has other rules than the worker. At the message's fourth
// delivery, the run ends, because the program with those rules is gone. So no library is indexed by
// mixed rules.
func TestARunWithOtherRulesEnds(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{`"batch"`, `"step"`} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := filled(1, 300)
			s.start(t, false)
			s.deliver(t)
			s.worker.Libraries = []masters.Library{changed()}
			s.worker.Indexer = refusing{t, s.worker.Indexer}
			var m sent
			for _, waiting := range s.waiting {
				if strings.Contains(string(waiting.body), kind) {
					m = waiting
				}
			}
			message, err := reindex.Decode(m.body)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.worker.Work(t.Context(), message, 1); err == nil || !s.progress(t).Run.Active() {
				t.Errorf("the first time: %v, %+v", err, s.progress(t).Run)
			}
			if err := s.worker.Work(t.Context(), message, 4); err != nil {
				t.Error(err)
			}
			p := s.progress(t)
			if p.Run.Active() || !strings.Contains(p.Run.Problem, "rules have changed") || p.Done > 0 || s.built(t) {
				t.Errorf("built %v, %+v", s.built(t), p)
			}
		})
	}
}

// refusing is an Indexer that fails the test if its method Index is called.
type refusing struct {
	t *testing.T
	reindex.Indexer
}

func (r refusing) Index(_ context.Context, keys []string) []indexing.Result {
	r.t.Errorf("%d keys were indexed", len(keys))
	return nil
}

// A permanent fault of a step ends the run at once. Any other fault of a step ends the run after
// the step's last try. The run states the cause.
func TestLastingFaultsOfAStep(t *testing.T) {
	t.Parallel()
	t.Run("unreadable document", func(t *testing.T) {
		t.Parallel()
		s := filled(1, 10)
		if _, err := s.blobs.Save(t.Context(), "index/team/HRT-500/1.json", []byte("no JSON"), ""); err != nil {
			t.Fatal(err)
		}
		s.run(t, false)
		if p := s.progress(t); s.built(t) || !strings.Contains(p.Run.Problem, "sweeping failed permanently: index document unreadable") {
			t.Errorf("built %v, %+v", s.built(t), p)
		}
	})
	t.Run("refused look", func(t *testing.T) {
		t.Parallel()
		s := filled(1, 10)
		const broken = "team/HRT-500/v1/en/9x16.mp4"
		ghost := masters.NewDocument(creative.Creative{Code: "HRT-500", Variation: 1}).Put(masters.Master{Key: broken, ETag: `"1"`})
		if err := s.worker.Index.SaveDocument(t.Context(), library, ghost, ""); err != nil {
			t.Fatal(err)
		}
		s.broken[broken] = true
		s.run(t, false)
		if p := s.progress(t); s.built(t) || !strings.Contains(p.Run.Problem, errShaky.Error()) {
			t.Errorf("built %v, %+v", s.built(t), p)
		}
	})
}

// A run removes a key from the list of unplaced keys if its object was deleted without an event. It
// leaves a key whose object exists.
func TestGoneKeysLeaveTheListOfUnplaced(t *testing.T) {
	t.Parallel()
	s := newFixture(1)
	const gone, there = "team/holiday.mp4", "team/readme.txt"
	s.fill(10)
	s.bucket.Put(gone, []byte("x"), nil)
	s.run(t, false)
	s.bucket.Delete(gone)
	s.run(t, true)
	var listed []string
	if err := s.worker.Index.EachUnplaced(t.Context(), s.blobs, library, func(p masters.Placed) { listed = append(listed, p.Key) }); err != nil {
		t.Fatal(err)
	}
	if len(listed) != 1 || listed[0] != there || !s.built(t) {
		t.Errorf("built %v, listed %q", s.built(t), listed)
	}
}
