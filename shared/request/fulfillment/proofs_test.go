package fulfillment_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
)

// If the index or the bucket fails in any step of a proof, absence is not proved, and the request
// is not skipped.
func TestAFaultProvesNoAbsence(t *testing.T) {
	t.Parallel()
	fails := func(s *fixture, prefix string) {
		s.service.Index = masters.Index{Blobs: unreadableFor{s.index.Blobs, prefix}}
	}
	lists := func(s *fixture, fails func(prefix string) bool) { s.service.Bucket = unlisted{s.bucket, fails} }
	const anchored = "films/HRT-1212-2 or HRT-1213-2.mp4"
	for name, breakIt := range map[string]func(*testing.T, *fixture){
		"the document, read first": func(_ *testing.T, s *fixture) {
			reads := 0
			s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, load: func(string) error {
				if reads++; reads == 1 {
					return errors.New("503")
				}
				return nil
			}}}
		},
		"the document, read again": func(_ *testing.T, s *fixture) {
			s.service.Index = masters.Index{Blobs: &faultyIndex{Blobs: s.index.Blobs, prefix: "index/", from: 2}}
		},
		"the library's keys": func(_ *testing.T, s *fixture) { lists(s, func(string) bool { return true }) },
		"the keys of a large library": func(t *testing.T, s *fixture) {
			s.large(t)
			lists(s, func(prefix string) bool { return prefix == "HRT-1212" })
		},
		"a key of a large library's list": func(t *testing.T, s *fixture) {
			s.large(t)
			s.learn(t, anchored)
			lists(s, func(prefix string) bool { return prefix == anchored })
		},
		"a large library's list": func(t *testing.T, s *fixture) {
			s.large(t)
			s.learn(t, anchored)
			fails(s, "unplaced/")
		},
		"the list of labels that cannot be used": func(t *testing.T, s *fixture) {
			s.learn(t, "hero.mp4", "creative-code", "HRT-1212", "creative-variation", "v2")
			fails(s, "unplaced/")
		},
		"the record of a key with such labels": func(t *testing.T, s *fixture) {
			s.learn(t, "hero.mp4", "creative-code", "HRT-1212", "creative-variation", "v2")
			fails(s, "placed/")
		},
		"a respelled code's document": func(t *testing.T, s *fixture) {
			s.large(t)
			fails(s, "index/default/HRT1212/")
		},
		"a respelled code's key": func(t *testing.T, s *fixture) {
			s.large(t)
			s.learn(t, "HRT_1212-2_en_9x16.mp4")
			lists(s, func(prefix string) bool { return prefix == "HRT_1212-2_en_9x16.mp4" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.service.IndexLag = 0
				breakIt(t, s)
				began := time.Now()
				if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || o.Code != fulfillment.CodeIndex || time.Since(began) > 0 || len(s.callbacks) != 0 {
					t.Errorf("%+v after %v, callbacks %q", o, time.Since(began), s.callbacks)
				}
			})
		})
	}
}

// The outcome of a blocked request names the key and the reason: the key is not indexed, fails a
// HEAD request, or could not be placed.
func TestABlockedRequestNamesTheKeyAndTheReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*testing.T, *fixture)
		code    string
		says    []string
	}{
		"not indexed": {
			func(_ *testing.T, s *fixture) { s.bucket.Put(key, film, nil) },
			"index", []string{key + " is not indexed as it is now"},
		},
		"not looked at": {
			func(t *testing.T, s *fixture) { s.file(t, key, true) },
			"unplaced", []string{key + " may be a master, but it cannot be looked at: ", "KMS.DisabledException"},
		},
		"not placed": {
			func(t *testing.T, s *fixture) { s.learn(t, "[HRT-1212-2] or [HRT-1213-2].mp4") },
			"unplaced", []string{"[HRT-1212-2] or [HRT-1213-2].mp4 may be a master of HRT-1212-2 (", "); if it is, masterhand place "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				c.prepare(t, s)
				o := s.fulfil(t, wanted())
				if o.Status != fulfillment.Retry || o.Code != c.code {
					t.Errorf("%+v, want it held with the code %s", o, c.code)
				}
				for _, words := range c.says {
					if !strings.Contains(o.Detail, words) {
						t.Errorf("%q lacks %q", o.Detail, words)
					}
				}
			})
		})
	}
}

