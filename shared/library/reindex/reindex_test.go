package reindex_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
)

func TestAWholeLibrary(t *testing.T) {
	t.Parallel()
	s := filled(1, 2_345)
	s.start(t, false)
	if s.built(t) {
		t.Error("indexed before it began")
	}
	s.work(t, func() {
		if s.built(t) && s.progress(t).Run.Active() {
			t.Error("indexed before the end")
		}
	})
	p := s.progress(t)
	want := reindex.Counts{Keys: 2_346, Placed: 2_345, Unplaced: 1, Unreadable: 2_345}
	if p.Counts != want || p.Run.Step.Listed != 2_346 || p.Done != p.Run.Step.Batches || p.Run.Problem != "" || p.Run.Ended.IsZero() {
		t.Errorf("%+v", p)
	}
	if !s.built(t) {
		t.Error("not indexed at the end")
	}
	s.wantIndexed(t)
}

// A reindex removes the keys of unplaced files that were deleted without an event from the list
// of unplaced keys, and empties the lines that older code wrote.
func TestTheListOfUnplacedKeysIsSwept(t *testing.T) {
	t.Parallel()
	s := newFixture(3)
	const older = "unplaced/team/0123.json"
	if _, err := s.blobs.Memory.Save(t.Context(), older, []byte(`{"format":1,"key":"team/HRT-7.png","unplaced":"no rule"}`), ""); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		s.bucket.Put(fmt.Sprintf("team/films/HRT-7_2 or HRT-8_3 take %d.png", i), []byte("x"), nil)
	}
	filed := func() (n int) {
		t.Helper()
		for _, folder := range []string{"T7", "T8"} {
			keys, err := s.worker.Index.UnplacedIn(t.Context(), s.blobs, library, folder, 100)
			if err != nil {
				t.Fatal(err)
			}
			n += len(keys)
		}
		return n
	}
	s.start(t, false)
	s.work(t, func() {})
	if n := filed(); n != 2*20 {
		t.Errorf("%d lines, want 20 in each folder", n)
	}
	for i := range 15 {
		s.bucket.Delete(fmt.Sprintf("team/films/HRT-7_2 or HRT-8_3 take %d.png", i))
	}
	s.start(t, true)
	s.work(t, func() {})
	if n := filed(); n != 2*5 {
		t.Errorf("%d lines, want 5 in each folder", n)
	}
	if data, _, err := s.blobs.Load(t.Context(), older); err != nil || string(data) != "{}" {
		t.Errorf("a line of older code is %s, %v", data, err)
	}
}

// A crashed run may leave keys in a document, and a document may list keys outside of the
// library's present prefix. A run removes both from the documents, although the objects exist.
func TestKeysThatDoNotBelongAreSwept(t *testing.T) {
	t.Parallel()
	s := newFixture(3)
	other := creative.Creative{Code: "HRT-7", Variation: 2}
	doc := masters.NewDocument(other)
	for _, key := range []string{"team/films/HRT-8/v2/en/1_9x16.png", "team/HRT-9/v2/en/1_9x16.png", "elsewhere/HRT-7_2 take 1.png"} {
		s.bucket.Put(key, []byte("x"), nil)
		doc = doc.Put(masters.Master{Key: key})
	}
	const own = "team/HRT-7/v2/en/1_9x16.png"
	s.bucket.Put(own, []byte("x"), nil)
	if err := s.worker.Index.SaveDocument(t.Context(), library, doc, ""); err != nil {
		t.Fatal(err)
	}
	s.run(t, true)
	doc, _, err := s.worker.Index.Document(t.Context(), library, other)
	if got := doc.Keys(); err != nil || !s.built(t) || len(got) != 1 || got[0] != own {
		t.Errorf("built %t, listed are %q (%v), want %s alone", s.built(t), got, err, own)
	}
}

func TestAnEmptyLibrary(t *testing.T) {
	t.Parallel()
	s := newFixture(1)
	s.run(t, false)
	if p := s.progress(t); !s.built(t) || p.Run.Step.Phase != reindex.Finished || p.Counts != (reindex.Counts{}) {
		t.Errorf("%+v", p)
	}
}

