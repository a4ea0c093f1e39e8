package placement_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// maker makes random but reproducible keys that contain creatives.
type maker struct{ *rand.Rand }

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 1))} }

func (m maker) pick(from ...string) string { return from[m.IntN(len(from))] }

// dash returns one of the dashes that people and programs write.
func (m maker) dash() string {
	return m.pick("-", "-", "-", "‐", "‑", "‒", "–", "—", "―", "−", "﹣", "－", "⁃", "\u00ad")
}

func (m maker) code() string {
	return m.pick("HRT-1212", "HRT-1212", "CR2466", "CR042", "AB-77", "ÜBER-700", "ÄPFEL", "PROMO", "HRT-2025", "ACME-HRT-1212", "HRT-1212-A", "A1-B20", "ХРТ-1212", "X9")
}

func (m maker) variation() int { return []int{1, 2, 3, 7, 12, 24, 101}[m.IntN(7)] }

// words returns a random title. Some of its words also mean something to the rules of placement:
// "La", "no", "final".
func (m maker) words() string {
	all := []string{"Summer", "Sale", "do it now", "La Dolce Vita", "new", "UGC", "hero", "Anna", "teaser", "no more", "für dich", "Été", "final", "clean", "made in italy"}
	var title []string
	for range 1 + m.IntN(2) {
		title = append(title, all[m.IntN(len(all))])
	}
	return strings.Join(title, m.pick(" ", "_", "-"))
}

// facts returns text that often occurs beside a creative in a name, such as numbers that are not
// the variation.
func (m maker) facts() string {
	return m.pick("9x16", "9:16", "1080x1920", "en", "EN_UK", "de-AT", "UK", "2025-08-15", "20250815", "15s", "1080p", "25fps", "h264", "final", "v", "KW33", "(DE)", "story", "1.91x1", "Q3", "CC", "ProRes422")
}

// creativeText returns code and variation in one of the forms that people write.
func (m maker) creativeText(c creative.Creative) string {
	code := c.Code
	code = strings.ReplaceAll(code, "-", m.pick("-", "-", "-", m.dash(), "_", " ", "."))
	switch m.IntN(12) {
	case 0:
		code = strings.ToLower(code)
	case 1:
		code = "[" + code + "]"
	}
	between := m.pick("-", "-", "-", m.dash(), "_", " ", ".", " #", "#", "v", "-v", "_v", "_V0", " v", "/v", "/V", "/", "/Variation ", "_var", " - ", "–", "~", "+", ":", ",", "=", "|", "__", " (", "_ver.", "-x", "\u00a0", " version ")
	text := fmt.Sprintf("%s%s%d", code, between, c.Variation)
	if strings.HasSuffix(between, "(") {
		text += ")"
	}
	return text
}

// key returns a random key that contains the text.
func (m maker) key(text string) string {
	wrap := [][2]string{{"", ""}, {"", ""}, {"", ""}, {"[", "]"}, {"(", ")"}, {"{", "}"}, {"<", ">"}, {"#", ""}, {"@", ""}, {"~", "~"}, {"„", "“"}, {"【", "】"}, {"%", "%"}, {"!", ""}, {"•", "•"}, {"\u200b", "\u200f"}}[m.IntN(16)]
	parts := []string{wrap[0] + text + wrap[1]}
	sep := m.pick("_", "_", " ", "-", " - ", "__")
	for range m.IntN(4) {
		extra := m.facts()
		if m.IntN(3) == 0 {
			extra = m.words()
		}
		if m.IntN(3) == 0 {
			parts = append([]string{extra}, parts...)
		} else {
			parts = append(parts, extra)
		}
	}
	key := m.pick("", "", "", "films/", "2025/08/", "Client X/", "en/", "01_Projects/") + strings.Join(parts, sep) +
		m.pick("", "", " (1)", " copy", " - Kopie", "/en/9x16", "/final") + m.pick(".mp4", ".MOV", ".jpg", ".mp4.mp4", "")
	switch m.IntN(4) {
	case 0:
		key = norm.NFD.String(key)
	case 1:
		key = norm.NFC.String(key)
	}
	return key
}

// isSafe reports whether the creative is safe from a false skip: the key is placed at it, or the
// key's text blocks the skip.
func isSafe(r placement.Rules, key string, c creative.Creative) bool {
	p := r.Place(key, placement.UnknownSize)
	if p.Unplaced == "" && p.Creative.Same(c) {
		return true
	}
	return placement.Names(key, c) && p.Never == "" && (p.Unplaced != "" || !placement.Elsewhere(p.Creative, c))
}

func TestNoCreativeIsLostHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]placement.Rules{"guessed": {}, "declared": rules(t, placement.Settings{Codes: append(slices.Clone(declared), "AB-##", "HRT-####-A", "PROMO")})} {
		m, placed := newMaker(11), 0
		for range *samples {
			c := creative.Creative{Code: m.code(), Variation: m.variation()}
			key := m.key(m.creativeText(c))
			if !isSafe(r, key, c) {
				t.Errorf("%s: %q loses %s: %+v", name, key, c, r.Place(key, placement.UnknownSize))
			}
			if r.Place(key, placement.UnknownSize).Unplaced == "" {
				placed++
			}
		}
		t.Logf("%s: %d of %d placed", name, placed, *samples)
	}
}

// samples is the number of keys that each property is tested with.
var samples = flag.Int("keys", 3_000, "how many keys each property is tried on")

func TestAKeyWithTwoCreativesIsNotPlacedAndBlocksBoth(t *testing.T) {
	t.Parallel()
	r, m := placement.Rules{}, newMaker(12)
	codes := []string{"HRT-1212", "HRT-1213", "CR2466", "CR042", "ÜBER-700"}
	for range *samples {
		a := creative.Creative{Code: codes[m.IntN(len(codes))], Variation: m.variation()}
		b := creative.Creative{Code: codes[m.IntN(len(codes))], Variation: m.variation()}
		if a == b {
			continue
		}
		key := m.key(m.creativeText(a) + m.pick("_", " ", "-", "_vs_", " & ", "/") + m.creativeText(b))
		if p := r.Place(key, placement.UnknownSize); p.Unplaced == "" {
			t.Errorf("%q with %s and %s is placed at %s", key, a, b, p.Creative)
		}
		for _, c := range []creative.Creative{a, b} {
			if !r.Blocks(key, placement.UnknownSize, c) {
				t.Errorf("%q does not block %s", key, c)
			}
		}
	}
}

// A key must be filed under an anchor of each creative that it names.
func TestAKeyIsFoundUnderItsAnchor(t *testing.T) {
	t.Parallel()
	r, m := rules(t, placement.Settings{Codes: []string{"HRT-####", "ÄPFEL", "PROMO"}}), newMaker(13)
	for range *samples {
		c := creative.Creative{Code: m.code(), Variation: m.variation()}
		key := m.pick("", "Summer", "x") + m.key(m.creativeText(c))
		filed, read := r.KeyAnchors(key), r.CodeAnchors(c.Code)
		if len(read) == 0 {
			t.Fatalf("%s has no anchor", c.Code)
		}
		if placement.Names(key, c) && !slices.ContainsFunc(filed, func(a string) bool { return slices.Contains(read, a) }) {
			t.Errorf("%q names %s, but is filed under %q, not under %q", key, c, filed, read)
		}
	}
}

func TestAWordOfATitleIsNoLocale(t *testing.T) {
	t.Parallel()
	m := newMaker(14)
	titles := []string{"do it now", "la dolce vita", "no more tears", "it is so good", "say no to it", "mi casa es su casa", "das ist es", "this is us", "to be or not to be",
		"la casa de papel", "rue de paris", "hi from me", "in my life", "made in italy", "so it is", "go with us", "viva la vida", "es ist so", "il est la", "we are in", "let it be", "el mundo", "as is"}
	for range *samples {
		title := titles[m.IntN(len(titles))]
		switch m.IntN(4) {
		case 0:
			title = strings.ToUpper(title)
		case 1:
			title = strings.ToUpper(title[:1]) + title[1:]
		}
		title = strings.ReplaceAll(title, " ", m.pick(" ", "_", "-"))
		sep := m.pick("_", " - ", "__")
		key := "HRT-1212-2" + sep + title + sep + m.pick("9x16", "15s", "v2", "1080x1920") + ".mp4"
		if m.IntN(2) == 0 {
			key = title + sep + "HRT-1212-2" + sep + "9x16.mp4"
		}
		if p := (placement.Rules{}).Place(key, placement.UnknownSize); p.Locale != "" || p.Unplaced != "" {
			t.Errorf("%q has locale %s: %+v", key, p.Locale, p)
		}
	}
}

func TestNothingIsPlacedAtAnUndeclaredCode(t *testing.T) {
	t.Parallel()
	r, m := rules(t, placement.Settings{Codes: []string{"HRT-####", "[A-Z]{2}###"}}), newMaker(15)
	placed := 0
	for range *samples {
		key := m.key(m.creativeText(creative.Creative{Code: m.code(), Variation: m.variation()}))
		p := r.Place(key, placement.UnknownSize)
		if p.Unplaced == "" && !r.Declares(p.Creative.Code) {
			t.Errorf("%q is placed at the undeclared %s", key, p.Creative.Code)
		}
		if p.Unplaced == "" {
			placed++
		}
	}
	if placed < *samples/20 {
		t.Errorf("only %d of %d are placed", placed, *samples)
	}
}