// The outcome advises a person to declare codes only if that helps. It helps if the library
// declares only other codes. It also helps if the library declares no codes, and the requested code
// has a pattern that can be declared, such as HRT-####.
func TestDeclaringCodesIsAdvisedOnlyIfItHelps(t *testing.T) {
	t.Parallel()
	const advice = "declare codes: "
	for name, c := range map[string]struct {
		declared []string
		code     string
		want     string
	}{
		"none are declared":         {nil, "HRT-1212", advice + "HRT-####"},
		"codes are declared":        {[]string{"HRT-####"}, "HRT-1212", ""},
		"a code without a shape":    {nil, "HRT}1212", ""},
		"another shape is declared": {[]string{"CR####", "KX-##"}, "HRT-1212", "(CR####, KX-##): " + advice + "HRT-####,"},
		"and the code has no shape": {[]string{"CR####"}, "HRT}1212", advice + "HRT}1212,"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				r.Slot.Creative.Code = c.code
				lib := library
				if c.declared != nil {
					lib.Rules = rules(t, "", c.declared...)
				}
				s.build(t, lib)
				s.learnIn(t, lib, fmt.Sprintf("[%s-2] or [%[1]s-3].mp4", c.code))
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: lib, Deadline: time.Now().Add(time.Minute)})
				if o.Status != fulfillment.Retry || !strings.Contains(o.Detail, c.want) || c.want == "" && strings.Contains(o.Detail, advice) {
					t.Errorf("%+v, want %q", o, c.want)
				}
			})
		})
	}
}

// In a library that is too large to list whole, a request is blocked if the requested code is the
// beginning of more than 20,000 keys.
func TestTooManyKeysOfACodeBlockARequest(t *testing.T) {
	t.Parallel()
	for more, want := range map[int]fulfillment.Status{20_000: fulfillment.Skipped, 20_001: fulfillment.Retry} {
		t.Run(fmt.Sprint(more), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.service.IndexLag, s.service.HoldTimeout = 0, 0
				s.large(t)
				s.service.Bucket = keys{Bucket: s.bucket, count: more, format: "HRT-12129/v9/en/7%d7.mp4"}
				o := s.fulfil(t, wanted())
				if o.Status != want || want == fulfillment.Retry && (o.Code != "many_keys" || !strings.Contains(o.Detail, "over 20000 keys begin with HRT-1212")) {
					t.Errorf("%+v, want %s", o, want)
				}
			})
		})
	}
}

// In a large library, a proof also reads the index documents of other spellings of the code: those
// with another separator, or none, between its words and numbers, such as KX2090 and KX_2090 for
// KX-2090. It leaves out spellings that are not valid codes.
func TestALargeLibraryIsAskedForEachOtherSpelling(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A1", creative.MaxCode/2)
	for code, want := range map[string][]string{
		"KX-2090":    {"KX2090", "KX_2090", "KX%202090"},
		"kx2090":     {"KX-2090", "KX_2090", "KX%202090"},
		"KX -- 2090": {"KX2090", "KX-2090", "KX_2090", "KX%202090"},
		"_KX9B":      {"KX9B", "KX-9-B", "KX_9_B", "KX%209%20B"},
		long:         nil, // no other spelling, because separators would make this code too long
	} {
		t.Run(code[:min(len(code), 20)], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				s.large(t)
				s.service.IndexLag = 0
				var asked []string
				s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, load: func(name string) error {
					if name, is := strings.CutPrefix(name, "index/default/"); is {
						asked = append(asked, strings.TrimSuffix(name, "/2.json"))
					}
					return nil
				}}}
				r.Slot.Creative.Code = code
				o := s.fulfil(t, r)
				if o.Status != fulfillment.Skipped || len(asked) < 2 || !slices.Equal(asked[2:], want) {
					t.Errorf("%+v, asked for %q, want %q after the wanted one", o, asked, want)
				}
			})
		})
	}
}

