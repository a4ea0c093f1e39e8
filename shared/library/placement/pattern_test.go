package placement_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

func TestPatternsGoBeforeTheGrammar(t *testing.T) {
	t.Parallel()
	// want is "code|variation|locale|aspect"; "" means that the key is not placed.
	for _, c := range []struct{ pattern, key, want string }{
		{"{code}/{locale}/{aspect}_v{variation}", "HRT-1212/en/9x16_v2.mp4", "HRT-1212|2|en|9x16"},
		{"{code}/{locale}/{aspect}_v{variation}", "HRT-1212/EN_GB/Vertical_V12.mp4", "HRT-1212|12|en-gb|9x16"},
		{"**/{code}/{locale}/{aspect}_v{variation}", "x/y/HRT-1212/en/9:16_v2.mp4", "HRT-1212|2|en|9x16"},
		{"*/{code}.{variation}.*", "2026/HRT-1212.2.teaser.mp4", "HRT-1212|2||"},
		{"{variation}+{code}", "7+summer sale.mp4", "summer sale|7||"},
		{"{code}(x){variation}", "a(x)3.mp4", "a|3||"},
		{"{code}[[{variation}]]", "a[3].mp4", "a|3||"},
		{"{code}+{variation}", "Copy of a+3 (1).mp4", "a|3||"},
		{"{code}+{variation}", "A\u0308PFEL+3.mp4", "ÄPFEL|3||"},
		// A constant, such as {variation=1}, sets a value without matching any text of the key.
		{"{code}_{locale}{variation=1}", "SUMMER_en.mp4", "SUMMER|1|en|"},
		{"{code}_{variation}{locale=de-CH}{aspect=9x16}", "SUMMER_2.mp4", "SUMMER|2|de-ch|9x16"},
		// Optional parts may be missing.
		{"{code!}_{variation}[_{locale}][_{aspect}]", "SUMMER_2.mp4", "SUMMER|2||"},
		{"{code!}_{variation}[_{locale}][_{aspect}]", "SUMMER_2_en_9x16.mp4", "SUMMER|2|en|9x16"},
		{"{code!}_{variation}[_{locale}][_{aspect}]", "SUMMER_2_9x16.mp4", "SUMMER|2||9x16"},
		// A field with "!" never matches the character that follows it: {code!} in {code!}_
		// ends before the first "_".
		{"{*!}_{*!}_{code!}_{locale}{variation=1}", "ACME_Q3_SUMMER_pt_BR.mp4", "SUMMER|1|pt-br|"},
		{"{code!}_{locale}_v{variation}", "HRT_pt_BR_v2.mp4", "HRT|2|pt-br|"},
		{"{code!}-{variation}_*", "HRT-2_teaser-3_x.mp4", "HRT|2||"},
		// A key that can be read in two ways is not placed.
		{"{code}-{variation}_*", "HRT-1212-2_teaser-3_x.mp4", ""},
		{"{code}_{locale}_v{variation}", "HRT_pt_BR_v2.mp4", ""},
		{"{code}_{variation}_{aspect}", "a_1_0x0.mp4", ""},
	} {
		r := rules(t, placement.Settings{Patterns: []string{"never/{code}/{variation}", c.pattern}})
		p := r.Place(c.key, placement.UnknownSize)
		if c.want == "" {
			if p.Unplaced == "" {
				t.Errorf("%s on %q: %+v, want it unplaced", c.pattern, c.key, p)
			}
			continue
		}
		if w := wrong(p, c.want); w != "" || p.Rule != c.pattern {
			t.Errorf("%s on %q: %s by %s, want %s", c.pattern, c.key, w, p.Rule, c.want)
		}
	}
}

// With declared codes, {code} must match only those codes, so that other words may be beside a
// code.
func TestPatternsWithDeclaredCodes(t *testing.T) {
	t.Parallel()
	r := rules(t, placement.Settings{Codes: []string{"HRT-####"}, Patterns: []string{"**/*{code}-{variation}_*"}})
	if p := r.Place("x/y/ACME_HRT-1212-2_teaser-3_x.mp4", placement.UnknownSize); wrong(p, "HRT-1212|2||") != "" || p.Rule == placement.RuleGrammar {
		t.Errorf("%+v", p)
	}
	if p := r.Place("PROMO-2_x.mp4", placement.UnknownSize); p.Unplaced == "" {
		t.Errorf("an undeclared code is placed: %+v", p)
	}
}