// If a library is reported as completely indexed, it is completely indexed, even if writes fail,
// messages are delivered twice or late, and objects change during the run.
func TestALibraryReportedAsIndexedIsIndexed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		s := newFixture(seed)
		s.fill(200 + s.random.IntN(500))
		s.blobs.random = rand.New(rand.NewPCG(seed, 8))
		s.start(t, false)
		began := 1
		s.work(t, func() {
			switch s.random.IntN(12) {
			case 0: // change an object, and index its key as the bucket's event would
				key := fmt.Sprintf("team/HRT-%d/v1/en/new%d_9x16.mp4", s.random.IntN(97), s.random.IntN(9))
				if s.random.IntN(2) == 0 {
					s.bucket.Put(key, []byte("no video"), nil)
				} else {
					s.bucket.Delete(key)
				}
				s.event(t, key)
			case 1: // the operator starts the run again, or begins a new one
				if began < 3 && s.random.IntN(20) == 0 {
					began++
					s.start(t, s.random.IntN(2) == 0)
				}
			}
			if s.random.IntN(200) == 0 { // now and then, change an object without an event
				s.bucket.Delete(fmt.Sprintf("team/HRT-1/v2/en/%d_9x16.mp4", 1+97*s.random.IntN(20)))
			}
		})
		p := s.progress(t)
		if p.Run.Step.Phase != reindex.Finished || p.Run.Problem != "" || !s.built(t) || p.Done != p.Run.Step.Batches {
			t.Errorf("seed %d: built %v, %+v", seed, s.built(t), p)
		}
		s.blobs.random = nil
		// If an object was deleted without an event after its document was checked, the run does
		// not notice the deletion. So start another run.
		s.run(t, true)
		s.wantIndexed(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// event tries to index a key until that succeeds, as the queue of object events would.
func (s *fixture) event(t *testing.T, key string) {
	for len(s.worker.Indexer.(*indexing.Indexer).Apply(t.Context(), []string{key})) > 0 {
	}
}

func TestKeysThatCannotBeIndexedAreReported(t *testing.T) {
	t.Parallel()
	s := filled(1, 500)
	const broken = "team/HRT-7/v2/en/7_9x16.mp4"
	s.blobs.before = func(name string, _ []byte) error {
		if strings.HasPrefix(name, "index/") && strings.HasSuffix(name, "/HRT-7/2.json") {
			return errShaky
		}
		return nil
	}
	s.run(t, false)
	p := s.progress(t)
	if s.built(t) || p.Counts.Failed != 2 || !strings.Contains(p.Run.Problem, "2 keys") || len(p.Failures) != 2 ||
		!slices.ContainsFunc(p.Failures, func(f reindex.Failure) bool { return f.Key == broken }) {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
	s.blobs.before = nil
	s.run(t, false)
	if p := s.progress(t); !s.built(t) || p.Counts.Failed != 0 {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
	s.wantIndexed(t)
}

// If an object cannot be read, a run records the object as unread. So the library is still
// completely indexed, and only requests for the creatives of such objects cannot be skipped.
func TestKeysThatCannotBeReadAreFiled(t *testing.T) {
	t.Parallel()
	s := filled(1, 500)
	const broken = "team/HRT-7/v2/en/7_9x16.mp4"
	s.broken[broken] = true
	for _, restart := range []bool{false, true} { // true: a second run over the same keys
		s.run(t, restart)
		if p := s.progress(t); !s.built(t) || p.Counts.Failed != 0 || len(p.Failures) != 0 {
			t.Errorf("built %v, %+v", s.built(t), p)
		}
		placed, _, err := s.worker.Index.Placed(t.Context(), library, broken)
		if err != nil || placed.Unread == "" || len(placed.Documents) != 1 {
			t.Errorf("filed as %+v, %v", placed, err)
		}
	}
}

// A run whose messages were lost is resumed at its stored step.
func TestARunWithLostMessagesIsResumed(t *testing.T) {
	t.Parallel()
	s := filled(1, 6_000)
	first := s.start(t, false)
	for s.progress(t).Run.Step.Listed == 0 {
		s.deliver(t)
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(m sent) bool { return strings.Contains(string(m.body), `"step"`) })
	s.work(t, nil)
	if p := s.progress(t); s.built(t) || !p.Run.Active() {
		t.Errorf("it ended: %+v", p)
	}
	if again := s.start(t, false); again.ID != first.ID || again.Step.Listed == 0 {
		t.Errorf("it was begun anew: %+v", again)
	}
	s.work(t, nil)
	if !s.built(t) {
		t.Error("not indexed")
	}
	s.wantIndexed(t)
}

// A step that crashed and is repeated cuts the same batches, although keys were added and deleted
// meanwhile. Otherwise a key between an old and a new batch would be lost.
func TestARepeatedStepCutsTheSameBatches(t *testing.T) {
	t.Parallel()
	for _, change := range []string{"deleted", "put in"} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			s := filled(1, 1_200)
			s.start(t, false)
			s.takes = 3
			step := s.waiting[0]
			s.waiting = nil
			s.take(t, step) // the step fails after it has sent three of its batches
			var keys []string
			for entry := range s.bucket.List(t.Context(), "team/HRT-") {
				keys = append(keys, entry.Key)
			}
			batches, again := s.waiting[:len(s.waiting)-1], s.waiting[len(s.waiting)-1]
			s.waiting = nil
			for _, batch := range batches { // process the batches that the failed step had sent
				s.take(t, batch)
			}
			s.waiting = append(s.waiting, again)
			for i := range 3 {
				if change == "deleted" {
					s.bucket.Delete(keys[50+i])
					s.event(t, keys[50+i])
				} else {
					key := fmt.Sprintf("%s_%d_9x16.mp4", keys[50+i], i)
					s.bucket.Put(key, []byte("no video"), nil)
					s.event(t, key)
				}
			}
			s.takeAgain(t, batches)
			s.work(t, nil)
			if p := s.progress(t); !s.built(t) || p.Done != p.Run.Step.Batches {
				t.Errorf("built %v, %+v", s.built(t), p)
			}
			s.wantIndexed(t)
		})
	}
}

