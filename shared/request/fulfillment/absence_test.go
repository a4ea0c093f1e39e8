package fulfillment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
)

// listings is a bucket that records the prefix of each listing. It lists extra keys that it does
// not store.
type listings struct {
	*masterstest.Bucket
	more     int // the number of extra keys to list; they name no creative
	prefixes []string
}

func (l *listings) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	l.prefixes = append(l.prefixes, prefix)
	return func(yield func(masters.Entry, error) bool) {
		for n := range l.more {
			if key := fmt.Sprintf("archive/%d.mp4", n); strings.HasPrefix(key, prefix) && !yield(masters.Entry{Key: key, Size: 1}, nil) {
				return
			}
		}
		for entry, err := range l.Bucket.List(ctx, prefix) {
			if !yield(entry, err) {
				return
			}
		}
	}
}

// A proof lists the whole library. If the library's saved state or the listing itself shows more
// than 20,000 keys, the proof lists only the keys that begin with the code.
func TestASmallLibraryIsListedWhole(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// keys is the number of keys in the library's saved state, 0 if unknown; more is the
		// number of extra keys that a listing of the bucket returns.
		keys, more int
		want       []string
	}{
		"small":                   {0, 20_000, []string{""}},
		"small, and counted":      {20_000, 10, []string{""}},
		"counted as large":        {20_001, 10, []string{"HRT-1212"}},
		"large, and not counted":  {0, 20_001, []string{"", "HRT-1212"}},
		"has grown large unasked": {10, 20_001, []string{"", "HRT-1212"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				bucket := &listings{Bucket: s.bucket, more: c.more}
				s.service.Bucket, s.service.IndexLag = bucket, 0
				state, revision, err := s.index.State(t.Context(), library)
				if err != nil {
					t.Fatal(err)
				}
				state.Keys = c.keys
				if err := s.index.SaveState(t.Context(), library, state, revision); err != nil {
					t.Fatal(err)
				}
				if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped || !slices.Equal(bucket.prefixes, c.want) {
					t.Errorf("outcome %+v, listed by %q; want a skip, by %q", o, bucket.prefixes, c.want)
				}
			})
		})
	}
}

// heldBy is a key that names two creatives, so it blocks requests for HRT-1212-2.
const heldBy = "[HRT-1212-2] or [HRT-1213-2].mp4"

// If a key blocked a request in an earlier run, the next run checks this key first. While the key
// still blocks the request, the run does not list the library. Each outcome names the key and says
// how to unblock the request.
func TestAHeldRunAsksAboutTheKeyThatHoldsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.learn(t, heldBy)
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket = bucket
		r := wanted()
		whole := []string{""}
		for range 2 {
			bucket.prefixes = nil
			o := s.fulfil(t, r)
			if o.Status != fulfillment.Retry || o.Code != fulfillment.CodeUnplaced {
				t.Errorf("outcome %+v, want a retry because of a key", o)
			}
			for _, words := range []string{heldBy, "masterhand place '" + heldBy + "' HRT-1212-2", "masterhand ignore '" + heldBy + "'", "declare codes: HRT-####"} {
				if !strings.Contains(o.Detail, words) {
					t.Errorf("%q lacks %q", o.Detail, words)
				}
			}
			n := len(whole)
			if len(bucket.prefixes) <= n || !slices.Equal(bucket.prefixes[:n], whole) || slices.ContainsFunc(bucket.prefixes[n:], func(p string) bool { return p != heldBy }) {
				t.Errorf("listed by %q, want by %q and then the key alone", bucket.prefixes, whole)
			}
			if item := s.item(t, r); item.Blocker != heldBy {
				t.Errorf("the ledger notes the key %q", item.Blocker)
			}
			whole = nil
		}
		bucket.prefixes = nil
		s.bucket.Delete(heldBy)
		if o := s.fulfil(t, r); o.Status != fulfillment.Skipped || !slices.Equal(bucket.prefixes, []string{heldBy, ""}) {
			t.Errorf("once the key is gone: %+v, listed by %q", o, bucket.prefixes)
		}
	})
}

// While the index lag lasts, only the first run lists the library. The run after the lag lists it
// again, because only a listing after the lag proves absence.
func TestTheLibraryIsListedFirstAndLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket, s.service.IndexLag = bucket, time.Minute
		job := fulfillment.Job{Request: r, Library: library, FromQueue: true}
		for _, run := range []struct {
			after time.Duration
			want  fulfillment.Status
			lists bool
		}{
			{0, fulfillment.Retry, true},
			{10 * time.Second, fulfillment.Retry, false},
			{10 * time.Second, fulfillment.Retry, false},
			{50 * time.Second, fulfillment.Skipped, true},
		} {
			<-time.After(run.after)
			bucket.prefixes = nil
			if o := s.service.Fulfil(t.Context(), job); o.Status != run.want || (len(bucket.prefixes) > 0) != run.lists {
				t.Errorf("after %v: %+v, listed by %q", run.after, o, bucket.prefixes)
			}
		}
	})
}