func TestNoPatternPlacesAFileThatIsNeverAMaster(t *testing.T) {
	t.Parallel()
	r := rules(t, placement.Settings{Patterns: []string{"**/{code}_{variation}"}})
	for _, key := range []string{"._a_1.mp4", "thumb_1.jpg", ".cache/a_1.mp4", "a_1.txt"} {
		if p := r.Place(key, placement.UnknownSize); p.Never == "" {
			t.Errorf("%s became a master: %+v", key, p)
		}
	}
	if p := r.Place("previews/a_1.mp4", placement.UnknownSize); p.Unplaced != "" {
		t.Errorf("the pattern did not go before the folder's name: %+v", p)
	}
	if p := r.Place("a_1", 0); p.Never == "" {
		t.Errorf("an empty file became a master: %+v", p)
	}
}

func TestEachMistakeInAPatternHasItsReason(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"": "got nothing", strings.Repeat("x", 129): "over 128 bytes", "{code}_{variation}\xff": "not UTF-8",
		"/{code}_{variation}":              "begins with /",
		"{code}_{variation}.mp4":           "ends in .mp4",
		"{code}_{variation}.JPG":           "ends in .JPG",
		"{code}_{variation}_*.mov":         "ends in .mov",
		"{code}":                           "needs {variation}, or a constant like {variation=1}",
		"{variation}":                      "needs {code}",
		"{code}_{code}_{variation}":        "{code} twice",
		"{code}_{variation}_{variation=1}": "{variation} twice",
		"{code}_{number}":                  "{number} is none of {code}, {variation}, {locale}, {aspect}",
		"{code_{variation}":                "{code_{variation} is none of",
		"{code}_{variation":                "{ without }",
		"code}_{variation}":                "} without {",
		"{code}_{variation}[_{locale}":     "[ without ]",
		"{code}_{variation}_{locale}]":     "] without [",
		"{code}_{variation}[]":             "an empty optional part",
		"{code}_{variation}[_[x]]":         "an optional part within another",
		"{code}[_{variation}]":             "{variation} is in an optional part",
		"x/**/{code}_{variation}":          "**/ is allowed only at the start",
		"{code}{variation}":                "{variation} must not be next to",
		"{code}*{variation}":               "{variation} must not be next to",
		"{code}_1{variation}":              "{variation} must not be next to",
		"{code}_{variation}0":              "{variation} must not be next to",
		"{code}_{variation}[0]":            "{variation} must not be next to",
		"{code}_{variation}[_]{locale}":    "{variation} must not be next to",
		"{code}_[x_]{variation}*":          "{variation} must not be next to",
		"{code!}{locale}_{variation}":      "{code!} must be followed by the text that it ends at",
		"{code}_{variation=x}":             "{variation=x}: not a valid variation",
		"{code}_{variation=1000000}":       "{variation=1000000}: not a valid variation",
		"{code}_{variation=1}{locale=?}":   "{locale=?}: not a valid locale",
		"{code}_{variation=1}{aspect=up}":  "{aspect=up}: not a valid aspect",
		"{code= x}_{variation}":            "{code= x}: not a valid code",
	} {
		_, err := placement.ParsePattern(text)
		if !errors.Is(err, placement.ErrPattern) || !strings.Contains(err.Error(), reason) {
			t.Errorf("ParsePattern(%q) = %v, want %q", text, err, reason)
		}
	}
	hrt, err := placement.ParseCode("HRT-####")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := placement.ParsePattern("{code=PROMO}_{variation}", hrt); err == nil || !strings.Contains(err.Error(), "none of the declared codes") {
		t.Errorf("an undeclared constant: %v", err)
	}
	if _, err := placement.ParsePattern("{code=HRT-0001}_{variation}", hrt); err != nil {
		t.Errorf("a declared constant: %v", err)
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("{code}/{locale}/{aspect}_v{variation}", "HRT-1212/en/9x16_v2.mp4")
	f.Add("**/*-{variation}-{code}", "a/b/x-12-c")
	f.Add("{*!}_{code!}[_{locale}]{variation=1}", "a_b_en")
	f.Add("{code}-{variation}(.+)[[", "a-1(.+)[")
	f.Fuzz(func(t *testing.T, text, key string) {
		p, err := placement.ParsePattern(text)
		if err != nil {
			return
		}
		placed := (placement.Rules{Patterns: []placement.Pattern{p}}).Place(key, placement.UnknownSize)
		if placed.Unplaced != "" || placed.Rule != text {
			return
		}
		if placed.Creative.Check() != nil {
			t.Errorf("%q placed %q at %v", text, key, placed.Creative)
		}
		if _, constant, ok := strings.Cut(text, "{variation="); ok {
			if constant, _, _ = strings.Cut(constant, "}"); constant != strconv.Itoa(placed.Creative.Variation) && !strings.HasPrefix(constant, "0") && !strings.HasPrefix(constant, "+") {
				t.Errorf("%q placed %q at variation %d", text, key, placed.Creative.Variation)
			}
			return
		}
		if !strings.Contains(text, "{code=") && !placement.Names(key, creative.Creative{Code: placed.Creative.Code, Variation: placed.Creative.Variation}) {
			t.Logf("%q placed %q at %v, which it does not name", text, key, placed.Creative)
		}
	})
}

