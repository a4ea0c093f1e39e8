package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// offline runs the command "names", and fails the test if the command calls AWS.
func offline(t *testing.T, input string, args ...string) said {
	t.Helper()
	return operator{input: input}.run(t, func(context.Context, string, string) (aws.Config, error) {
		t.Error("asked for AWS")
		return aws.Config{}, nil
	}, append([]string{"names"}, args...)...)
}

// table returns the rows of a table file in the testdata folder of package placement, without the
// header.
func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("../../shared/library/placement/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// column returns the cells of column n, both as a list and as lines of text.
func column(rows [][]string, n int) (cells []string, lines string) {
	for _, row := range rows {
		cells = append(cells, row[n])
	}
	return cells, strings.Join(cells, "\n")
}

// namings decodes the output of --json. It fails the test unless the output has exactly one line
// for each of these keys.
func (s said) namings(t *testing.T, keys []string) (all []naming) {
	t.Helper()
	for line := range strings.Lines(s.out) {
		var n naming
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&n); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, n)
	}
	if len(all) != len(keys) {
		t.Fatalf("%d lines for %d keys\n%s", len(all), len(keys), s.err)
	}
	for i, key := range keys {
		if all[i].Key != key {
			t.Fatalf("line %d is of %q, want %q", i+1, all[i].Key, key)
		}
	}
	return all
}

// as returns the naming in the notation of the file names.tsv, so that the test can compare it with
// the text that the file expects.
func (n naming) as(expected string) string {
	locale := string(n.Locale)
	switch {
	case n.Never != "":
		return "never"
	case n.Unplaced != "":
		return "?"
	case n.LocaleUnclear != "" && strings.Contains(expected, "|("):
		// The test expects some reason why the locale is unclear, and accepts any reason.
		locale = strings.Split(expected, "|")[2]
	case strings.Contains(expected, "|~|"):
		locale = "~" // the expected "~" stands for any locale, so any locale is right
	}
	aspect := string(n.Aspect)
	if want := strings.Split(expected, "|"); strings.HasPrefix(want[len(want)-1], "~") && (aspect == "" || "~"+aspect == want[3]) {
		aspect = want[3]
	}
	return fmt.Sprintf("%s|%d|%s|%s", n.Code, n.Variation, locale, aspect)
}

func TestNamesPlacesTheKeysThatTeamsUse(t *testing.T) {
	t.Parallel()
	rows := table(t, "names.tsv")
	keys, lines := column(rows, 1)
	for name, c := range map[string]struct {
		args  []string
		wrong int
	}{
		"declared": {[]string{"--codes", "HRT-####,HRT####,CR####", "--codes", "CR###,ad##,ÄPFEL"}, 0},
		"guessed":  {nil, 2},
	} {
		said := offline(t, lines, append(c.args, "--json")...)
		said.expect(t, 1, "are not placed (")
		wrong := 0
		for i, n := range said.namings(t, keys) {
			if got := n.as(rows[i][2]); got != rows[i][2] {
				wrong++
				t.Logf("%s: %q is %s, want %s", name, n.Key, got, rows[i][2])
			}
			if n.Blocks != nil {
				t.Errorf("%q has blocks without --want", n.Key)
			}
		}
		if wrong > c.wrong {
			t.Errorf("%s: %d are wrong, want at most %d", name, wrong, c.wrong)
		}
	}
}

// A key that contains HRT-1212-2 in any form must be placed at that creative or block a skip of it.
func TestNamesNeverAllowsAFalseSkip(t *testing.T) {
	t.Parallel()
	keys, lines := column(table(t, "names-grid.tsv"), 2)
	for _, args := range [][]string{nil, {"--codes", "HRT-####"}} {
		said := offline(t, lines, append(args, "--json", "--want", "HRT-1212-2")...)
		placed := 0
		for _, n := range said.namings(t, keys) {
			there := n.Unplaced == "" && n.creative().String() == "HRT-1212-2"
			if there {
				placed++
			}
			if n.Blocks == nil || *n.Blocks == there {
				t.Errorf("%v: %+v", args, n)
			}
		}
		if placed*100 < 80*len(keys) {
			t.Errorf("%v: %d of %d are placed, want 80 %%", args, placed, len(keys))
		}
	}
}

