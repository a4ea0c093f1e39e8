package reindex_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/placement"
	"masterhand/shared/library/reindex"
)

// in returns the test's library, in the bucket with this name.
func in(bucket string) masters.Library {
	lib := library
	lib.Bucket = bucket
	return lib
}

// deploy replaces the worker's library and bucket, as a deployment with other settings would.
func (s *fixture) deploy(lib masters.Library, bucket *masterstest.Bucket) {
	s.bucket = bucket
	s.worker.Masters, s.worker.Libraries = bucket, []masters.Library{lib}
	s.worker.Indexer = &indexing.Indexer{Documents: s.worker.Index, Bucket: bucket, Libraries: s.worker.Libraries}
}

// look runs the scheduled check of the library, and then processes all messages. It returns the
// reason why the library waits for its operator, or "" if the library is indexed or being indexed.
func (s *fixture) look(t *testing.T) (waits string) {
	t.Helper()
	unbuilt, err := s.worker.EnsureBuilt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.work(t, nil)
	for _, u := range unbuilt {
		waits += u.Waits
	}
	return waits
}

// agree starts a reindex, as an operator who agrees to the changes would, and runs it to its end.
func (s *fixture) agree(t *testing.T) {
	t.Helper()
	if _, err := s.worker.Start(t.Context(), s.worker.Libraries[0], false); err != nil {
		t.Fatal(err)
	}
	s.work(t, nil)
}

