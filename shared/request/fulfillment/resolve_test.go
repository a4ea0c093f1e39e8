package fulfillment_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// The topics of results, and members that the tests add to the bodies of results.
const (
	fulfilledTopic = platform.TopicFulfilled
	rejectedTopic  = platform.TopicRejected
	timeoutTopic   = platform.TopicTimeout

	echo     = `"reason":"file_not_available"`
	refusal  = `"reason":"unreadable"`
	feedOnly = `"reason":"aspect_ratio_not_accepted_for_feed"`
)

// told is a result that a test sends. The fields creative and rest hold JSON members, such as
// "placementFamily":"feed". Members in creative are added to the body's object "creative", members
// in rest to the body itself. Both fields may be "".
type told struct{ topic, creative, rest string }

// tell sends a result for the wanted slot through the destination.
func (s *fixture) tell(t *testing.T, destination string, r told) fulfillment.Outcome {
	t.Helper()
	members := []string{`"projectId":"p"`, `"creative":{"code":"HRT-1212","variation":2,"locale":"en","kind":"video"` + comma(r.creative) + `}`}
	event, err := platform.Parse(r.topic, []byte("{"+strings.Join(members, ",")+comma(r.rest)+"}"))
	if err != nil {
		t.Fatal(err)
	}
	if event.Class == platform.Ignored {
		return fulfillment.Outcome{Status: "ignored"}
	}
	return s.service.Resolve(t.Context(), fulfillment.Report{
		Class: event.Class, Result: event.Result, Destination: destination, Library: library,
	})
}

func comma(members string) string {
	if members == "" {
		return ""
	}
	return "," + members
}

// asked saves a request for the wanted slot. An id such as "feed 1" states the request's target and
// a number.
func (s *fixture) asked(t *testing.T, id string, state ledger.State, edit func(*ledger.Item)) {
	t.Helper()
	target, _, _ := strings.Cut(id, " ")
	item := ledger.Item{
		ID: id, Version: 1, State: state, Slot: wanted().Slot.Key(), Target: target, Destination: "d", Library: library.Name,
		StorageKey: "key of " + id, ReceivedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour),
	}
	switch state {
	case ledger.Skipped:
		item.Decision = &ledger.Decision{Skip: "no_match"}
	case ledger.Uploaded, ledger.Delivered:
		aspect := map[string]string{"feed": "4x5", "story_reel": "9x16"}[target]
		item.Decision = &ledger.Decision{Key: "file of " + id, ETag: `"1"`, Aspect: aspect}
		item.SHA256 = sum([]byte(id))
	}
	if !state.Ended() {
		item.Owner, item.Fence, item.LeaseUntil = "run", 1, time.Now().Add(time.Minute)
	}
	if edit != nil {
		edit(&item)
	}
	if err := s.store.Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Second) // the fake time advances, so that each request has a different time
}

// refused returns the files that the index lists as refused.
func (s *fixture) refused(t *testing.T) (files []string) {
	t.Helper()
	doc, _, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Refusals {
		files = append(files, r.Key+" for "+strings.TrimPrefix(r.Slot, wanted().Slot.Key()+"#"))
	}
	return files
}

