package masters_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

func pattern(t *testing.T, text string) masters.Pattern {
	t.Helper()
	p, err := masters.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPatternsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, key string
		want         masters.Coordinates // zero: the pattern does not match, and no other rule does
	}{
		{"{code}/{locale}/{aspect}_v{variation}", "HRT-1212/en/9x16_v2.mp4", at("HRT-1212", 2, "en", "9x16")},
		{"{code}/{locale}/{aspect}_v{variation}", "HRT-1212/EN_GB/Vertical_V12.mp4", at("HRT-1212", 12, "en-gb", "9x16")},
		{"{code}/{locale}/{aspect}_v{variation}", "x/HRT-1212/en/9x16_v2.mp4", masters.Coordinates{}},
		{"**/{code}/{locale}/{aspect}_v{variation}", "x/y/HRT-1212/en/9x16_v2.mp4", at("HRT-1212", 2, "en", "9x16")},
		{"*/{code}.{variation}.*", "2026/HRT-1212.2.teaser.mp4", at("HRT-1212", 2, "", "")},
		{"{code}-{variation}_*", "HRT-1212-2_whatever it is.mp4", at("HRT-1212", 2, "", "")},
		{"{variation}+{code}", "7+summer sale.mp4", at("summer sale", 7, "", "")},
		{"{code}+{variation}", "a+1234567.mp4", masters.Coordinates{}},
		{"{code}(x){variation}", "a(x)3.mp4", at("a", 3, "", "")},
		{"{code}+{variation}", "Copy of a+3 (1).mp4", at("a", 3, "", "")},
	} {
		lib := masters.Library{Name: "own", Patterns: []masters.Pattern{pattern(t, "never/{code}/{variation}"), pattern(t, c.pattern)}}
		p := masters.Place(lib, c.key, 1, masters.Labels{})
		if p.Coordinates != c.want || (p.Unplaced == "") != (c.want != masters.Coordinates{}) || p.Unplaced == "" && p.Rule != c.pattern {
			t.Errorf("%s on %q: %+v, want %+v", c.pattern, c.key, p, c.want)
		}
	}
}

func TestPatternsAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"{code}-{variation}": "", "**/{code}/{locale}/{aspect}_v{variation}": "", "*/{variation} {code}*": "", "ä{code}.{variation}": "", "**/{variation}_{code}": "",
		"": "empty", "{code}-{variation}" + strings.Repeat("x", masters.MaxPattern): "over 128 bytes",
		"{code}": "needs {code} and {variation}", "{variation}": "needs {code} and {variation}", "{code}-{variation}-{code}": "{code} twice",
		"{CODE}-{variation}": `"{CODE}" is none of`, "{code}-{variation}}": `"}" is none of`, "{{code}}-{variation}": `"{" is none of`,
		"{code-{variation}": `"{" is none of`, "{}{code}-{variation}": `"{}" is none of`,
		"a/**/{code}-{variation}": "**/ elsewhere", "{code}-{variation}**/": "**/ elsewhere", "**/**/{code}-{variation}": "**/ elsewhere",
		"***/{code}-{variation}": "**/ elsewhere", "{code}-{variation}\xff": "not UTF-8",
	} {
		_, err := masters.ParsePattern(text)
		if refused := reason != ""; refused != errors.Is(err, masters.ErrPattern) || refused && !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v, want %q", text, err, reason)
		}
	}
}

// No pattern takes 12 for 2, or one of several variations: it is refused where it may, and
// what it can be read into in two ways is not placed, and ambiguous between both.
func TestPatternsDoNotGuess(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{code}{variation}", "{code}*{variation}", "*{variation}_{code}", "{code}-{variation}*", "{code}_{variation}{locale}",
		"{code}_{aspect}{variation}", "{code}_1{variation}", "{code}_{variation}0",
	} {
		if _, err := masters.ParsePattern(text); !errors.Is(err, masters.ErrPattern) {
			t.Errorf("%s: %v, want it refused", text, err)
		}
	}
	for _, c := range []struct{ pattern, key, one, two string }{
		{"{code}-{variation}_*", "HRT-1212-2_teaser-3_x.mp4", "HRT-1212-2_teaser-3", "HRT-1212-2"},
		{"{code}_{locale}_v{variation}", "HRT_pt_BR_v2.mp4", "HRT_pt-2", "HRT-2"},
		{"{code}_{locale}*_v{variation}", "HRT_english_v2.mp4", "HRT-2", "HRT-2"},
	} {
		p := masters.Place(masters.Library{Patterns: []masters.Pattern{pattern(t, c.pattern)}}, c.key, 1, masters.Labels{})
		if p.Unplaced == "" || p.ClosestRule != c.pattern || len(p.Ambiguous) < 2 || p.Ambiguous[0].String() != c.one || p.Ambiguous[1].String() != c.two {
			t.Errorf("%s on %q: %+v, want it ambiguous between %s and %s", c.pattern, c.key, p, c.one, c.two)
		}
	}
}