// A key names its own variation. It must seem to name few other variations of its code, because
// each of them would prevent skips.
func TestAKeyBlocksFewOtherVariations(t *testing.T) {
	t.Parallel()
	m, others := newMaker(16), 0
	for range *samples {
		c := creative.Creative{Code: m.pick("HRT-1212", "CR2466"), Variation: m.variation()}
		key := m.key(m.creativeText(c))
		for v := range 120 {
			if v != c.Variation && placement.Names(key, creative.Creative{Code: c.Code, Variation: v}) {
				others++
			}
		}
	}
	if mean := float64(others) / float64(*samples); mean >= 0.2 {
		t.Errorf("a key names %.2f other variations of its code, want under 0.2", mean)
	}
}

// Reading a key of twice the length must take about twice the work, not four times. The test
// counts allocations as a measure of the work. BenchmarkHostile measures the time.
func TestPlacingTakesLinearSteps(t *testing.T) {
	r := hostileRules(t)
	for _, piece := range hostile {
		steps := func(length int) float64 {
			key := strings.Repeat(piece, length/len(piece))
			return testing.AllocsPerRun(1, func() { readWholly(r, key) })
		}
		half, whole := steps(placement.MaxKey/2), steps(placement.MaxKey)
		if whole > 2.5*half+100 {
			t.Errorf("%q: %.0f steps for %d bytes, %.0f for %d", piece, half, placement.MaxKey/2, whole, placement.MaxKey)
		}
	}
}

// hostile lists pieces of text. A key that consists of many copies of one piece names no creative, but
// the rules may need much time to read such a key.
var hostile = []string{"1-", "HRT-1212-", "A-", "2025-08-15_", "en_", "9x", "copy of ", "a1", "v2", "/", "(1)", "ä", "\xff", "1.", "№2", "jan1 1", "1jan", "v1jan", "take 1 aug 2 ", "story 1", "2 may", "12-2025-", "es-la-"}

func hostileRules(t testing.TB) placement.Rules {
	return rules(t, placement.Settings{Codes: append(slices.Clone(declared), "[A-Z]{1,9}-[A-Z]{1,9}-#{1,9}"), Patterns: []string{"**/*_{code}_{variation}_*"}})
}

// readWholly calls every function that reads a key.
func readWholly(r placement.Rules, key string) {
	r.Place(key, placement.UnknownSize)
	placement.Names(key, creative.Creative{Code: "HRT-1212", Variation: 2})
	r.KeyAnchors(key)
}

func FuzzPlaceAndNames(f *testing.F) {
	for _, row := range table(f, "names.tsv") {
		f.Add(row[1], "HRT-1212", 2)
	}
	f.Add("._a%2F\xff\x00/ä 🍏+%/v1/x-1.mp4", "ÄPFEL", 1)
	f.Add("1x1x1:1:1", "1", 1)
	r, err := placement.ParseRules(placement.Settings{Codes: declared, Locales: map[string]string{"UK": "en-GB"}, Patterns: []string{"{code}[_{locale}]_v{variation}"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, code string, variation int) {
		want := creative.Creative{Code: code, Variation: variation}
		for _, rules := range []placement.Rules{r, {}} {
			p := rules.Place(key, placement.UnknownSize)
			if p.Unplaced == "" && p.Creative.Check() != nil {
				t.Errorf("%q is placed at %v", key, p.Creative)
			}
			if p.Unplaced == "" && len(rules.Codes) > 0 && !rules.Declares(p.Creative.Code) && p.Rule == placement.RuleGrammar {
				t.Errorf("%q is placed at the undeclared %v", key, p.Creative)
			}
			if p.Unplaced == "" && p.Rule == placement.RuleGrammar && !placement.Names(key, p.Creative) {
				t.Errorf("%q is placed at %v and does not name it", key, p.Creative)
			}
			filed, read := rules.KeyAnchors(key), rules.CodeAnchors(code)
			if want.Check() == nil && placement.Names(key, want) && len(read) > 0 && !slices.ContainsFunc(filed, func(a string) bool { return slices.Contains(read, a) }) {
				t.Errorf("%q names %s, but is filed under %q, not under %q", key, want, filed, read)
			}
		}
	})
}