// want fails the test unless the named requests are in these states, and all others are unchanged.
func (s *fixture) want(t *testing.T, changed map[string]ledger.State) {
	t.Helper()
	items, err := s.store.BySlot(t.Context(), wanted().Slot.Key(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		state, hit := changed[i.ID]
		switch {
		case !hit && (i.Version != 1 || i.Result != nil):
			t.Errorf("%s was changed: %+v", i.ID, i)
		case hit && (i.State != state || i.Result == nil || i.Version != 2):
			t.Errorf("%s is %s, version %d, result %s; want %s", i.ID, i.State, i.Version, i.Result, state)
		}
	}
}

func TestAResultFindsItsOwnRequestOrChangesNothing(t *testing.T) {
	t.Parallel()
	type states = map[string]ledger.State
	expired := func(i *ledger.Item) { i.ExpiresAt = time.Now().Add(-time.Second) }
	hash := func(id string) string { return `"contentHash":"sha256:` + sum([]byte(id)) + `"` }
	for name, c := range map[string]struct {
		requests func(*testing.T, *fixture)
		results  []told
		changed  states
		refused  []string
	}{
		"the echo of a skipped feed leaves the running story alone": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Skipped, nil)
				s.asked(t, "story_reel 1", ledger.Claimed, nil)
			},
			[]told{{rejectedTopic, "", echo}}, states{"feed 1": ledger.Skipped}, nil,
		},
		"a refusal for one family does not poison another": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "story_reel 1", ledger.Delivered, nil)
			},
			[]told{{rejectedTopic, "", feedOnly}}, states{"feed 1": ledger.Delivered}, []string{"file of feed 1 for feed"},
		},
		"a stated family names its request": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "story_reel 1", ledger.Delivered, nil)
			},
			[]told{{rejectedTopic, `"placementFamily":"feed"`, refusal}}, states{"feed 1": ledger.Delivered}, []string{"file of feed 1 for feed"},
		},
		"a stated aspect means the request that was answered in it": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "story_reel 1", ledger.Delivered, nil)
			},
			[]told{{rejectedTopic, `"aspectRatio":"4x5"`, refusal}}, states{"feed 1": ledger.Delivered}, []string{"file of feed 1 for feed"},
		},
		"a refusal that fits two deliveries changes nothing": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "story_reel 1", ledger.Delivered, nil)
			},
			[]told{{rejectedTopic, "", refusal}}, nil, nil,
		},
		"a time-out leaves a request alone that has time left": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Expired, expired)
				s.asked(t, "feed 2", ledger.Claimed, nil)
			},
			[]told{{timeoutTopic, "", `"requestedAt":"1999-12-31T23:00:00Z","expiredAt":"2000-01-01T00:00:05Z"`}}, states{"feed 1": ledger.Expired}, nil,
		},
		"a rejection leaves a request alone that uploaded nothing": {
			func(t *testing.T, s *fixture) { s.asked(t, "feed 1", ledger.Claimed, nil) },
			[]told{{rejectedTopic, "", refusal}, {rejectedTopic, "", echo}}, nil, nil,
		},
		"a fulfilment means the request with its hash": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "feed 2", ledger.Delivered, nil)
			},
			[]told{{fulfilledTopic, "", hash("feed 1")}}, states{"feed 1": ledger.Delivered}, nil,
		},
		"a fulfilment with another hash changes no delivery that it does not name": {
			func(t *testing.T, s *fixture) { s.asked(t, "feed 1", ledger.Delivered, nil) },
			[]told{{fulfilledTopic, "", hash("another")}}, nil, nil,
		},
		"a fulfilment ends no running request that it does not name": {
			func(t *testing.T, s *fixture) { s.asked(t, "feed 1", ledger.Claimed, nil) },
			[]told{{fulfilledTopic, "", `"deliveryChannel":"email"`}, {fulfilledTopic, "", hash("another")}}, nil, nil,
		},
		"a fulfilment sent again as a rejection refuses nothing": {
			func(t *testing.T, s *fixture) { s.asked(t, "feed 1", ledger.Delivered, nil) },
			[]told{{fulfilledTopic, "", hash("feed 1")}, {rejectedTopic, "", hash("feed 1")}}, states{"feed 1": ledger.Delivered}, nil,
		},
		"only a result's own destination opens a request": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, func(i *ledger.Item) { i.Destination = "another" })
			},
			[]told{{rejectedTopic, "", refusal}}, nil, nil,
		},
		"only a result's own library opens a request": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, func(i *ledger.Item) { i.Library = "another" })
			},
			[]told{{rejectedTopic, "", refusal}}, nil, nil,
		},
		"two long results are two": {
			func(t *testing.T, s *fixture) {
				s.asked(t, "feed 1", ledger.Delivered, nil)
				s.asked(t, "story_reel 1", ledger.Delivered, nil)
			},
			[]told{
				{rejectedTopic, `"placementFamily":"feed"`, refusal + `,"x":"` + strings.Repeat("1", ledger.MaxResult) + `"`},
				{rejectedTopic, `"placementFamily":"story_reel"`, refusal + `,"x":"` + strings.Repeat("2", ledger.MaxResult) + `"`},
			},
			states{"feed 1": ledger.Delivered, "story_reel 1": ledger.Delivered},
			[]string{"file of feed 1 for feed", "file of story_reel 1 for story_reel"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				c.requests(t, s)
				for _, r := range c.results {
					for range 2 { // the result is sent twice, because any event may arrive twice
						s.tell(t, "d", r)
					}
				}
				s.want(t, c.changed)
				if got := s.refused(t); !slices.Equal(got, c.refused) {
					t.Errorf("refused is %q, want %q", got, c.refused)
				}
			})
		})
	}
}

// If a result of the platform ends an open request, the field Ended of the outcome says how. If the
// request had ended before, the field is empty.
func TestAResultSaysWhatItEnds(t *testing.T) {
	t.Parallel()
	for state, want := range map[ledger.State]fulfillment.Status{ledger.Claimed: fulfillment.FulfilledElsewhere, ledger.Delivered: ""} {
		synctest.Test(t, func(t *testing.T) {
			s := newFixture(t)
			s.asked(t, "feed 1", state, nil)
			if o := s.tell(t, "d", told{fulfilledTopic, "", `"storageKey":"key of feed 1"`}); o.Status != fulfillment.Recorded || o.Ended != want {
				t.Errorf("%s: %+v, want it to end as %q", state, o, want)
			}
		})
	}
}