// takeAgain gives the worker the only waiting message, a step that failed before. The worker sends
// the step's batches. takeAgain drops the batches that the argument worked lists, because the
// worker has already processed them.
func (s *fixture) takeAgain(t *testing.T, worked []sent) {
	t.Helper()
	again := s.waiting[0]
	s.waiting = nil
	s.take(t, again)
	s.waiting = slices.DeleteFunc(s.waiting, func(m sent) bool {
		return slices.ContainsFunc(worked, func(w sent) bool { return numberOf(t, w) == numberOf(t, m) })
	})
}

// numberOf returns the number of a batch message. It returns -1 for the message of a step.
func numberOf(t *testing.T, m sent) int {
	t.Helper()
	message, err := reindex.Decode(m.body)
	if err != nil {
		t.Fatal(err)
	}
	if message.Batch == nil {
		return -1
	}
	return message.Batch.Number
}

// Batches fit into messages, however long their keys are and whatever characters the keys
// contain.
func TestLongKeys(t *testing.T) {
	t.Parallel()
	s := newFixture(1)
	long := strings.Repeat("<\x01", 480)
	for i := range 200 {
		s.bucket.Put(fmt.Sprintf("team/HRT-%d/v1/en/%s%03d_9x16.mp4", i%97, long, i), []byte("no video"), nil)
	}
	s.run(t, false)
	if p := s.progress(t); !s.built(t) || p.Counts.Keys != 200 {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
}

// If the batches of a run are never processed, the run ends and states the reason.
func TestAStalledRunEnds(t *testing.T) {
	t.Parallel()
	s := filled(1, 300)
	s.start(t, false)
	s.deliver(t)
	s.waiting = slices.DeleteFunc(s.waiting, func(m sent) bool { return strings.Contains(string(m.body), `"batch"`) })
	s.work(t, func() { s.now = s.now.Add(10 * time.Second) })
	if p := s.progress(t); s.built(t) || !strings.Contains(p.Run.Problem, "not processed") {
		t.Errorf("built %v, %+v", s.built(t), p)
	}
}

// Messages of a run that was replaced, and messages that cannot be read, change nothing.
func TestMessagesOfAReplacedRunChangeNothing(t *testing.T) {
	t.Parallel()
	s := filled(1, 10)
	s.start(t, false)
	old := s.waiting[0].body
	s.start(t, true)
	s.waiting = nil
	message, err := reindex.Decode(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.worker.Work(t.Context(), message, 1); err != nil || len(s.waiting) > 0 {
		t.Errorf("%v, sent %d", err, len(s.waiting))
	}
	message.Library = "nobody"
	if err := s.worker.Work(t.Context(), message, 1); !errors.Is(err, reindex.ErrMessage) {
		t.Error(err)
	}
}

func TestOtherRulesBeginAnew(t *testing.T) {
	t.Parallel()
	s := filled(1, 10)
	first := s.start(t, false)
	second, err := s.worker.Start(t.Context(), changed(), false)
	if err != nil || second.ID == first.ID {
		t.Errorf("%+v, %v", second, err)
	}
}

// Decode returns either a message within its limits or an error, for any body.
func FuzzDecode(f *testing.F) {
	for _, m := range []reindex.Message{
		{Library: "a", Run: "1", Step: &reindex.Step{Phase: reindex.Listing}},
		{Library: "a", Run: "1", Batch: &reindex.Batch{Number: 3, Keys: []string{"ä", "b"}}},
	} {
		body, err := m.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"format":1,"library":"a","run":"1","step":{"number":-1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := reindex.Decode(body)
		if err != nil {
			if !errors.Is(err, reindex.ErrMessage) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if m.Library == "" || m.Run == "" || (m.Step == nil) == (m.Batch == nil) || m.Batch != nil && m.Batch.Number < 0 {
			t.Errorf("%+v", m)
		}
	})
}
