package masters_test

import (
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

var library = masters.Library{Name: "default"}

func TestPlaceByLabels(t *testing.T) {
	t.Parallel()
	all := map[string]string{"creative-code": "HRT-300", "creative-variation": "1", "creative-locale": "EN", "creative-aspect": "9:16"}
	want := placement.Placement{Creative: creative.Creative{Code: "HRT-300", Variation: 1}, Locale: "en", Aspect: "9x16", Rule: masters.RuleLabels}
	for name, c := range map[string]struct {
		key    string
		labels masters.Labels
		want   placement.Placement
	}{
		"tags":                    {"summer/final cut.mp4", masters.Labels{Tags: all}, want},
		"metadata":                {"summer/final cut.mp4", masters.Labels{Metadata: all}, want},
		"tags over metadata":      {"x.mp4", masters.Labels{Tags: all, Metadata: map[string]string{"creative-code": "OTHER", "creative-variation": "9"}}, want},
		"over the name":           {"HRT-1212/v2/de/1x1.mp4", masters.Labels{Tags: all}, want},
		"a thumbnail put by hand": {"HRT-1212/v2/en/thumbnail.jpg", masters.Labels{Tags: all}, want},
		"only the locale": {"HRT-1212/v2/de/1x1.mp4", masters.Labels{Tags: map[string]string{"creative-locale": "fr"}},
			placement.Placement{Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "fr", Aspect: "1x1", Rule: placement.RuleGrammar}},
	} {
		if p := masters.Place(library, c.key, 1, c.labels); p != c.want {
			t.Errorf("%s: %+v, want %+v", name, p, c.want)
		}
	}
	for name, tags := range map[string]map[string]string{
		"code alone":      {"creative-code": "HRT-300"},
		"variation alone": {"creative-variation": "1"},
		"no number":       {"creative-code": "HRT-300", "creative-variation": "two"},
		"bad code":        {"creative-code": "a/b", "creative-variation": "1"},
		"bad locale":      {"creative-locale": "!"},
		"bad aspect":      {"creative-aspect": "tall"},
	} {
		if p := masters.Place(library, "HRT-1212/v2/en/9x16.mp4", 1, masters.Labels{Tags: tags}); p.Unplaced == "" {
			t.Errorf("%s: %+v, want it unplaced", name, p)
		}
	}
	if p := masters.Place(library, "x.mp4", 1, masters.Labels{Tags: map[string]string{"creative-locale": "en"}}); p.Unplaced == "" {
		t.Errorf("a locale alone placed a file without coordinates: %+v", p)
	}
	if p := masters.Place(library, "x.mp4", 0, masters.Labels{Tags: all}); p.Unplaced == "" {
		t.Errorf("labels placed an empty file: %+v", p)
	}
}

// The tag masterhand-ignore=true excludes a file from the masters, whatever its name and its other
// tags state. Metadata cannot exclude a file.
func TestIgnoredFilesAreNoMasters(t *testing.T) {
	t.Parallel()
	const key = "HRT-1212/v2/en/9x16.mp4"
	for value, never := range map[string]bool{"true": true, "TRUE": true, "false": false, "": false} {
		labels := masters.Labels{Tags: map[string]string{"masterhand-ignore": value, "creative-code": "HRT-300", "creative-variation": "1"}}
		if p := masters.Place(library, key, 1, labels); (p.Never != "") != never || (p.Unplaced != "") != never {
			t.Errorf("masterhand-ignore=%s: %+v", value, p)
		}
	}
	labels := masters.Labels{Metadata: map[string]string{"masterhand-ignore": "true"}}
	if p := masters.Place(library, key, 1, labels); p.Unplaced != "" {
		t.Errorf("excluded by metadata: %+v", p)
	}
}

// A label can resolve a locale that the name leaves unclear.
func TestALabelMakesALocaleClear(t *testing.T) {
	t.Parallel()
	const key = "HRT-1212-2_UK_9x16.mp4"
	if p := masters.Place(library, key, 1, masters.Labels{}); p.LocaleUnclear == "" || p.Locale != "" {
		t.Errorf("by its name: %+v", p)
	}
	labels := masters.Labels{Tags: map[string]string{"creative-locale": "en-GB"}}
	if p := masters.Place(library, key, 1, labels); p.LocaleUnclear != "" || p.Locale != "en-gb" || p.Rule != placement.RuleGrammar {
		t.Errorf("labelled: %+v", p)
	}
}

// Unusable labels may mean a creative if they state only its code, or state the variation in other
// words. A variation without a number, such as "two", may mean any variation.
func TestWhatUnusableLabelsMayMean(t *testing.T) {
	t.Parallel()
	two := creative.Creative{Code: "HRT-300", Variation: 2}
	for name, c := range map[string]struct {
		key, code, variation string
		means                bool
	}{
		"v2":                    {"films/hero.mp4", "HRT-300", "v2", true},
		"v3":                    {"films/hero.mp4", "HRT-300", "v3", false},
		"two":                   {"films/hero.mp4", "HRT-300", "two", true},
		"the code alone":        {"films/hero.mp4", "HRT-300", "", true},
		"another code":          {"films/hero.mp4", "HRT-301", "v2", false},
		"a space":               {"films/hero.mp4", "HRT-300 ", "2", true},
		"the variation alone":   {"films/HRT-300.mp4", "", "2", true},
		"the variation of none": {"films/hero.mp4", "", "2", false},
	} {
		tags := map[string]string{"creative-code": c.code, "creative-variation": c.variation}
		s := masters.Labels{Tags: tags}.Statement()
		if s == nil || s.MayMean(c.key, two) != c.means {
			t.Errorf("%s: %+v, want it to mean %s: %t", name, s, two, c.means)
		}
	}
	for name, tags := range map[string]map[string]string{
		"usable": {"creative-code": "HRT-300", "creative-variation": "2"}, "none": nil, "a locale": {"creative-locale": "!"},
	} {
		if s := (masters.Labels{Tags: tags}).Statement(); s != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestPlaceKeepsToItsLibrary(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "team", Rules: placement.Rules{Prefix: "team-a/"}}
	if p := masters.Place(lib, "team-a/HRT-1212/v2/en/9x16.mp4", 1, masters.Labels{}); p.Creative.Code != "HRT-1212" {
		t.Errorf("inside: %+v", p)
	}
	tags := map[string]string{"creative-code": "HRT-300", "creative-variation": "1"}
	if p := masters.Place(lib, "team-b/HRT-1212/v2/en/9x16.mp4", 1, masters.Labels{Tags: tags}); p.Unplaced == "" {
		t.Errorf("outside: %+v", p)
	}
}

// The name of the rule set changes with every setting that affects where keys are placed, and
// with the bucket and the prefix. After a change of the name, the library must be indexed again.
func TestTheRuleSetNamesWhatPlacesKeys(t *testing.T) {
	t.Parallel()
	parse := func(s placement.Settings) placement.Rules {
		r, err := placement.ParseRules(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	uk := map[string]string{"UK": "en-GB"}
	seen := map[string]bool{}
	for _, lib := range []masters.Library{
		{}, {Bucket: "a"}, {Bucket: "b"}, {Rules: parse(placement.Settings{Prefix: "a"})}, {Bucket: "a", Rules: parse(placement.Settings{Prefix: "b"})},
		{Rules: parse(placement.Settings{Codes: []string{"HRT-####"}})}, {Rules: parse(placement.Settings{Codes: []string{"HRT-###"}})},
		{Rules: parse(placement.Settings{Locales: uk})}, {Rules: parse(placement.Settings{Locales: uk, OnlyDeclaredLocales: true})},
		{Rules: parse(placement.Settings{Patterns: []string{"{code}_{variation}"}})},
		{Rules: parse(placement.Settings{Patterns: []string{"{code}_{variation}", "{code}+{variation}"}})},
		{Rules: parse(placement.Settings{Patterns: []string{"{code}+{variation}", "{code}_{variation}"}})},
	} {
		state := masters.State{Format: masters.Format, Rules: lib.RuleSet(), Built: true}
		moved := lib
		moved.Bucket += "-new"
		if seen[lib.RuleSet()] || !state.Current(lib) || state.Current(moved) {
			t.Errorf("%+v: rules %q", lib, lib.RuleSet())
		}
		seen[lib.RuleSet()] = true
	}
}

// SameKeys compares only the bucket and the prefix, not the rules. A state that older code stored
// has no bucket and no prefix. For such a state, SameKeys compares the name of the rules: older
// code made this name from the bucket, the prefix and the rules.
func TestAStateSaysWhoseKeysItIsAbout(t *testing.T) {
	t.Parallel()
	pattern, err := placement.ParsePattern("{code}_{variation}")
	if err != nil {
		t.Fatal(err)
	}
	lib := masters.Library{Bucket: "acme", Rules: placement.Rules{Prefix: "a/", Patterns: []placement.Pattern{pattern}}}
	for name, c := range map[string]struct {
		state masters.State
		same  bool
	}{
		"present":                 {masters.State{Rules: lib.RuleSet(), Bucket: "acme", Prefix: "a/"}, true},
		"by other rules":          {masters.State{Rules: "x", Bucket: "acme", Prefix: "a/"}, true},
		"of another bucket":       {masters.State{Rules: lib.RuleSet(), Bucket: "other", Prefix: "a/"}, false},
		"of another prefix":       {masters.State{Rules: lib.RuleSet(), Bucket: "acme", Prefix: "b/"}, false},
		"of older code":           {masters.State{Rules: "5-b22824dbee17"}, true},
		"of older code, moved":    {masters.State{Rules: "5-000000000000"}, false},
		"of a library never seen": {masters.State{}, false},
	} {
		if got := c.state.SameKeys(lib); got != c.same {
			t.Errorf("%s: %t, want %t", name, got, c.same)
		}
	}
	if whole := (masters.Library{}); !(masters.State{Rules: "5"}).SameKeys(whole) {
		t.Error("the older state of a whole bucket is not about it")
	}
}

// The library has folders, such as "proofs", for announced files that are no masters. A user may
// store a file in a folder of the same name. That file is not placed, but it may be a master. Only
// an announced file in such a folder is certainly no master.
func TestAFolderAloneDoesNotSayThatAFileIsNoMaster(t *testing.T) {
	t.Parallel()
	films := masters.Library{Name: "films", Rules: placement.Rules{Prefix: "films/"}}
	takenIn := masters.Labels{Metadata: map[string]string{masters.MetadataSender: "hoox"}}
	labelled := masters.Labels{Metadata: takenIn.Metadata, Tags: map[string]string{"creative-code": "HRT-1212", "creative-variation": "2"}}
	for _, folder := range []string{"unsorted", "proofs", "builds"} {
		key := "films/" + folder + "/HRT-1212/v2/en/9x16.mp4"
		if p := masters.Place(films, key, 1, masters.Labels{}); p.Unplaced == "" || p.Never != "" {
			t.Errorf("%s: %+v, want unplaced", key, p)
		}
		if p := masters.Place(films, key, 1, takenIn); p.Unplaced == "" || p.Never == "" {
			t.Errorf("%s, taken in: %+v, want never", key, p)
		}
		if p := masters.Place(films, key, 1, labelled); p.Unplaced != "" || p.Never != "" || p.Creative.Code != "HRT-1212" {
			t.Errorf("%s, labelled: %+v, want placed", key, p)
		}
	}
	for _, key := range []string{"films/HRT-1212/v2/en/9x16.mp4", "films/HRT-1212-2/proofs/9x16.mp4"} {
		if p := masters.Place(films, key, 1, takenIn); p.Unplaced != "" {
			t.Errorf("%s: %+v, want placed", key, p)
		}
	}
}