func TestNamesJSON(t *testing.T) {
	t.Parallel()
	const input = "HRT-1212-2_9x16_en.mp4\nHRT-1212-2_UK.mp4\nHRT-1212-2_thumb.jpg\nHRT-1212-2 or HRT-1213-2.mp4\n"
	for want, args := range map[string][]string{
		`{"key":"HRT-1212-2_9x16_en.mp4","code":"HRT-1212","variation":2,"locale":"en","aspect":"9x16","unplaced":"","never":"","localeUnclear":""}`:  nil,
		`{"key":"HRT-1212-2_UK.mp4","code":"HRT-1212","variation":2,"locale":"","aspect":"","unplaced":"","never":"","localeUnclear":"UK is a market`: nil,
		`{"key":"HRT-1212-2_thumb.jpg","code":"","variation":0,"locale":"","aspect":"","unplaced":"a thumbnail","never":"a thumbnail"`:                nil,
		`"HRT-1212-2_UK.mp4","code":"HRT-1212","variation":2,"locale":"en-gb",`:                                                                       {"--locales", "UK=en-GB, CH=de-CH"},
		`"HRT-1212-2_UK.mp4","code":"HRT-1212","variation":2,"locale":"de-at",`:                                                                       {"--locales", `{"UK":"de-AT"}`, "--locales", "CH=de-CH"},
		`{"key":"HRT-1212-2_9x16_en.mp4","code":"HRT-1212","variation":2,"locale":"",`:                                                                {"--locales", "UK=en-GB", "--only-declared-locales"},
		`,"localeUnclear":"","blocks":true}`:                                                    {"--want", "HRT-1212-2"},
		`{"key":"HRT-1212-2_9x16_en.mp4","code":"HRT-1212-2_9x16","variation":7,"locale":"en",`: {"--pattern", "{code}_{locale}{variation=7}"},
		`{"key":"HRT-1212-2_9x16_en.mp4","code":"","variation":0,"locale":"","aspect":"","unplaced":"outside the library's prefix","never":"","localeUnclear":"","blocks":false}`: {"--prefix", "team/", "--want", "HRT-1212-2"},
	} {
		got := offline(t, input, append(args, "--json")...)
		got.expect(t, 1, want)
		got.namings(t, strings.Split(strings.TrimSpace(input), "\n"))
	}
}

const namesShown = `KEY                     BECOMES             SKIP     WHY
HRT-1212-2_9x16_en.mp4  HRT-1212-2 en 9x16  -
HRT-1213-4_UK.mp4       HRT-1213-4 - -      -        locale unclear: UK is a market, not a language: name the language too, or declare the locale that UK means
CR123.mp4               unplaced            -        no variation after CR123: name the file like CR123-2_en_9x16.mp4
CR124_UK.mp4            unplaced            -        no variation after CR124: name the file like CR124-2_en_9x16.mp4
HRT-1212-2_thumb.jpg    not a master        -        a thumbnail
x HRT-1212.mp4          unplaced            blocked  no variation after HRT-1212: name the file like HRT-1212-2_en_9x16.mp4

6 keys: 2 placed (1 with an unclear locale), 3 unplaced, 1 not masters
HRT-1212-1: 0 keys placed there, 1 key would block a skip

Shapes of codes that the library could declare:
SHAPE     KEYS  FOR EXAMPLE
HRT-####  4     HRT-1212-2_9x16_en.mp4
CR###     2     CR123.mp4

Words in place of a locale, whose locale the library could declare:
WORD  KEYS  FOR EXAMPLE
UK    2     HRT-1213-4_UK.mp4

Patterns that neither place nor refuse a key:
  {code}!{variation}
`

func TestNamesShowsKeysCountsAndAdvice(t *testing.T) {
	t.Parallel()
	const input = "HRT-1212-2_9x16_en.mp4\nHRT-1213-4_UK.mp4\nCR123.mp4\nCR124_UK.mp4\nHRT-1212-2_thumb.jpg\nx HRT-1212.mp4\n"
	got := offline(t, input, "--want", "HRT-1212-1", "--pattern", "{code}!{variation}")
	got.expect(t, 1, "(3 of 6 unplaced)")
	if got.out != namesShown {
		t.Errorf("shows\n%s, want\n%s", got.out, namesShown)
	}
	declared := offline(t, input, "--codes", "CR###,HRT-####", "--locales", "UK=en-GB")
	declared.quiet(t, "Shapes", "Words", "Patterns")
	for pattern, used := range map[string]bool{"{code}": true, "{code!}_": false} {
		pattern += "{variation=1}"
		got := offline(t, "CR123.mp4", "--pattern", pattern)
		if strings.Contains(got.out, "neither place nor refuse") == used {
			t.Errorf("%s: %s", pattern, got.out)
		}
	}
	// The command warns of unused patterns. A pattern that refuses a key counts as used, so here
	// the command prints no warning.
	offline(t, "A_1_2_x.mp4", "--pattern", "{code}_{variation}_*").quiet(t, "neither place nor refuse")
}

func TestNamesExitCode(t *testing.T) {
	t.Parallel()
	for input, code := range map[string]int{
		"": 0, "\n\r\n\n": 0, "HRT-1212-2.mp4": 0, "HRT-1212-2_UK.mp4\nHRT-1212-2_thumb.jpg\n.DS_Store\nfolder/\n": 0, "HRT-1212-2.mp4\nholiday.mp4": 1,
	} {
		for _, args := range [][]string{nil, {"--json"}} {
			offline(t, input, args...).expect(t, code)
		}
	}
	offline(t, "").expect(t, 0, "standard input has no keys")
}