// A file under another spelling of the code blocks a request even in a library that is too large to
// list whole.
func TestAnotherSpellingOfTheCodeBlocksASkip(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes []string
		want  fulfillment.Status
	}{
		"undeclared":    {nil, fulfillment.Retry},
		"both declared": {[]string{"HRT-####", "HRT####"}, fulfillment.Retry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				lib := library
				if c.codes != nil {
					lib.Rules = rules(t, "", c.codes...)
				}
				s.build(t, lib)
				s.large(t)
				s.learnIn(t, lib, "HRT1212-2_en_9x16.mp4")
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Library: lib, Deadline: time.Now().Add(time.Minute)})
				if o.Status != c.want {
					t.Errorf("%+v, want %s", o, c.want)
				}
			})
		})
	}
}

// In a large library, a proof looks in the bucket only for those unplaced keys that name the
// creative.
func TestOnlyFiledKeysThatNameTheCreativeAreLookedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.large(t)
		s.learn(t, "films/HRT-1212-3 or HRT-1213-3.mp4")
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket, s.service.IndexLag = bucket, 0
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped || !slices.Equal(bucket.prefixes, []string{"HRT-1212"}) {
			t.Errorf("%+v, listed by %q", o, bucket.prefixes)
		}
	})
}

// A file whose content cannot be read does not block the request if its labels state another
// creative.
func TestAnUnreadFileOfAnotherCreativeBlocksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.file(t, "[HRT-1212-2] draft.mp4", false, "creative-code", "OTHER", "creative-variation", "1")
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped {
			t.Errorf("%+v", o)
		}
	})
}

// If a file's labels are unusable, they block only the requests for which they could be meant: "v2"
// is no valid variation, but could be meant for variation 2.
func TestUnusableLabelsBlockTheRequestsTheyMayMean(t *testing.T) {
	t.Parallel()
	for variation, want := range map[string]fulfillment.Status{"v2": fulfillment.Retry, "v3": fulfillment.Skipped} {
		t.Run(variation, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.learn(t, "hero.mp4", "creative-code", "HRT-1212", "creative-variation", variation)
				if o := s.fulfil(t, wanted()); o.Status != want {
					t.Errorf("%+v, want %s", o, want)
				}
			})
		})
	}
}

// If a master was archived since it was indexed, the run waits until the index knows that.
func TestARunWaitsForTheIndexOfAnArchivedMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.bucket.Archive(key)
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || o.Code != fulfillment.CodeIndex || !strings.Contains(o.Detail, "archived") {
			t.Errorf("%+v", o)
		}
	})
}

// A key that a pattern places at the creative blocks the request until it is indexed, even if its
// text does not name the variation.
func TestAKeyThatAPatternPlacesBlocksASkip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		parsed, err := placement.ParseRules(placement.Settings{Patterns: []string{"{code}_{locale}_*{variation=1}"}})
		if err != nil {
			t.Fatal(err)
		}
		lib := masters.Library{Name: "default", Rules: parsed}
		s.build(t, lib)
		s.bucket.Put("HRT-1212_en_77.mp4", film, nil)
		r.Slot.Creative.Variation = 1
		o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: lib, Deadline: time.Now().Add(time.Minute)})
		if o.Status != fulfillment.Retry || o.Code != fulfillment.CodeIndex || len(s.callbacks) != 0 {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}

// If a file's labels blocked the request in the last run, the next run checks this file before it
// lists the library again.
func TestAKeyThatHoldsByItsLabelsIsAskedAboutFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.service.IndexLag, s.service.HoldTimeout = 0, 0
		s.learn(t, "hero.mp4", "creative-code", "HRT-1212", "creative-variation", "v2")
		bucket := &listings{Bucket: s.bucket}
		s.service.Bucket = bucket
		for _, want := range [][]string{{""}, {"hero.mp4"}} {
			bucket.prefixes = nil
			o := s.fulfil(t, r)
			if o.Status != fulfillment.Retry || o.Code != fulfillment.CodeUnplaced || s.item(t, r).Blocker != "hero.mp4" || !slices.Equal(bucket.prefixes, want) {
				t.Errorf("%+v, listed by %q, want %q", o, bucket.prefixes, want)
			}
		}
	})
}

