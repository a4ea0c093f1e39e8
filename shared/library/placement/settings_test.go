package placement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

func TestShapesMatchTheirCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shape    string
		yes, not []string
	}{
		{"HRT-####", []string{"HRT-1212", "hrt-0001", "ＨＲＴ-1212"}, []string{"HRT-121", "HRT-12123", "HRT1212", "XHRT-1212", ""}},
		{"[A-Z]{2,5}-####", []string{"AB-1212", "abcde-1212", "ÜBER-0007"}, []string{"A-1212", "ABCDEF-1212", "A1-1212"}},
		{"SUMMER", []string{"SUMMER", "Summer"}, []string{"SUMMERS", "SUMME"}},
		{"ÄPFEL", []string{"ÄPFEL", "A\u0308PFEL", "äpfel"}, []string{"APFEL"}},
		{"CR#{3,4}", []string{"CR042", "CR2466"}, []string{"CR04", "CR24667"}},
		{"AB-[0-9]{3}[A-Z]", []string{"AB-123C"}, []string{"AB-123", "AB-1234"}},
	} {
		code, err := placement.ParseCode(c.shape)
		if err != nil {
			t.Errorf("%s: %v", c.shape, err)
			continue
		}
		for _, text := range c.yes {
			if !code.Matches(text) {
				t.Errorf("%s does not match %q", c.shape, text)
			}
		}
		for _, text := range c.not {
			if code.Matches(text) {
				t.Errorf("%s matches %q", c.shape, text)
			}
		}
		if code.String() != c.shape {
			t.Errorf("%s is written %s", c.shape, code)
		}
	}
}

func TestEachMistakeInAShapeHasItsReason(t *testing.T) {
	t.Parallel()
	for shape, reason := range map[string]string{
		"":                          "got nothing",
		strings.Repeat("A", 65):     "over 64 bytes",
		strings.Repeat("A", 64):     "codes over 63 characters",
		"HRT-\xff":                  "not UTF-8",
		"[A-Z-####":                 "[ without ]",
		"[A-C]-####":                "[A-C] is neither [A-Z] nor [0-9]",
		"HRT]-####":                 "] without [",
		"HRT{2}-####":               "{ must follow # or ]",
		"HRT-#{3":                   "{ without }",
		"HRT-#{3,2}":                "{3,2} is not a count",
		"HRT-#{0}":                  "{0} is not a count",
		"HRT-#{99}":                 "{99} is not a count",
		"HRT-#{a}":                  "{a} is not a count",
		"HRT/####":                  "no slash",
		"HRT\u200b-##":              "no invisible characters",
		"-####":                     "must begin and end with a letter or a digit",
		"HRT-":                      "must begin and end with a letter or a digit",
		"####":                      "digits alone match every date and size",
		"####-##-##":                "digits alone match every date and size",
		"[A-Z]{3}":                  "letters alone match every word",
		"V##":                       "V02, a version",
		"[A-Z]##":                   "V02, a version",
		"Q#":                        "Q4, a quarter",
		"KW##":                      "KW33, which is never a code",
		"IMG_####":                  "IMG_1234, which is never a code",
		"h###":                      "H264, a codec",
		"####p":                     "1080P, a resolution",
		"final":                     "a common word in file names",
		"AUGUST":                    "a month",
		"DE":                        "a language or a market",
		"english":                   "a language or a market",
		"square":                    "an aspect",
		"[A-Z]{9}-[A-Z]{32}-#{30}A": "codes over 63 characters",
	} {
		_, err := placement.ParseCode(shape)
		if !errors.Is(err, placement.ErrCode) || !strings.Contains(err.Error(), reason) {
			t.Errorf("ParseCode(%q) = %v, want %q", shape, err, reason)
		}
	}
}

func TestDeclaredLocalesGoFirst(t *testing.T) {
	t.Parallel()
	declaredLocales := map[string]string{"UK": "en-GB", "CH": "de-CH", "Schweiz FR": "fr-CH", "SQ": "sq"}
	delete(declaredLocales, "SQ")
	r := rules(t, placement.Settings{Locales: declaredLocales})
	only := rules(t, placement.Settings{Locales: declaredLocales, OnlyDeclaredLocales: true})
	for _, c := range []struct {
		key        string
		all, alone creative.Locale
		unclear    bool
	}{
		{"HRT-1212-2_9x16_UK.mp4", "en-gb", "en-gb", false},
		{"HRT-1212-2_9x16_uk.mp4", "en-gb", "en-gb", false},
		{"HRT-1212/V2/CH/9x16.mp4", "de-ch", "de-ch", false},
		{"HRT-1212-2_9x16_Schweiz_FR.mp4", "fr-ch", "fr-ch", false},
		{"HRT-1212-2_9x16_en.mp4", "en", "", false},
		{"HRT-1212-2_9x16_SE.mp4", "", "", true},
		{"HRT-1212-2_Summer UK_9x16.mp4", "en-gb", "en-gb", false},
		{"HRT-1212-2_we love uk tea_9x16.mp4", "", "", false},
	} {
		p := r.Place(c.key, placement.UnknownSize)
		if p.Unplaced != "" || p.Locale != c.all || (p.LocaleUnclear != "") != c.unclear {
			t.Errorf("%s: %+v, want %q", c.key, p, c.all)
		}
		if p := only.Place(c.key, placement.UnknownSize); p.Unplaced != "" || p.Locale != c.alone || p.LocaleUnclear != "" {
			t.Errorf("%s with declared locales alone: %+v, want %q", c.key, p, c.alone)
		}
	}
}

func TestEachMistakeInALocaleHasItsReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words  map[string]string
		reason string
	}{
		{map[string]string{"": "en"}, "must begin with a letter"},
		{map[string]string{"2": "en"}, "must begin with a letter"},
		{map[string]string{"UK": "english please"}, "english please is not a locale"},
		{map[string]string{"UK": "en-GB", "uk": "en"}, "declared twice"},
		{map[string]string{"final": "en"}, "another meaning"},
		{map[string]string{"v": "en"}, "another meaning"},
		{map[string]string{"SQ": "sq"}, "another meaning"},
		{map[string]string{"U\xff": "en"}, "not UTF-8"},
	} {
		if _, err := placement.ParseLocale(c.words); !errors.Is(err, placement.ErrLocale) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("ParseLocale(%q) = %v, want %q", c.words, err, c.reason)
		}
	}
}

// ParseRules must report all mistakes at once.
func TestRulesReportEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := placement.ParseRules(placement.Settings{Codes: []string{"####", "HRT-####"}, Locales: map[string]string{"UK": "?"}, Patterns: []string{"{code}.mp4"}})
	for _, want := range []error{placement.ErrCode, placement.ErrLocale, placement.ErrPattern} {
		if !errors.Is(err, want) {
			t.Errorf("%v does not report: %v", err, want)
		}
	}
	if _, err := placement.ParseRules(placement.Settings{OnlyDeclaredLocales: true}); !errors.Is(err, placement.ErrRules) {
		t.Errorf("only declared locales without one: %v", err)
	}
	if _, err := placement.ParseRules(placement.Settings{Codes: make([]string, placement.MaxCodes+1)}); !errors.Is(err, placement.ErrRules) {
		t.Errorf("too many codes: %v", err)
	}
}

func TestCommasInsideBracesDoNotSeparate(t *testing.T) {
	t.Parallel()
	got := placement.SplitCodes("HRT-####, [A-Z]{2,5}-####,,SUMMER")
	if want := []string{"HRT-####", "[A-Z]{2,5}-####", "SUMMER"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Rules that place keys differently must have different fingerprints.
func TestFingerprintsCoverEverySetting(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, s := range []placement.Settings{
		{}, {Prefix: "a"}, {Codes: []string{"HRT-####"}}, {Codes: []string{"HRT-###"}}, {Locales: map[string]string{"UK": "en"}}, {Locales: map[string]string{"UK": "de"}},
		{Locales: map[string]string{"UK": "en"}, OnlyDeclaredLocales: true}, {Patterns: []string{"{code}_{variation}"}},
	} {
		f := rules(t, s).Fingerprint()
		if j, twice := seen[f]; twice {
			t.Errorf("settings %d and %d have one fingerprint", i, j)
		}
		seen[f] = i
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	keys := []string{"HRT-1212-2_9x16_UK.mp4", "HRT-1213_v1_9x16_UK.mp4", "CR2466_1x1_CH.png", "CR2467/v2/9x16_CH.mp4", "films/CR2468.mp4", "IMG_1234.mov", "clip-3.mp4", "one AB-123.mp4"}
	codes, markets := placement.Rules{}.Suggest(slices.Values(keys))
	if len(codes) != 2 || codes[0].Text != "CR####" || codes[0].Keys != 3 || codes[1].Text != "HRT-####" || codes[1].Example != keys[0] {
		t.Errorf("codes %+v", codes)
	}
	if len(markets) != 2 || markets[0].Text != "CH" || markets[1].Text != "UK" {
		t.Errorf("markets %+v", markets)
	}
	codes, markets = rules(t, placement.Settings{Codes: []string{"CR####"}, Locales: map[string]string{"UK": "en-GB"}}).Suggest(slices.Values(keys))
	if len(codes) != 1 || codes[0].Text != "HRT-####" || len(markets) != 1 || markets[0].Text != "CH" {
		t.Errorf("beside declared ones: %+v, %+v", codes, markets)
	}
}

func FuzzCode(f *testing.F) {
	f.Add("HRT-####", "hrt-1212")
	f.Add("[A-Z]{2,5}-#{1,9}A", "ab-1a")
	f.Fuzz(func(t *testing.T, shape, text string) {
		c, err := placement.ParseCode(shape)
		if err != nil {
			return
		}
		c.Matches(text)
		p := (placement.Rules{Codes: []placement.Code{c}}).Place(text+"-2", placement.UnknownSize)
		if p.Unplaced == "" && !c.Matches(p.Creative.Code) {
			t.Errorf("%q is placed at %v, which %q does not match", text, p.Creative, shape)
		}
	})
}
