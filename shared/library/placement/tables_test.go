package placement_test

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

func rules(t testing.TB, s placement.Settings) placement.Rules {
	t.Helper()
	r, err := placement.ParseRules(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// table returns the rows of a table in testdata, without the header.
func table(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	r.LazyQuotes = name != "names-grid.tsv"
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// wrong compares a placement with the expected text in a row of a table. It returns a description
// of the placement if they differ, else "".
func wrong(p placement.Placement, expected string) string {
	got := strings.Join([]string{p.Creative.String(), string(p.Locale), string(p.Aspect), "unplaced: " + p.Unplaced, "never: " + p.Never, "unclear: " + p.LocaleUnclear}, " | ")
	switch expected {
	case "never":
		if p.Never == "" {
			return got
		}
		return ""
	case "?":
		if p.Unplaced == "" || p.Never != "" {
			return got
		}
		return ""
	}
	parts := strings.Split(expected, "|")
	want, maybe := strings.CutPrefix(parts[3], "~")
	aspect := string(p.Aspect) == want || maybe && p.Aspect == ""
	locale := string(p.Locale) == parts[2] && p.LocaleUnclear == ""
	if parts[2] == "~" { // "~" in the table means that the placement may have any locale
		locale = true
	}
	if strings.HasPrefix(parts[2], "(") {
		locale = p.Locale == "" && p.LocaleUnclear != ""
	}
	if p.Unplaced != "" || p.Creative.Code+"|"+creativeNumber(p) != parts[0]+"|"+parts[1] || !locale || !aspect {
		return got
	}
	return ""
}

func creativeNumber(p placement.Placement) string {
	_, n, _ := strings.Cut(strings.TrimPrefix(p.Creative.String(), p.Creative.Code), "-")
	return n
}

var declared = []string{"HRT-####", "HRT####", "CR####", "CR###", "ad##", "ÄPFEL"}

// The table lists names from 27 public guides, tools and habits. The package must read each name
// as a person would.
func TestNamesThatTeamsUse(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"names.tsv", "habits.tsv"} {
		failed := 0
		with, without := rules(t, placement.Settings{Codes: declared}), placement.Rules{}
		for _, row := range table(t, file) {
			if len(row) == 2 {
				row = []string{"", row[0], row[1]}
			}
			if w := wrong(with.Place(row[1], placement.UnknownSize), row[2]); w != "" {
				t.Errorf("%s with codes %q\nwant %s\ngot  %s", row[0], row[1], row[2], w)
			}
			if w := wrong(without.Place(row[1], placement.UnknownSize), row[2]); w != "" {
				// skip ad12, because without a dash, a code of two digits is never guessed
				if !strings.HasPrefix(strings.ToLower(row[1]), "ad12") {
					t.Errorf("%s without codes %q is wrong", row[0], row[1])
				}
				failed++
				t.Logf("%s without codes %q\nwant %s\ngot  %s", row[0], row[1], row[2], w)
			}
		}
		if failed > 2 && file == "names.tsv" {
			t.Errorf("%d of %s are wrong without declared codes, want at most 2", failed, file)
		}
	}
}

// Whatever surrounds HRT-1212-2 in a key, the key must be placed at that creative or name it.
func TestACreativeIsPlacedOrNamedHoweverItIsWrapped(t *testing.T) {
	t.Parallel()
	want := creative.Creative{Code: "HRT-1212", Variation: 2}
	for name, r := range map[string]placement.Rules{"guessed": {}, "declared": rules(t, placement.Settings{Codes: declared}), "one": rules(t, placement.Settings{Codes: []string{"HRT-####"}})} {
		placed, rows, others := 0, table(t, "names-grid.tsv"), 0
		for _, row := range rows {
			key := row[2]
			p := r.Place(key, placement.UnknownSize)
			switch {
			case p.Unplaced == "" && p.Creative == want:
				placed++
			case p.Unplaced == "" && placement.Elsewhere(p.Creative, want):
				t.Errorf("%s: %q is placed at %s", name, key, p.Creative)
			case !r.Blocks(key, placement.UnknownSize, want):
				t.Errorf("%s: %q neither belongs to %s nor blocks it: %+v", name, key, want, p)
			default:
				t.Logf("%s: unplaced %q %s", name, key, p.Unplaced)
			}
			for v := range 40 {
				if v != 2 && placement.Names(key, creative.Creative{Code: "HRT-1212", Variation: v}) {
					others++
				}
			}
		}
		t.Logf("%s: %d of %d placed, %.3f others blocked", name, placed, len(rows), float64(others)/float64(len(rows)))
		if placed*100 < len(rows)*80 {
			t.Errorf("%s: %d of %d are placed, want 80 %%", name, placed, len(rows))
		}
	}
}
