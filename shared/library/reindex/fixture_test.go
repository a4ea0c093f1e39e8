package reindex_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/placement"
	"masterhand/shared/library/reindex"
)

var library = masters.Library{Name: "team", Rules: rules(placement.Settings{Prefix: "team/", Codes: []string{"HRT-#{1,7}"}})}

func rules(s placement.Settings) placement.Rules {
	r, err := placement.ParseRules(s)
	if err != nil {
		panic(err)
	}
	return r
}

// changed returns the test's library with one more naming rule, so that the library must be indexed
// again.
func changed() masters.Library {
	lib := library
	lib.Rules = rules(placement.Settings{Prefix: "team/", Codes: []string{"HRT-#{1,7}"}, Patterns: []string{"{code}_{variation}"}})
	return lib
}

// fixture is a simulated bucket with its index, and a queue. Like SQS, the queue may deliver
// messages late, twice and in any order.
type fixture struct {
	random  *rand.Rand
	now     time.Time
	bucket  *masterstest.Bucket
	blobs   *shaky
	worker  reindex.Worker
	waiting []sent
	broken  map[string]bool // keys whose look-ups (HEAD requests) fail
	takes   int             // number of messages after which the queue fails once; 0 means that it never fails
}

type sent struct {
	body     []byte
	receives int
}

var errShaky = errors.New("service unavailable")

// shaky is a store whose writes fail at random, before or after they take effect.
type shaky struct {
	masterstest.Memory
	mu     sync.Mutex
	random *rand.Rand                           // decides which writes fail; nil means that none fails
	before func(name string, data []byte) error // unless nil, called before each write; its error fails the write
}

// fails returns true at random, on average once in rate calls.
func (s *shaky) fails(rate int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random != nil && s.random.IntN(rate) == 0
}

func (s *shaky) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	rate := 20
	if !strings.HasPrefix(name, "reindex/") {
		rate = 5000 // these writes must fail less often than others: a batch makes hundreds of them
	}
	if s.fails(rate) {
		return "", errShaky
	}
	if s.before != nil {
		if err := s.before(name, data); err != nil {
			return "", err
		}
	}
	revision, err := s.Memory.Save(ctx, name, data, revision)
	if s.fails(rate) {
		return "", errShaky
	}
	return revision, err
}

func newFixture(seed uint64) *fixture {
	s := &fixture{
		random: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		bucket: &masterstest.Bucket{}, blobs: &shaky{}, broken: map[string]bool{},
	}
	s.bucket.BeforeLook = func(key string) error {
		if s.broken[key] {
			return errShaky
		}
		return nil
	}
	ids := 0
	index := masters.Index{Blobs: s.blobs}
	s.worker = reindex.Worker{
		Control: reindex.Control{
			Index: index, Queue: s, Now: func() time.Time { return s.now }, NewID: func() string { ids++; return fmt.Sprint("run", ids) },
		},
		Masters: s.bucket, Documents: s.blobs,
		Indexer:   &indexing.Indexer{Documents: index, Bucket: s.bucket, Libraries: []masters.Library{library}},
		Libraries: []masters.Library{library},
	}
	return s
}

// filled returns a fixture whose library has n files.
func filled(seed uint64, n int) *fixture {
	s := newFixture(seed)
	s.fill(n)
	return s
}

// SendBatch implements [reindex.Queue]. It stores some messages twice.
func (s *fixture) SendBatch(_ context.Context, _ time.Duration, bodies ...[]byte) error {
	for i, body := range bodies {
		if s.takes > 0 && i == s.takes {
			s.takes = 0
			return errShaky
		}
		s.waiting = append(s.waiting, sent{body: body})
		if s.random.IntN(10) == 0 {
			s.waiting = append(s.waiting, sent{body: body})
		}
	}
	if s.blobs.fails(20) {
		return errShaky
	}
	return nil
}

// deliver delivers one waiting message, chosen at random.
func (s *fixture) deliver(t *testing.T) {
	t.Helper()
	i := s.random.IntN(len(s.waiting))
	m := s.waiting[i]
	s.waiting = slices.Delete(s.waiting, i, i+1)
	s.take(t, m)
}

// take gives the worker a message, and puts the message back after an error.
func (s *fixture) take(t *testing.T, m sent) {
	t.Helper()
	s.now = s.now.Add(time.Second)
	message, err := reindex.Decode(m.body)
	if err != nil {
		t.Fatal(err)
	}
	m.receives++
	if err := s.worker.Work(t.Context(), message, m.receives); err != nil {
		s.waiting = append(s.waiting, m)
	}
}

// fill puts n files into the library, and some files outside it.
func (s *fixture) fill(n int) {
	for i := range n {
		s.bucket.Put(fmt.Sprintf("team/HRT-%d/v%d/en/%d_9x16.mp4", i%97, i%3+1, i), []byte("no video"), nil)
	}
	s.bucket.Put("team/readme.txt", []byte("x"), nil)
	s.bucket.Put("other/HRT-1/v1/en/9x16.mp4", []byte("x"), nil)
}

func (s *fixture) start(t *testing.T, anew bool) reindex.Run {
	t.Helper()
	run, err := s.worker.Start(t.Context(), library, anew)
	for errors.Is(err, errShaky) {
		run, err = s.worker.Start(t.Context(), library, anew)
	}
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// run starts a run and delivers messages until none is left.
func (s *fixture) run(t *testing.T, anew bool) {
	t.Helper()
	s.start(t, anew)
	s.work(t, nil)
}

// work delivers messages until none is left. After each delivery it calls the function between,
// unless nil.
func (s *fixture) work(t *testing.T, between func()) {
	t.Helper()
	for n := 0; len(s.waiting) > 0; n++ {
		if n > 100_000 {
			t.Fatal("it does not come to an end")
		}
		s.deliver(t)
		if between != nil {
			between()
		}
	}
}

func (s *fixture) progress(t *testing.T) reindex.Progress {
	t.Helper()
	p, err := s.worker.Progress(t.Context(), library)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *fixture) built(t *testing.T) bool {
	t.Helper()
	state, _, err := s.worker.Index.State(t.Context(), library)
	if err != nil {
		t.Fatal(err)
	}
	return state.Current(library)
}

// wantIndexed fails the test unless the index documents list exactly the library's objects in the
// bucket.
func (s *fixture) wantIndexed(t *testing.T) {
	t.Helper()
	listed := map[string]string{}
	for i := range 97 {
		for v := range 4 {
			doc, _, err := s.worker.Index.Document(t.Context(), library, creative.Creative{Code: fmt.Sprint("HRT-", i), Variation: v})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range doc.Masters {
				listed[m.Key] = m.ETag
			}
		}
	}
	there := 0
	for entry := range s.bucket.List(t.Context(), "team/HRT-") {
		if there++; listed[entry.Key] != entry.ETag {
			t.Errorf("%s is listed as %q, and is %q", entry.Key, listed[entry.Key], entry.ETag)
		}
	}
	if len(listed) != there {
		t.Errorf("%d keys are listed, %d are there", len(listed), there)
	}
}