func (s *fixture) state(t *testing.T) masters.State {
	t.Helper()
	state, _, err := s.worker.Index.State(t.Context(), library)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// whole reports whether the whole library is indexed by its present settings.
func (s *fixture) whole(t *testing.T) bool {
	t.Helper()
	return s.state(t).Current(s.worker.Libraries[0])
}

// If the settings of a library name another bucket than the one that was last indexed, the library
// is not indexed automatically: the documents stay, and no request is skipped. Once the operator
// starts a reindex, the keys that exist only in the old bucket are removed from the documents and
// lists.
func TestAnotherBucketIsNotIndexedByItself(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"empty": "", "of one file": "team/HRT-1/v2/en/1_9x16.mp4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := filled(1, 300)
			s.deploy(in("old"), s.bucket)
			old := s.bucket
			s.agree(t)
			fresh := &masterstest.Bucket{}
			if key != "" {
				fresh.Put(key, []byte("no video here"), nil)
			}
			s.deploy(in("new"), fresh)
			for range 3 {
				s.now = s.now.Add(2 * time.Hour)
				if waits := s.look(t); !strings.Contains(waits, "is of bucket old, prefix team/, but the settings name bucket new, prefix team/") || s.whole(t) {
					t.Errorf("waits %q, whole %v", waits, s.whole(t))
				}
			}
			s.bucket = old
			s.wantIndexed(t)
			s.bucket = fresh
			s.agree(t)
			s.wantIndexed(t)
			if waits := s.look(t); waits != "" || !s.whole(t) {
				t.Errorf("waits %q, whole %v", waits, s.whole(t))
			}
			if err := s.worker.Index.EachUnplaced(t.Context(), s.blobs, library, func(p masters.Placed) { t.Errorf("%s is unplaced", p.Key) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// While the settings name another bucket, no events of the library's keys arrive. So the library
// must be indexed again when the settings change back. For a small library this happens
// automatically.
func TestAnIndexIsNotWholeWhenItsBucketReturns(t *testing.T) {
	t.Parallel()
	s := filled(1, 100)
	s.deploy(in("old"), s.bucket)
	old := s.bucket
	s.agree(t)
	s.deploy(in("new"), &masterstest.Bucket{})
	s.look(t)
	old.Put("team/HRT-5/v3/en/late_9x16.mp4", []byte("no video"), nil) // this upload sends no event
	s.deploy(in("old"), old)
	if s.whole(t) {
		t.Error("indexed whole without the file that came meanwhile")
	}
	if waits := s.look(t); waits != "" || !s.whole(t) {
		t.Errorf("waits %q, whole %v", waits, s.whole(t))
	}
	s.wantIndexed(t)
}

// ruled returns the test's library with the rules that the settings describe.
func ruled(settings placement.Settings) masters.Library {
	lib := in("films")
	settings.Prefix = "team/"
	lib.Rules = rules(settings)
	return lib
}

// A small library is indexed automatically after a change of its rules, unless more than half of
// its documents would lose all masters. In that case nothing changes until the operator starts a
// reindex.
func TestARuleThatEmptiesMostDocumentsWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left  int // number of documents, out of ten, whose codes the new rules accept
		waits string
	}{
		"most stay":       {6, ""},
		"half stay":       {5, ""},
		"most are lost":   {4, "6 of 10 creatives would lose all their files"},
		"all are lost":    {0, "10 of 10 creatives would lose all their files"},
		"nothing is lost": {10, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(1)
			for i := range 10 {
				code := "NEW"
				if i >= c.left {
					code = "OLD"
				}
				for n := range 2 {
					s.bucket.Put(fmt.Sprintf("team/%s-%d/v1/en/%d_9x16.mp4", code, i, n), []byte("no video"), nil)
				}
			}
			s.deploy(ruled(placement.Settings{Codes: []string{"NEW-#", "OLD-#"}}), s.bucket)
			if waits := s.look(t); waits != "" || !s.whole(t) {
				t.Fatalf("a new library waits: %q", waits)
			}
			s.deploy(ruled(placement.Settings{Codes: []string{"NEW-#"}}), s.bucket)
			s.look(t)
			for range 3 {
				s.now = s.now.Add(2 * time.Hour)
				if waits := s.look(t); waits != c.waits || s.whole(t) != (c.waits == "") {
					t.Errorf("waits %q, whole %v", waits, s.whole(t))
				}
			}
			listed := func() (n int) {
				for i := range 10 {
					for _, code := range []string{"NEW", "OLD"} {
						doc, _, err := s.worker.Index.Document(t.Context(), library, creative.Creative{Code: fmt.Sprintf("%s-%d", code, i), Variation: 1})
						if err != nil {
							t.Fatal(err)
						}
						n += len(doc.Masters)
					}
				}
				return n
			}
			if want := 2 * c.left; c.waits == "" && listed() != want {
				t.Errorf("%d files are listed, want %d", listed(), want)
			}
			if c.waits == "" {
				return
			}
			if listed() != 20 {
				t.Errorf("%d files are listed, want all 20", listed())
			}
			s.agree(t)
			if waits := s.look(t); waits != "" || !s.whole(t) || listed() != 2*c.left {
				t.Errorf("agreed: waits %q, whole %v, %d files are listed", waits, s.whole(t), listed())
			}
		})
	}
}

// If the bucket of a library was emptied, an automatic run after a change of rules does not
// commit.
func TestAnEmptiedBucketWaits(t *testing.T) {
	t.Parallel()
	s := filled(1, 50)
	s.deploy(in("films"), s.bucket)
	full := s.bucket
	s.look(t)
	s.deploy(ruled(placement.Settings{Codes: []string{"HRT-#{1,7}"}, Patterns: []string{"{code}_{variation}"}}), &masterstest.Bucket{})
	s.look(t)
	if waits := s.look(t); !strings.Contains(waits, "would lose all their files") || s.whole(t) {
		t.Errorf("waits %q, whole %v", waits, s.whole(t))
	}
	s.bucket = full
	s.wantIndexed(t)
}

// An automatic run stops by itself if most documents would lose all masters. An operator's command
// does not wait for such a run: it begins a new run that does not stop.
func TestTheOperatorsRunDoesNotStop(t *testing.T) {
	t.Parallel()
	s := filled(1, 50)
	s.deploy(in("films"), s.bucket)
	s.look(t)
	s.deploy(ruled(placement.Settings{Codes: []string{"X-#"}}), s.bucket)
	if _, err := s.worker.EnsureBuilt(t.Context()); err != nil {
		t.Fatal(err)
	}
	// the operator starts a run while the automatic run still counts the documents that would lose
	// all masters
	s.agree(t)
	if p := s.progress(t); !s.whole(t) || p.Run.Step.Documents != 0 {
		t.Errorf("%+v", p.Run)
	}
}

// A large library is not indexed until its operator starts a reindex.
func TestALargeLibraryWaits(t *testing.T) {
	t.Parallel()
	s := filled(1, 1001)
	s.deploy(in("films"), s.bucket)
	if waits := s.look(t); waits != "it has over 1000 files" || len(s.waiting) > 0 {
		t.Errorf("waits %q", waits)
	}
	if s.progress(t).Run != (reindex.Run{}) {
		t.Error("a run began")
	}
}

// A state that older code stored names no bucket. It counts as the state of the present bucket if
// it names the rules that the older code would have derived from the present settings.
func TestAStateOfOlderCodeCountsByItsRules(t *testing.T) {
	t.Parallel()
	for rules, waits := range map[string]string{
		fmt.Sprintf("5-%x", sha256.Sum256([]byte("5\nfilms\nteam/")))[:14]: "",
		fmt.Sprintf("5-%x", sha256.Sum256([]byte("5\nother\nteam/")))[:14]: "the index of library team is of another bucket or prefix, or by older rules, but the settings name bucket films, prefix team/",
	} {
		s := filled(1, 50)
		s.deploy(in("films"), s.bucket)
		old := masters.State{Format: masters.Format, Rules: rules, Built: true}
		if err := s.worker.Index.SaveState(t.Context(), library, old, ""); err != nil {
			t.Fatal(err)
		}
		if got := s.look(t); got != waits || s.whole(t) != (waits == "") {
			t.Errorf("%s: waits %q, whole %v", rules, got, s.whole(t))
		}
	}
}

// unreadable is a bucket that cannot be listed.
type unreadable struct{ reindex.Lister }

func (unreadable) Page(context.Context, string, string, int) ([]string, bool, error) {
	return nil, false, fmt.Errorf("%w: films: it is in another region", masters.ErrBucket)
}

// If the bucket cannot be read, the first call of EnsureBuilt reports the library as not built, with
// the reason.
func TestALibraryWaitsForABucketThatCanBeRead(t *testing.T) {
	t.Parallel()
	s := newFixture(1)
	s.worker.Masters = unreadable{}
	unbuilt, err := s.worker.EnsureBuilt(t.Context())
	if !errors.Is(err, masters.ErrBucket) || len(unbuilt) != 1 || !strings.Contains(unbuilt[0].Waits, "films: it is in another region") {
		t.Errorf("%+v, %v", unbuilt, err)
	}
}