// The first run of a request that will be blocked says why at once. It does not wait for the index
// lag. The runs after it say the same.
func TestAHeldRequestSaysWhyAtOnce(t *testing.T) {
	t.Parallel()
	declared, err := placement.ParseRules(placement.Settings{Codes: []string{"CR####"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		prepare             func(*testing.T, *fixture)
		lib                 masters.Library
		code, says, blocker string
	}{
		"by a key": {func(t *testing.T, s *fixture) { s.learn(t, heldBy) }, library, "unplaced", heldBy, heldBy},
		"by its code": {func(t *testing.T, s *fixture) {
			lib := masters.Library{Name: "default", Rules: declared}
			s.build(t, lib)
		}, masters.Library{Name: "default", Rules: declared}, "undeclared_code", "declares (CR####): declare codes: HRT-####", ""},
		"by a locale": {func(t *testing.T, s *fixture) {
			s.add(t, key, film, true, func(m *masters.Master) { m.Locale, m.LocaleUnclear = "", "UK is a market" })
		}, library, "unclear_locale", key + " may be the master, but UK is a market: tag it with creative-locale", key},
		"by nothing yet": {func(*testing.T, *fixture) {}, library, "index", "may still learn of an upload", ""},
		"unbuilt":        {func(*testing.T, *fixture) {}, masters.Library{Name: "other"}, "index", "not indexed whole", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.service.Queue, s.service.IndexLag = &queue{}, time.Hour
				c.prepare(t, s)
				began := time.Now()
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Destination: "d", Library: c.lib, Deadline: time.Now().Add(280 * time.Second)})
				item := s.item(t, wanted())
				if o.Status != fulfillment.Accepted || o.Code != c.code || item.Code != c.code || !strings.Contains(item.Detail, c.says) || time.Since(began) > time.Second {
					t.Errorf("after %v: %+v, ledger %s: %s; want %s: …%s", time.Since(began), o, item.Code, item.Detail, c.code, c.says)
				}
				job := fulfillment.Job{Request: wanted(), Destination: "d", Library: c.lib, FromQueue: true}
				if o := s.service.Fulfil(t.Context(), job); o.Code != c.code || !strings.Contains(o.Detail, c.says) {
					t.Errorf("the queue's run: %+v, want %s: …%s", o, c.code, c.says)
				}
				if again := s.item(t, wanted()); item.Blocker != c.blocker || again.Blocker != c.blocker {
					t.Errorf("blocked by %q, then by %q; want %q", item.Blocker, again.Blocker, c.blocker)
				}
			})
		})
	}
}

