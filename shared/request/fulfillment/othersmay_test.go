package fulfillment_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// unlisted is a bucket whose listings fail for some prefixes.
type unlisted struct {
	fulfillment.Bucket
	fails func(prefix string) bool
}

func (b unlisted) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	if b.fails(prefix) {
		return func(yield func(masters.Entry, error) bool) { yield(masters.Entry{}, errors.New("503")) }
	}
	return b.Bucket.List(ctx, prefix)
}

// rules returns rules that declare the codes for a library with the prefix.
func rules(t *testing.T, prefix string, codes ...string) placement.Rules {
	t.Helper()
	r, err := placement.ParseRules(placement.Settings{Codes: codes})
	if err != nil {
		t.Fatal(err)
	}
	r.Prefix = prefix
	return r
}

// A run does not wait for another library if that library cannot have the creative. This is certain
// if the library is completely indexed without such a file, or if it declares only other patterns
// of codes, such as CR####.
func TestARunEndsWhatNoOtherLibraryCanHave(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]masters.Library{
		"has no such file":      theirs,
		"declares other shapes": {Name: "theirs", Rules: rules(t, "theirs/", "CR####")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newTeams(t)
				job := fulfillment.Job{Request: s.request, Library: ours, Others: []masters.Library{other}, Deadline: time.Now().Add(280 * time.Second)}
				if o := s.service.Fulfil(t.Context(), job); o.Status != fulfillment.Skipped || o.Code != "no_match:creative" {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// A fault while a run checks another library does not prove that the other library lacks the
// creative.
func TestAnEndIsHeldWhileAnotherLibraryCannotBeAsked(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(*teams){
		"its state": func(s *teams) { s.service.Index.Blobs = unreadableFor{s.index.Blobs, "state/theirs"} },
		"its keys": func(s *teams) {
			s.service.Bucket = unlisted{s.bucket, func(prefix string) bool { return strings.HasPrefix(prefix, "theirs/") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newTeams(t)
				breakIt(s)
				o := s.ask(t, ours)
				if item := s.item(t, s.request); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeIndex || item.State != ledger.Queued || len(item.Passed) != 0 || len(s.callbacks) != 0 {
					t.Errorf("%+v, ledger %+v, callbacks %q", o, item, s.callbacks)
				}
			})
		})
	}
}

// If another library has the master, a run leaves the request to that library at once, and does not
// wait until its own library's index has caught up. Because of this, the run has not proved that
// its own library has nothing to deliver, and does not record that library as passed.
func TestARunGivesWayAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.service.IndexLag = time.Hour
		s.put(t, theirs, "9x16.mp4", nil)
		began := time.Now()
		o := s.ask(t, ours)
		if item := s.item(t, s.request); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeOtherLibrary || time.Since(began) > 0 || len(item.Passed) > 0 {
			t.Errorf("%+v after %v, ledger %+v", o, time.Since(began), item)
		}
	})
}

// A library has passed if its run had nothing to deliver. If such a library now has a file that may
// be the master, that library decides.
func TestALibraryThatHasPassedMayDecideAfterAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, theirs, "1x1.mp4", square)
		s.ask(t, ours)
		s.work(t) // the run for the library "ours" proves that this library has nothing to deliver
		s.put(t, ours, "film.mp4", func(m *masters.Master) { m.Aspect = "" })
		if o := s.ask(t, theirs); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeOtherLibrary || len(s.callbacks) != 0 {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}

// After an upload, a run sends the callback regardless of other libraries, even if the uploaded
// file can no longer be read.
func TestACallbackIsSentWhateverOtherLibrariesHave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, ours, "9x16.mp4", nil)
		s.callback = func(int) (int, error) { return http.StatusServiceUnavailable, nil }
		if o := s.ask(t, ours); o.Status != fulfillment.Accepted {
			t.Fatalf("%+v", o)
		}
		s.callback = nil
		s.put(t, theirs, "9x16.mp4", nil)
		if o := s.work(t); o.Status != fulfillment.Delivered || len(s.uploads) != 1 {
			t.Errorf("%+v after %d uploads", o, len(s.uploads))
		}
	})
}

// If the decided master is gone before its upload, and another library now has a master, a run for
// that library may decide the request.
func TestADecisionWhoseMasterIsGoneGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, ours, "9x16.mp4", nil)
		s.service.Bucket = &replaced{Bucket: s.bucket}
		time.AfterFunc(200*time.Millisecond, func() {
			s.put(t, ours, "9x16.mp4", square)
			s.put(t, theirs, "9x16.mp4", nil)
		})
		o := s.ask(t, ours)
		if item := s.item(t, s.request); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeOtherLibrary || !item.GaveWay || item.Decision != nil {
			t.Errorf("%+v, ledger %+v", o, item)
		}
	})
}

// If the decided master is gone, the decision stands until it is certain that a library has another
// master.
func TestADecisionStandsUntilAnotherMasterIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTeams(t)
		s.put(t, ours, "9x16.mp4", nil)
		s.service.Bucket = &replaced{Bucket: s.bucket}
		time.AfterFunc(200*time.Millisecond, func() {
			s.put(t, ours, "9x16.mp4", func(m *masters.Master) { m.Aspect = "" })
		})
		o := s.ask(t, ours)
		if item := s.item(t, s.request); o.Status != fulfillment.Accepted || o.Code != string(masters.UnknownAspect) || item.GaveWay || item.Decision == nil {
			t.Errorf("%+v, ledger %+v", o, item)
		}
	})
}

// If a run's own library cannot decide a request, and there are other libraries, the run allows
// runs for these libraries to claim the request.
func TestARequestIsOpenedToOthersWhereItIsUndecided(t *testing.T) {
	t.Parallel()
	unclear := func(m *masters.Master) { m.Aspect = "" }
	for name, c := range map[string]struct {
		others []masters.Library
		edit   func(*masters.Master)
		want   bool
	}{
		"undecided":           {[]masters.Library{theirs}, unclear, true},
		"decided":             {[]masters.Library{theirs}, nil, false},
		"undecided, no other": {nil, unclear, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newTeams(t)
				s.put(t, ours, "film.mp4", c.edit)
				s.service.Fulfil(t.Context(), fulfillment.Job{Request: s.request, Library: ours, Others: c.others, Deadline: time.Now().Add(time.Minute)})
				if item := s.item(t, s.request); item.GaveWay != c.want {
					t.Errorf("%+v, want it to give way: %t", item, c.want)
				}
			})
		})
	}
}