func at(code string, variation int, locale creative.Locale, aspect creative.Aspect) masters.Coordinates {
	return masters.Coordinates{Creative: creative.Creative{Code: code, Variation: variation}, Locale: locale, Aspect: aspect}
}

// A pattern goes before the built-in rules, labels before it; what never is a master, is
// none by any pattern.
func TestPatternsHaveTheirPlace(t *testing.T) {
	t.Parallel()
	lib := masters.Library{Name: "own", Patterns: []masters.Pattern{pattern(t, "{code}_{variation}")}}
	if p := masters.Place(lib, "HRT-1212-2_3.mp4", 1, masters.Labels{}); p.Coordinates.Creative.Variation != 3 {
		t.Errorf("a built-in rule went before the library's own: %+v", p)
	}
	tags := masters.Labels{Tags: map[string]string{"creative-code": "X", "creative-variation": "9"}}
	if p := masters.Place(lib, "HRT-1212-2_3.mp4", 1, tags); p.Coordinates.Creative.Code != "X" || p.Rule != masters.RuleLabels {
		t.Errorf("a pattern went before labels: %+v", p)
	}
	for _, key := range []string{"._a_1.mp4", "thumb_1.jpg"} {
		if p := masters.Place(lib, key, 1, masters.Labels{}); p.Unplaced == "" {
			t.Errorf("%s became a master: %+v", key, p)
		}
	}
	bad := masters.Place(masters.Library{Name: "own", Patterns: []masters.Pattern{pattern(t, "{code}_{variation}_{aspect}")}}, "a_1_0x0.mp4", 1, masters.Labels{})
	if bad.Unplaced == "" || bad.ClosestRule != "{code}_{variation}_{aspect}" || len(bad.Ambiguous) != 1 {
		t.Errorf("an aspect that is none: %+v", bad)
	}
}

// Other patterns are other rules, by which the library must be indexed again.
func TestRulesNameThePatterns(t *testing.T) {
	t.Parallel()
	one, two := pattern(t, "{code}_{variation}"), pattern(t, "{code}+{variation}")
	seen := map[string]bool{}
	for _, patterns := range [][]masters.Pattern{nil, {one}, {two}, {one, two}, {two, one}} {
		lib := masters.Library{Name: "own", Patterns: patterns}
		state := masters.State{Format: masters.Format, Rules: lib.Rules(), Built: true}
		if seen[lib.Rules()] || !state.Current(lib) || state.Current(masters.Library{Patterns: append(patterns, one)}) {
			t.Errorf("%v: rules %q", patterns, lib.Rules())
		}
		seen[lib.Rules()] = true
	}
}

// What was indexed of another bucket, or of other keys, must be indexed again.
func TestRulesNameTheKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, lib := range []masters.Library{{}, {Bucket: "a"}, {Bucket: "b"}, {Prefix: "a"}, {Bucket: "a", Prefix: "b"}, {Bucket: "b", Prefix: "a"}} {
		state := masters.State{Format: masters.Format, Rules: lib.Rules(), Built: true}
		moved := lib
		moved.Bucket += "-new"
		if seen[lib.Rules()] || !state.Current(lib) || state.Current(moved) {
			t.Errorf("%+v: rules %q", lib, lib.Rules())
		}
		seen[lib.Rules()] = true
	}
}

// FuzzPattern: any text is a pattern or refused, and what a pattern places is sound.
func FuzzPattern(f *testing.F) {
	f.Add("{code}/{locale}/{aspect}_v{variation}", "HRT-1212/en/9x16_v2.mp4")
	f.Add("**/*-{variation}-{code}", "a/b/x-12-c")
	f.Add("{code}-{variation}(.+)[", "a-1(.+)[")
	f.Add("{code}*{variation}", "HRT-1212-12")
	f.Fuzz(func(t *testing.T, text, key string) {
		p, err := masters.ParsePattern(text)
		if err != nil {
			return
		}
		if p.String() != text || len(text) > masters.MaxPattern || strings.Count(text, "{code}") != 1 {
			t.Errorf("%q is a pattern", text)
		}
		placed := masters.Place(masters.Library{Patterns: []masters.Pattern{p}}, key, 1, masters.Labels{})
		if placed.Unplaced == "" && placed.Coordinates.Creative.Check() != nil {
			t.Errorf("%q placed %q at %v", text, key, placed.Coordinates.Creative)
		}
		isVariation := func(run string) bool {
			n, err := strconv.Atoi(run)
			return err == nil && n == placed.Coordinates.Creative.Variation
		}
		runs := strings.FieldsFunc(key, func(c rune) bool { return c < '0' || c > '9' })
		if placed.Rule == text && !slices.ContainsFunc(runs, isVariation) {
			t.Errorf("%q made variation %d of %q", text, placed.Coordinates.Creative.Variation, key)
		}
	})
}