// If the master is archived, the request fails with the code "archived", even if the creative has
// other files that do not fit the request.
func TestOtherDroppedFilesDoNotHideAnArchivedMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, frozen)
		s.bucket.Archive(key)
		s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, square)
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Failed || o.Code != "archived" {
			t.Errorf("%+v", o)
		}
	})
}

// If an archived master was deleted, the run waits until the index knows that.
func TestARunWaitsForTheIndexOfADeletedArchivedMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.service.IndexLag = 0
		s.add(t, key, film, true, frozen)
		s.bucket.Delete(key)
		time.AfterFunc(3*time.Second, func() { s.add(t, key, film, true, nil) })
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered {
			t.Errorf("%+v", o)
		}
	})
}

// For each kind of file that may be the master, the outcome says what a person can do about it.
func TestAFileThatMayBeTheMasterIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*masters.Master)
		says string
	}{
		"of unknown locale": {func(m *masters.Master) { m.Locale, m.LocaleUnclear = "", "UK is a market" }, " may be the master, but UK is a market"},
		"of unknown aspect": {func(m *masters.Master) { m.Aspect = "" }, " may be the master, but its aspect is not known"},
		"refused":           {func(m *masters.Master) { m.Probed, m.Extension, m.Unread = false, "", "403" }, " may be the master, but it cannot be read: 403"},
		"never read":        {func(m *masters.Master) { m.Probed, m.Extension = false, "" }, " may be the master, but nobody has read its content yet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, square)
				s.add(t, key, film, true, c.edit)
				if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || !strings.Contains(o.Detail, key+c.says) {
					t.Errorf("%+v, want %q", o, c.says)
				}
			})
		})
	}
}

// A fault at the first read of the index ends the run with the fault as its reason.
func TestAFaultIsTheReasonOfItsOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.service.IndexLag = 0
		s.service.Backlog = backlog(func() (int, error) { return 0, errors.New("no such queue") })
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || !strings.Contains(o.Detail, "asking the index queue: no such queue") {
			t.Errorf("%+v", o)
		}
	})
}

// If a library declares codes, a proof reads no index document for a spelling of the code that the
// library does not declare.
func TestALibraryThatDeclaresCodesIsAskedForNoOtherSpelling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		lib := masters.Library{Name: "default", Rules: rules(t, "", "HRT-####")}
		s.build(t, lib)
		s.large(t)
		s.service.IndexLag = 0
		asked := map[string]bool{}
		s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, load: func(name string) error {
			if strings.HasPrefix(name, "index/") {
				asked[name] = true
			}
			return nil
		}}}
		o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Library: lib, Deadline: time.Now().Add(time.Minute)})
		if o.Status != fulfillment.Skipped || len(asked) != 1 {
			t.Errorf("%+v, asked for %v", o, asked)
		}
	})
}

// If a key blocks a request although it is placed at another creative, the outcome names that
// creative and the command that confirms it. If the key is unplaced, the outcome says why.
func TestABlockedRequestSaysWhereTheKeyIsPlaced(t *testing.T) {
	t.Parallel()
	for unplaced, says := range map[string]string{
		"":        key + " may be a master of HRT-1212-2 (placed at HRT1212-2); if it is, masterhand place " + key + " HRT-1212-2, else masterhand place " + key + " HRT1212-2",
		"no code": key + " may be a master of HRT-1212-2 (no code); if it is, masterhand place " + key + " HRT-1212-2, else masterhand ignore " + key,
	} {
		t.Run(unplaced, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.bucket.Put(key, film, nil)
				o, err := s.bucket.Look(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				placed := elsewhere(key)
				placed.ETag, placed.Rule, placed.Unplaced = o.ETag, "name", unplaced
				placed.Documents = []creative.Creative{{Code: "HRT1212", Variation: 2}}
				if _, err := s.index.SavePlaced(t.Context(), library, placed, ""); err != nil {
					t.Fatal(err)
				}
				if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || !strings.Contains(o.Detail, says) {
					t.Errorf("%+v, want %q", o, says)
				}
			})
		})
	}
}