// If a key matches a pattern, Rule must be that pattern, even if the key is not placed.
func TestPatternOfAnUnplacedKey(t *testing.T) {
	t.Parallel()
	for key, pattern := range map[string]string{
		"A_1_2_x.mp4":            "{code}_{variation}_*", // the pattern matches the key in two ways
		"HRT-1212-2_0x9.mp4":     "{code}-{variation}_{aspect}",
		".HRT-1212-2.mp4":        ".{code}-{variation}",
		"HRT-1212-2 vs HRT-1213": "",
	} {
		r := rules(t, placement.Settings{Patterns: []string{"no/{code}-{variation}"}})
		if pattern != "" {
			r = rules(t, placement.Settings{Patterns: []string{pattern}})
		}
		if p := r.Place(key, placement.UnknownSize); p.Rule != pattern || p.Unplaced == "" {
			t.Errorf("%q by %s: %+v", key, pattern, p)
		}
	}
}

// The field {locale} must read declared words, markets and languages as the rest of the grammar
// does.
func TestTheLocaleOfAPatternFollowsTheDeclaredWords(t *testing.T) {
	t.Parallel()
	words := map[string]string{"UK": "en-GB", "CH": "de-CH"}
	for _, c := range []struct {
		locales map[string]string
		only    bool
		text    string
		want    string // the locale; "(" means that it is unclear
	}{
		{words, false, "UK", "en-gb"}, {words, false, "CH", "de-ch"}, {words, false, "fr", "fr"}, {words, false, "pt_BR", "pt-br"},
		{words, false, "en_UK", "en-gb"}, {words, true, "CH", "de-ch"}, {words, true, "fr", "("}, {words, true, "US", "("},
		{nil, false, "US", "("}, {nil, false, "ENG", "en"}, {nil, false, "GER", "de"}, {nil, false, "en_UK", "en-gb"},
		{nil, false, "en-SG", "en-sg"}, {nil, false, "zh-Hant-HK", "zh-hant-hk"}, {nil, false, "es-419", "es-419"}, {nil, false, "de-LU", "de-lu"},
		{nil, false, "fr-CA", "fr-ca"}, {nil, false, "sr-Latn-RS", "sr-latn-rs"}, {nil, false, "ca-ES", "ca-es"}, {nil, false, "es-US", "es-us"},
		{nil, false, "no", "no"}, {nil, false, "it", "it"}, {nil, false, "en-IN", "en-in"},
		{nil, false, "az-Cyrl-AZ", "az-cyrl-az"}, {nil, false, "eu-ES", "eu-es"}, {nil, false, "gl-ES", "gl-es"},
		{nil, false, "en-FR", "en-fr"}, {nil, false, "fr-MA", "fr-ma"}, {nil, false, "ru-KZ", "ru-kz"}, {nil, false, "sw", "sw"}, {nil, false, "uk-UA", "uk-ua"},
		{nil, false, "en-jp", "en-jp"}, {nil, false, "ar-sa", "ar-sa"}, {nil, false, "pt-pt", "pt-pt"}, {nil, false, "hi-IN", "hi-in"}, {nil, false, "fil-PH", "fil-ph"},
	} {
		r := rules(t, placement.Settings{Locales: c.locales, OnlyDeclaredLocales: c.only, Patterns: []string{"{code!}_{variation}_{locale}"}})
		p := r.Place("HRT-1212_2_"+c.text+".mp4", placement.UnknownSize)
		if w := wrong(p, "HRT-1212|2|"+c.want+"|"); w != "" {
			t.Errorf("%s with %v, only %t: %s, want %s", c.text, c.locales, c.only, w, c.want)
		}
	}
}
