package placement_test

import (
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

func TestObviousReadsOneCreativeOrNone(t *testing.T) {
	t.Parallel()
	r := rules(t, placement.Settings{Codes: []string{"HRT-####", "PROMO"}, Patterns: []string{"ads/{code}_{variation}_*"}})
	for key, want := range map[string]string{
		"HRT-1212.mp4":                         "HRT-1212-1",
		"Summer HRT-1212 9x16 en final.mp4":    "HRT-1212-1 en 9x16",
		"HRT-1212 teaser 4.mp4":                "", // the number 4 does not directly follow the code
		"1/HRT-1212/9x16.mp4":                  "",
		"HRT-1212-2a_en.mp4":                   "HRT-1212-2",
		"v3/HRT-1212/9x16.mp4":                 "",
		"HRT-0001_9x16 2025-01-15 15s.mp4":     "HRT-0001-1 9x16",
		"HRT-1212-2_en.mp4":                    "", // a placed key needs no guess
		"HRT-1212 take 3.mp4":                  "", // the variation may be 1 or 3
		"HRT-1212-2_v3.mp4":                    "",
		"HRT-1212-2.1.mp4":                     "",
		"HRT-1212 and HRT-1213.mp4":            "",
		"SummerHRT1212.mp4":                    "", // the code is joined to a word
		"holiday.mp4":                          "",
		"HRT-1212_thumb.jpg":                   "",
		".HRT-1212.mp4":                        "",
		"old/HRT-1212-2.mp4":                   "",
		"ads/HRT-1212_2_promo 3_4.mp4":         "",
		strings.Repeat("x", 1024) + "HRT-1212": "",
	} {
		got := ""
		if p, ok := r.Obvious(key, placement.UnknownSize); ok {
			got = strings.Join(slices.DeleteFunc([]string{p.Creative.String(), string(p.Locale), string(p.Aspect)}, func(s string) bool { return s == "" }), " ")
		}
		if got != want {
			t.Errorf("%.60q: obvious is %q, want %q (%s)", key, got, want, r.Place(key, placement.UnknownSize).Unplaced)
		}
	}
	outside := placement.Rules{Prefix: "films/"}
	if p, ok := outside.Obvious("HRT-1212.mp4", placement.UnknownSize); ok {
		t.Errorf("a key outside the library: %+v", p)
	}
}

// Whatever creative a key contains, the obvious reading of the key must be that creative.
func TestObviousIsTheWrappedCreative(t *testing.T) {
	t.Parallel()
	m, read := newMaker(11), 0
	r := rules(t, placement.Settings{Codes: []string{"[A-Z]{2,5}-####"}})
	for range 20_000 {
		c := creative.Creative{Code: "HRT-1212", Variation: m.variation()}
		key := m.key(m.creativeText(c))
		p, ok := r.Obvious(key, placement.UnknownSize)
		if !ok {
			continue
		}
		read++
		if p.Creative != c || !r.Blocks(key, placement.UnknownSize, c) {
			t.Errorf("%q is %s, want %s: %s", key, p.Creative, c, r.Place(key, placement.UnknownSize).Unplaced)
		}
	}
	t.Logf("%d read", read)
	if read == 0 {
		t.Error("no key has an obvious reading")
	}
}
