package placement_test

import (
	"testing"

	"masterhand/shared/library/placement"
)

// Without declared codes, a code must be guessed only if the text can mean nothing else.
func TestGuessesAreCareful(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		// "?" means that the key is not placed, because the code may be longer than the part that
		// looks like one: ACME-HRT-1212 or HRT-1212.
		"ACME-HRT-1212-2_9x16.mp4":    "?",
		"EN-HRT-1212-2_9x16.mp4":      "?",
		"client-HRT-1212-2_9x16.mp4":  "HRT-1212|2||9x16",
		"ACME_HRT-1212-2_9x16.mp4":    "HRT-1212|2||9x16",
		"summer-hrt-1212-2_9x16.mp4":  "?",
		"HRT-1212-A/v2/en/9x16.mp4":   "?",
		"HRT-1212-EN/v2/9x16.mp4":     "HRT-1212|2|en|9x16",
		"HRT-1212-teaser/v2/9x16.mp4": "HRT-1212|2||9x16",
		"HRT-1212A/v2/9x16.mp4":       "?",
		"HRT-1212summer_v2_9x16.mp4":  "?",
		"SUMMER-SALE-2_9x16.mp4":      "?",
		// Years, resolutions and days may look like codes.
		"HRT-2025-2_9x16.mp4":           "HRT-2025|2||9x16",
		"HRT-2025/v2/9x16.mp4":          "HRT-2025|2||9x16",
		"XMAS-2025/HRT-1212-2_9x16.mp4": "HRT-1212|2||9x16",
		"US-2025-2_9x16.mp4":            "?",
		"summer-2025-2_9x16.mp4":        "?",
		"FULL-1080/9x16_v2.mp4":         "?",
		"HRT-1212-25.11.01.mp4":         "?",
		"HRT-1212-251101.mp4":           "?",
		"HRT-1212-1080.mp4":             "?",
		"HRT-1212_1080_v2.mp4":          "HRT-1212|2||",
		"HRT-1212-916_v2.mp4":           "?",
		"HRT-1212_v2x9x16.mp4":          "HRT-1212|2||9x16",
		"HRT-1212 (2)_9x16_en.mp4":      "HRT-1212|2|en|9x16",
		"HRT-1212/2a3b4c5d/v3.mp4":      "HRT-1212|3||",
		"HRT-1212-2_20250815b_de.mp4":   "HRT-1212|2|de|",
		// A code of two digits is guessed only if a variation follows: AB-77-3, HRT-99/v2.
		"AB-77-3_en_9x16.mp4":   "AB-77|3|en|9x16",
		"HRT-99/v2/en/9x16.mp4": "HRT-99|2|en|9x16",
		"HRT-99_9x16_en.mp4":    "HRT|99|en|9x16",
		"AD-9-16_v2_9x16.mp4":   "?",
		"PROMO-2_v3_en.mp4":     "?",
		"AB-3-2_en_9x16.mp4":    "?",
		// A word, such as PROMO, is guessed to be a code only if the key has an aspect or a locale.
		"PROMO-2_en.mp4":          "PROMO|2|en|",
		"PROMO-2.mp4":             "?",
		"PROMO_2_en_9x16.mp4":     "?",
		"Promo-2_en_9x16.mp4":     "?",
		"PROMO/v2/en/PROMO-3.mp4": "?",
		"PROMO/v3/en/PROMO-3.mp4": "PROMO|3|en|",
		"HRT-1212-2_PROMO-3.mp4":  "?",
		"HRT-1212-2_AB-3.mp4":     "?",
		// A version in a parent folder is not the variation of the file.
		"projects/v2/HRT-1212-7_en.mp4": "HRT-1212|7|en|",
		"projects/v2/HRT-1212_en.mp4":   "?",
		// A second spelling of the same code is allowed. A second variation or a second code is
		// not allowed.
		"HRT-1212-2/hrt 1212 v2.mp4":   "HRT-1212|2||",
		"HRT-1212-2/hrt 1212 v3.mp4":   "?",
		"HRT-1212-2 vs HRT 1213-2.mp4": "?",
		"HRT-1212-2 vs cr042-2.mp4":    "?",
		"019d928c/HRT-1212-2.mp4":      "HRT-1212|2||",
		"0a1b2c3d4/HRT-1212/2/en.mp4":  "HRT-1212|2|en|",
		"HRT-1212/a1212b34c/v2.mp4":    "HRT-1212|2||",
	} {
		if w := wrong((placement.Rules{}).Place(key, placement.UnknownSize), want); w != "" {
			t.Errorf("%q\nwant %s\ngot  %s", key, want, w)
		}
	}
}

// With declared codes, other words and numbers must not prevent the placement.
func TestOtherWordsDoNotHinderADeclaredCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ codes, key, want string }{
		{"HRT-####", "ACME-HRT-1212-2_9x16.mp4", "HRT-1212|2||9x16"},
		{"HRT-####", "EN-HRT-1212-2_9x16.mp4", "HRT-1212|2|en|9x16"},
		{"HRT-####", "HRT-1212-2_PROMO-3_AB-1234.mp4", "HRT-1212|2||"},
		{"HRT-####", "CR2466-2_9x16.mp4", "?"},
		{"HRT-####", "HRT-1212-2_9x16_UK-1234.mp4", "HRT-1212|2||9x16"},
		{"HRT-####", "hrt_1212_v2_9x16.mp4", "HRT-1212|2||9x16"},
		{"HRT-####", "HRT1212-2_9x16.mp4", "HRT-1212|2||9x16"},
		{"HRT-####", "HRT-1212_vs_hrt 1213 v2.mp4", "?"},
		{"HRT-####", "SummerHRT-1212-2.mp4", "?"},
		{"HRT-####", "HRT-1212A-2.mp4", "?"},
		{"HRT-####", "HRT-12123-2.mp4", "?"},
		{"HRT-####,HRT####", "HRT1212-2_9x16.mp4", "HRT1212|2||9x16"},
		{"HRT-####,HRT-####-##", "HRT-1212-07-2_9x16.mp4", "HRT-1212-07|2||9x16"},
		{"[A-Z]{2,5}-####", "AB-1212-2_9x16.mp4", "AB-1212|2||9x16"},
		{"[A-Z]{2,5}-####", "ab-1212-2_9x16.mp4", "AB-1212|2||9x16"},
		{"[A-Z]{2,5}-####", "IMG-1234-2.mp4", "?"},
		{"[A-Z]{2,5}-####", "AUG-2025_HRT-1212-2.mp4", "HRT-1212|2||"},
		{"[A-Z]{2,5}-####", "DE-2025_HRT-1212-2.mp4", "HRT-1212|2|de|"},
		{"[A-Z]{2,5}-####", "Sale 2025_HRT-1212-2.mp4", "HRT-1212|2||"},
		{"SUMMER", "summer_2_9x16_de.mp4", "SUMMER|2|de|9x16"},
		{"SUMMER", "SUMMER/v2/Summer vibes_9x16.mp4", "SUMMER|2||9x16"},
		{"SUMMER", "SUMMER2_9x16.mp4", "?"},
		{"SUMMER,WINTER", "SUMMER-2_no winter.mp4", "?"},
		{"SUMMER", "midsummer-2_9x16.mp4", "?"},
		{"ad##", "AD07_v2.jpg", "ad07|2||"},
	} {
		r := rules(t, placement.Settings{Codes: placement.SplitCodes(c.codes)})
		if w := wrong(r.Place(c.key, placement.UnknownSize), c.want); w != "" {
			t.Errorf("%s: %q\nwant %s\ngot  %s", c.codes, c.key, c.want, w)
		}
	}
}