// Each line of the input becomes exactly one key and one line of the output. The output can never
// control the terminal.
func TestNamesHandlesUnusualLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x/", 600) + "HRT-1212-2.mp4"
	keys := []string{
		"HRT-1212-2 🍏.mp4", "A\u0308PFEL-3.mp4", "ÄPFEL-3.mp4", "\u202eHRT-1212-2.mp4", "a\tHRT-1212-2.mp4", "a\x00b.mp4", "\x1b[31mHRT-1212-2\u009b2J.mp4",
		" ", "--help", "2025-08-15T12:00:00+02:00", long, "a\rb",
	}
	for _, end := range []string{"\n", "\r\n"} {
		got := offline(t, "\ufeff"+strings.Join(keys, end), "--json")
		all := got.namings(t, keys)
		if got.code != 1 || !strings.Contains(all[5].Unplaced, "NUL") || !strings.Contains(all[10].Unplaced, "1024 bytes") {
			t.Errorf("%+v", all)
		}
		got.quiet(t, "\x1b", "\u009b", "\u202e", "\r")
		offline(t, strings.Join(keys, end)).quiet(t, "\x1b", "\u009b", "\u202e", "\t", "\x00", "\r")
	}
	got := offline(t, strings.Repeat("ä", maxLine)+"\nHRT-1212-2.mp4\n\xff\n", "--json")
	all := got.namings(t, []string{strings.Repeat("ä", maxLine/2), "HRT-1212-2.mp4", "�"})
	if !strings.Contains(all[0].Unplaced, "1024 bytes") || all[1].Unplaced != "" || all[2].Unplaced != notUTF8 {
		t.Errorf("%.100q, %+v", all[0].Unplaced, all[1:])
	}
}

func TestNamesSaysThatItReadsTheTerminal(t *testing.T) {
	t.Parallel()
	const hint = "reading keys from standard input, one on each line; Ctrl-D ends them"
	got := operator{input: "HRT-1212-2.mp4\n", hidden: "x"}.run(t, noRegion, "names", "--json")
	got.expect(t, 0, hint)
	got.namings(t, []string{"HRT-1212-2.mp4"})
	offline(t, "HRT-1212-2.mp4").quiet(t, hint)
}

func TestNamesRefusesMistakesWithTheirReasons(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"a shape of a date":   {[]string{"--codes", "####-##-##"}, []string{`invalid shape of codes: "####-##-##": `, "digits alone"}},
		"a known word":        {[]string{"--codes", "FINAL"}, []string{`"FINAL": also matches a common word in file names`}},
		"no shape":            {[]string{"--codes", ","}, []string{"--codes must be shapes of codes such as HRT-####,SUMMER (got none)"}},
		"all mistakes":        {[]string{"--codes", "V2,[x]", "--pattern", "/{code}", "--locales", "UK=english_"}, []string{`"V2": also matches`, `[x] is neither`, `begins with /`, `is not a locale`}},
		"an extension":        {[]string{"--pattern", "{code}-{variation}.mp4"}, []string{"ends in .mp4"}},
		"no variation":        {[]string{"--pattern", "{code}"}, []string{"needs {variation}"}},
		"an empty pattern":    {[]string{"--pattern", ""}, []string{"got nothing"}},
		"no pair":             {[]string{"--locales", "UK"}, []string{`--locales must be WORD=LOCALE such as UK=en-GB (got "UK")`}},
		"no JSON":             {[]string{"--locales", `{"UK":1}`}, []string{"--locales must be a JSON object"}},
		"a word twice":        {[]string{"--locales", "UK=en-GB,UK=en"}, []string{`must have each word once (got "UK" twice)`}},
		"a word for another":  {[]string{"--locales", "final=en"}, []string{"this word has another meaning in file names"}},
		"nothing declared":    {[]string{"--only-declared-locales"}, []string{"none is declared"}},
		"no variation wanted": {[]string{"--want", "HRT"}, []string{"--want: a creative must end in its variation, such as HRT-1212-2"}},
		"nothing wanted":      {[]string{"--want", ""}, []string{"--want: a creative must"}},
		"a code with a slash": {[]string{"--want", "a/b-1"}, []string{"has a slash"}},
		"an argument":         {[]string{"keys.txt"}, []string{"expected no arguments, got 1"}},
		"a deployment":        {[]string{"--name", "x"}, []string{"unknown flag --name"}},
	} {
		got := offline(t, "HRT-1212-2.mp4", c.args...)
		got.expect(t, 2, append(c.says, "wrong arguments")...)
		if got.out != "" {
			t.Errorf("%s: printed %s", name, got.out)
		}
	}
	offline(t, "HRT-1212-2.mp4", "--codes", "HRT-####", "--want", "AB-1").expect(t, 0, "no declared shape matches the code AB")
	offline(t, "ABCDE-123-2.mp4", "--codes", "[A-Z]{2,5}-###,SUMMER").expect(t, 0, "ABCDE-123-2 - -")
}

// The command "names" warns if a declared locale is the name of a language, such as "english". It
// does not warn of a language tag, such as de-CH.
func TestNamesWarnsOfALocaleThatIsNoTag(t *testing.T) {
	t.Parallel()
	got := operator{input: "HRT-1212-2_UK.mp4\n"}.run(t, noRegion, "names", "--locales", "UK=english,CH=de-CH")
	got.expect(t, 0, "warning: --locales: UK stands for english, which is not a language tag: expected a tag such as en or pt-BR\n")
	got.quiet(t, "CH stands for")
}
