package fulfillment_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

var (
	ours   = masters.Library{Name: "ours", Rules: placement.Rules{Prefix: "ours/"}}
	theirs = masters.Library{Name: "theirs", Rules: placement.Rules{Prefix: "theirs/"}}
)

// teams is a fixture with two libraries. Each library has a destination with the library's name.
type teams struct {
	*fixture
	request platform.Request
	queue   *queue
}

func newTeams(t *testing.T) *teams {
	t.Helper()
	s := &teams{newFixture(t), wanted(), &queue{}}
	s.service.Queue = s.queue
	for _, lib := range []masters.Library{ours, theirs} {
		built := masters.State{Format: masters.Format, Rules: lib.RuleSet(), Built: true}
		if err := s.index.SaveState(t.Context(), lib, built, ""); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// put puts a master of the wanted creative into a library.
func (s *teams) put(t *testing.T, lib masters.Library, name string, edit func(*masters.Master)) {
	t.Helper()
	key := lib.Prefix + "HRT-1212/v2/en/" + name
	s.bucket.Put(key, film, nil)
	o, err := s.bucket.Look(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	m := storyFilm(o)
	if edit != nil {
		edit(&m)
	}
	if m.Archived() {
		s.bucket.Store(key, m.Storage)
	}
	doc, revision, err := s.index.Document(t.Context(), lib, s.request.Slot.Creative)
	if err == nil {
		err = s.index.SaveDocument(t.Context(), lib, doc.Put(m), revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ask sends the request through a library's destination.
func (s *teams) ask(t *testing.T, lib masters.Library) fulfillment.Outcome {
	t.Helper()
	job := fulfillment.Job{Request: s.request, Destination: lib.Name, Library: lib, Deadline: time.Now().Add(280 * time.Second)}
	for _, other := range []masters.Library{ours, theirs} {
		if other.Name != lib.Name {
			job.Others = append(job.Others, other)
		}
	}
	return s.service.Fulfil(t.Context(), job)
}

// work handles each message of the queue once, the oldest first. It leaves in the queue only the
// messages whose requests must be tried again.
func (s *teams) work(t *testing.T) (last fulfillment.Outcome) {
	t.Helper()
	worker := &fulfillment.Service{
		Ledger: s.service.Ledger, Index: s.index, Lines: s.service.Lines, Bucket: s.bucket, Backlog: s,
		Mover: s.service.Mover, Hosts: s.service.Hosts, Callbacks: s.service.Callbacks, Now: time.Now, IndexLag: s.service.IndexLag,
	}
	var again []fulfillment.Job
	for _, job := range s.queue.jobs {
		<-time.After(5 * time.Second)
		job.FromQueue, job.Deadline = true, time.Now().Add(850*time.Second)
		if last = worker.Fulfil(t.Context(), job); last.Status == fulfillment.Retry || last.Status == fulfillment.Held {
			again = append(again, job)
		}
	}
	s.queue.jobs = again
	return last
}

func square(m *masters.Master) { m.Aspect, m.Width = "1x1", 1920 }
func frozen(m *masters.Master) { m.StorageClass = "GLACIER" }

func TestTheFirstDestinationDoesNotDecideForAnothersLibrary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*testing.T, *teams)
		want    fulfillment.Status // the request's outcome after it has arrived through both destinations
	}{
		"theirs has the master":                       {func(t *testing.T, s *teams) { s.put(t, theirs, "9x16.mp4", nil) }, fulfillment.Delivered},
		"ours has another aspect":                     {func(t *testing.T, s *teams) { s.put(t, ours, "1x1.mp4", square); s.put(t, theirs, "9x16.mp4", nil) }, fulfillment.Delivered},
		"neither has the creative":                    {func(*testing.T, *teams) {}, fulfillment.Skipped},
		"theirs has another aspect":                   {func(t *testing.T, s *teams) { s.put(t, theirs, "1x1.mp4", square) }, fulfillment.Skipped},
		"both have another aspect":                    {func(t *testing.T, s *teams) { s.put(t, ours, "1x1.mp4", square); s.put(t, theirs, "1x1.mp4", square) }, fulfillment.Skipped},
		"theirs is archived":                          {func(t *testing.T, s *teams) { s.put(t, theirs, "9x16.mp4", frozen) }, fulfillment.Failed},
		"theirs is archived, ours has another aspect": {func(t *testing.T, s *teams) { s.put(t, ours, "1x1.mp4", square); s.put(t, theirs, "9x16.mp4", frozen) }, fulfillment.Failed},
		"both are archived":                           {func(t *testing.T, s *teams) { s.put(t, ours, "9x16.mp4", frozen); s.put(t, theirs, "9x16.mp4", frozen) }, fulfillment.Failed},
		"ours is archived, theirs is there":           {func(t *testing.T, s *teams) { s.put(t, ours, "9x16.mp4", frozen); s.put(t, theirs, "9x16.mp4", nil) }, fulfillment.Delivered},
	} {
		for _, order := range [][]masters.Library{{ours, theirs}, {theirs, ours}} {
			t.Run(name+", "+order[0].Name+" first", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newTeams(t)
					c.prepare(t, s)
					for _, lib := range order {
						s.ask(t, lib)
					}
					for range 5 {
						s.work(t)
					}
					item := s.item(t, s.request)
					if string(item.State) != string(c.want) || len(s.queue.jobs) != 0 || len(s.callbacks) > 1 {
						t.Errorf("ended as %+v with %d messages left and callbacks %q, want %s", item, len(s.queue.jobs), s.callbacks, c.want)
					}
					if c.want == fulfillment.Delivered && (item.Library != "theirs" || item.Destination != "theirs") {
						t.Errorf("delivered for %s through %s", item.Library, item.Destination)
					}
				})
			})
		}
	}
}