// build saves the library's state as completely indexed with its current rules.
func (s *fixture) build(t *testing.T, lib masters.Library) {
	t.Helper()
	_, revision, err := s.index.State(t.Context(), lib)
	if err == nil {
		err = s.index.SaveState(t.Context(), lib, masters.State{Format: masters.Format, Rules: lib.RuleSet(), Built: true}, revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A request for a code that the library does not declare is never skipped. It is delivered if a
// file's tags state that code.
func TestAnUndeclaredCodeIsNeverSkipped(t *testing.T) {
	t.Parallel()
	rules, err := placement.ParseRules(placement.Settings{Codes: []string{"CR####"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, there := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newFixture(t)
			lib := masters.Library{Name: "default", Rules: rules}
			s.build(t, lib)
			want := fulfillment.Retry
			if there {
				want = fulfillment.Delivered
				s.bucket.Put("film.mp4", film, map[string]string{"creative-code": "HRT-1212", "creative-variation": "2", "creative-locale": "en"})
				o, _ := s.bucket.Look(t.Context(), "film.mp4")
				s.list(t, masters.Master{Key: "film.mp4", ETag: o.ETag, Size: o.Size, Kind: creative.Video, Locale: "en", Aspect: "9x16", Probed: true, Extension: "mp4"})
			}
			o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Destination: "d", Library: lib, Deadline: time.Now().Add(280 * time.Second)})
			if o.Status != want {
				t.Errorf("there %t: %+v, want %s", there, o, want)
			}
		})
	}
}

// large gives the library so many keys that a proof does not list it whole.
func (s *fixture) large(t *testing.T) {
	t.Helper()
	state, revision, err := s.index.State(t.Context(), library)
	if err == nil {
		state.Keys = 20_001
		err = s.index.SaveState(t.Context(), library, state, revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// If a library is too large to list whole, a proof reads only the unplaced keys that are filed
// under an anchor of the requested code, such as the number in it. Such a key blocks the skip if it
// names the creative anywhere in its text.
func TestALargeLibraryIsProvedByItsAnchors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*testing.T, *fixture)
		want    fulfillment.Status
		code    string
	}{
		"nothing":             {func(*testing.T, *fixture) {}, fulfillment.Skipped, "no_match:creative"},
		"two codes":           {func(t *testing.T, s *fixture) { s.learn(t, "films/"+heldBy) }, fulfillment.Retry, "unplaced"},
		"without letters":     {func(t *testing.T, s *fixture) { s.learn(t, "2025/1212-2_draft.mp4") }, fulfillment.Retry, "unplaced"},
		"spelled otherwise":   {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT1212-2_en.mp4") }, fulfillment.Retry, "unplaced"},
		"another variation":   {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1212-3 or HRT-1213-3.mp4") }, fulfillment.Skipped, "no_match:creative"},
		"of another creative": {func(t *testing.T, s *fixture) { s.learn(t, "films/HRT-1214-2 or HRT-1213-2.mp4") }, fulfillment.Skipped, "no_match:creative"},
		"tagged since": {func(t *testing.T, s *fixture) {
			s.learn(t, "films/"+heldBy)
			s.learn(t, "films/"+heldBy, "creative-code", "HRT-1213", "creative-variation", "2")
		}, fulfillment.Skipped, "no_match:creative"},
		"deleted without an event": {func(t *testing.T, s *fixture) {
			s.learn(t, "films/"+heldBy)
			s.bucket.Delete("films/" + heldBy)
		}, fulfillment.Skipped, "no_match:creative"},
		"over 1,000": {func(t *testing.T, s *fixture) {
			for n := range 1001 {
				if err := s.index.FileUnplaced(t.Context(), library, "T1212", fmt.Sprintf("%d/HRT-1212-3 or HRT-1213-3.mp4", n)); err != nil {
					t.Fatal(err)
				}
			}
		}, fulfillment.Retry, "many_keys"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.large(t)
				c.prepare(t, s)
				if o := s.fulfil(t, wanted()); o.Status != c.want || o.Code != c.code {
					t.Errorf("outcome %+v, want %s %s", o, c.want, c.code)
				}
			})
		})
	}
}

// In a library that is too large to list whole, a request for an undeclared code without a number
// is blocked: such a code has no anchor under which a proof could find unplaced keys.
func TestACodeWithoutAnAnchorIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		r.Slot.Creative.Code = "SUMMER"
		if o := s.fulfil(t, r); o.Status != fulfillment.Skipped {
			t.Errorf("in a small library: %+v", o)
		}
		r.StorageKey += "2"
		r.CompleteURL, _ = capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_2/complete")
		s.large(t)
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry || o.Code != "many_keys" || !strings.Contains(o.Detail, "declare codes: SUMMER") {
			t.Errorf("in a large library: %+v", o)
		}
	})
}

// A key and a requested code match even if one is in composed and the other in decomposed Unicode.
// Such keys exist, because macOS decomposes file names.
func TestCodesMatchInEitherUnicodeForm(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/05-nfd.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Key  string `json:"key"`
		Code string `json:"request_code"`
	}
	if err := json.Unmarshal(data, &c); err != nil || norm.NFC.IsNormalString(c.Key) {
		t.Fatalf("%q, %v", c.Key, err)
	}
	for _, declared := range []bool{false, true} {
		for _, code := range []string{c.Code, norm.NFD.String(c.Code), strings.ToLower(c.Code)} {
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				r.Slot.Creative = creative.Creative{Code: code, Variation: 1}
				lib := library
				if declared {
					if lib.Rules, err = placement.ParseRules(placement.Settings{Codes: []string{"ÜBER-#"}}); err != nil {
						t.Fatal(err)
					}
				}
				s.build(t, lib)
				s.learnIn(t, lib, c.Key)
				s.large(t)
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Destination: "d", Library: lib, Deadline: time.Now().Add(280 * time.Second)})
				if declared && o.Code != "corrupt" || !declared && o.Status != fulfillment.Retry {
					t.Errorf("declared %t: request for %q: %+v", declared, code, o)
				}
			})
		}
	}
}

// In a large library, a run lists the keys that begin with a spelling of the code. There are four
// spellings: the code as given and in upper case, each in composed and in decomposed Unicode.
func TestALargeLibraryIsListedByEverySpelling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket, s.service.IndexLag = bucket, 0
		s.large(t)
		r.Slot.Creative.Code = "über-700"
		want := []string{"u\u0308ber-700", "über-700", "U\u0308BER-700", "ÜBER-700"}
		slices.Sort(want)
		o := s.fulfil(t, r)
		if slices.Sort(bucket.prefixes); o.Status != fulfillment.Skipped || !slices.Equal(bucket.prefixes, want) {
			t.Errorf("%+v, listed by %q, want %q", o, bucket.prefixes, want)
		}
	})
}
