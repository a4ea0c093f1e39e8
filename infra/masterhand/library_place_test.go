package main

import (
	"slices"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
)

func TestParsePlacing(t *testing.T) {
	t.Parallel()
	hrt := creative.Creative{Code: "HRT-1212", Variation: 2}
	for line, want := range map[string]placing{
		"a.mp4 HRT-1212-2":                 {hrt, "", ""},
		"a.mp4 b.mp4 HRT-1212-2":           {hrt, "", ""},
		"a.mp4 HRT-1212-2 en":              {hrt, "en", ""},
		"a.mp4 HRT-1212-2 9:16":            {hrt, "", "9x16"},
		"a.mp4 HRT-1212-2 pt_BR 1080x1920": {hrt, "pt-br", "9x16"},
		"a.mp4 HRT-1212-2 es-419":          {hrt, "es-419", ""},
		"HRT-1213-1 HRT-1212-2":            {hrt, "", ""}, // the first word is a key, although it looks like a creative
		"a.mp4 en-1 de":                    {creative.Creative{Code: "en", Variation: 1}, "de", ""},
	} {
		args := strings.Fields(line)
		keys, at, err := parsePlacing(args)
		if err != nil || at != want || !slices.Equal(keys, args[:len(keys)]) || len(keys) == 0 {
			t.Errorf("%s: %q %+v, %v", line, keys, at, err)
		}
	}
	for line, says := range map[string]string{
		"":                             "expected KEY… CODE-N [LOCALE] [ASPECT]",
		"HRT-1212-2":                   "no key before the creative",
		"HRT-1212-2 en 9x16":           "no key before the creative",
		"a.mp4 HRT":                    "must end in its variation",
		"a.mp4":                        "must end in its variation",
		"a.mp4 HRT-1212-2 english":     `expected [LOCALE] [ASPECT] after the creative; "english" is no language tag: expected one such as de (got ["english"])`,
		"a.mp4 HRT-1212-2 916":         `"916" is no aspect: expected one such as 9x16 (got ["916"])`,
		"a.mp4 HRT-1212-2 de 916":      `"916" is no aspect: expected one such as 9x16 (got ["de" "916"])`,
		"a.mp4 HRT-1212-2 german 9x16": `"german" is no language tag: expected one such as de (got ["german" "9x16"])`,
		"a.mp4 HRT-1212-2 de 9x16 x":   `after the creative (got ["de" "9x16" "x"])`,
		"a.mp4 HRT-1212-2 9x16 en":     `after the creative (got ["9x16" "en"])`,
		"a.mp4 HRT-1212-2 en tall":     `"tall" is no aspect: expected one such as 9x16 (got ["en" "tall"])`,
		"a.mp4 HRT-1212-99999999":      "variation outside 0 to 999999",
	} {
		got := operator{}.run(t, noRegion, append([]string{"place"}, strings.Fields(line)...)...)
		got.expect(t, 2, says)
	}
	for line, says := range map[string]string{
		"place a.mp4 HRT-1-1 --library films": "--library is only for --suggest",
		"place a.mp4 HRT-1-1 --json":          "--json asks no questions",
		"ignore":                              "expected the keys of files, got 0",
		"ignore a.mp4 --json":                 "--json asks no questions",
	} {
		operator{}.run(t, noRegion, strings.Fields(line)...).expect(t, 2, says)
	}
	for _, line := range []string{"place a.mp4 HRT-1-1", "place --suggest", "ignore a.mp4"} {
		operator{}.run(t, noRegion, strings.Fields(line)...).expect(t, 1, "no AWS region")
	}
}