func TestAnEndIsHeldWhileAnotherLibraryHasTheCreative(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*testing.T, *teams){
		"the master": func(t *testing.T, s *teams) { s.put(t, theirs, "9x16.mp4", nil) },
		"any file":   func(t *testing.T, s *teams) { s.put(t, theirs, "1x1.mp4", square) },
		"not built": func(t *testing.T, s *teams) {
			_, revision, err := s.index.State(t.Context(), theirs)
			if err == nil {
				err = s.index.SaveState(t.Context(), theirs, masters.State{}, revision)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"a document that cannot be read": func(_ *testing.T, s *teams) {
			s.service.Index.Blobs = unreadableFor{s.index.Blobs, masters.DocumentPrefix(theirs)}
			s.index = s.service.Index
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newTeams(t)
				prepare(t, s)
				s.ask(t, ours)
				for range 3 {
					s.work(t)
				}
				if item := s.item(t, s.request); item.State != ledger.Queued || len(s.callbacks) != 0 {
					t.Errorf("ended as %+v, callbacks %q", item, s.callbacks)
				}
			})
		})
	}
}

// A library has passed if its run proved that it has nothing to deliver. If such a library receives
// the master before another library ends the request, it still delivers the master.
func TestALibraryThatHasPassedMayStillDeliver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, theirs, "1x1.mp4", square)
		s.ask(t, ours)
		s.work(t) // the run for the library "ours" proves that this library has nothing to deliver
		s.put(t, ours, "9x16.mp4", nil)
		if o := s.ask(t, theirs); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeOtherLibrary {
			t.Errorf("theirs: %+v, want it to give way", o)
		}
		s.work(t)
		if item := s.item(t, s.request); item.State != ledger.Delivered || item.Library != "ours" {
			t.Errorf("ended as %+v", item)
		}
	})
}

// The decision of one library's run belongs to that library. A run for another library neither
// carries the decision out nor learns which file was chosen.
func TestACopyNeverCarriesOutAnotherLibrarysDecision(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, ours, "9x16.mp4", nil)
		s.callback = func(int) (int, error) { return 503, nil }
		s.queue.refuse = true
		if o := s.ask(t, ours); o.Status != fulfillment.Retry {
			t.Fatalf("ours: %+v", o)
		}
		<-time.After(10 * time.Minute)
		if o := s.ask(t, theirs); o.Status != fulfillment.Held {
			t.Errorf("theirs: %+v, want held", o)
		}
		s.callback = nil
		if o := s.ask(t, ours); o.Status != fulfillment.Delivered {
			t.Errorf("ours again: %+v", o)
		}
		if o := s.ask(t, theirs); o.Status != fulfillment.Delivered || !o.Repeated || o.Decision.Key != "" || o.SHA256 != "" {
			t.Errorf("theirs, once it is delivered: %+v", o)
		}
	})
}

// unreadableFor fails reads of documents whose names begin with prefix.
type unreadableFor struct {
	masters.Blobs
	prefix string
}

func (u unreadableFor) Load(ctx context.Context, name string) ([]byte, string, error) {
	if strings.HasPrefix(name, u.prefix) {
		return nil, "", errors.New("403")
	}
	return u.Blobs.Load(ctx, name)
}

// A key that blocked a run for one library does not block a proof for another library.
func TestAKeyBlocksNoProofOfAnotherLibrary(t *testing.T) {
	t.Parallel()
	s := newTeams(t)
	key := ours.Prefix + heldBy
	s.learnIn(t, ours, key)
	for lib, held := range map[string]bool{ours.Name: true, theirs.Name: false} {
		library, _ := masters.Named([]masters.Library{ours, theirs}, lib)
		absence := fulfillment.Absence{
			Index: s.index, Lines: s.service.Lines, Bucket: s.bucket, Backlog: s,
			Library: library, Wanted: s.request.Slot.Creative, Blocker: key,
		}
		err := absence.Foresee(t.Context(), masters.Document{})
		if u, unproven := errors.AsType[*fulfillment.Unproven](err); unproven != held || err != nil && u == nil {
			t.Errorf("%s: %v", lib, err)
		}
	}
}
