package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/coverage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// covering returns a chart that contains each state that the table can show.
func covering() coverage.Chart {
	hrt := creative.Creative{Code: "HRT-1212", Variation: 2}
	film := func(key string, l creative.Locale, a creative.Aspect, edit func(*masters.Master)) masters.Master {
		m := masters.Master{Key: key, Size: 1, Kind: creative.Video, Locale: l, Aspect: a, NamedAspect: a, Probed: true, Extension: "mp4"}
		if edit != nil {
			edit(&m)
		}
		return m
	}
	image := func(m *masters.Master) { m.Kind = creative.Image }
	asks := make([]coverage.Ask, 1200)
	for i := range asks {
		asks[i] = coverage.Ask{Slot: creative.Slot{Creative: hrt, Locale: "de", Kind: creative.Video, Aspect: "4x5"}, Skipped: true, At: noon}
	}
	s := coverage.New(masters.Library{Name: "films"}, asks)
	doc := masters.NewDocument(hrt)
	doc.Masters = []masters.Master{
		film("a.mp4", "en", "9x16", nil), film("b.mp4", "en", "9x16", nil), film("c.mp4", "pt", "9x16", nil), film("d.mp4", "pt-br", "1x1", nil),
		film("e.mp4", "en", "4x5", func(m *masters.Master) { m.Problem = masters.Corrupt }),
		film("f.mp4", "en", "1x1", func(m *masters.Master) { m.StorageClass = "GLACIER" }),
		film("g.mp4", "de", "7x5", func(m *masters.Master) { m.NamedAspect = "1x1" }),
		film("h.jpg", "en", "", image), film("i.jpg", "en", "1.91x1", image), film("j.mp4", "", "9x16", nil),
	}
	s.Add(doc)
	long := masters.NewDocument(creative.Creative{Code: "EINE-KAMPAGNE-MIT-SEHR-LANGEM-NAMEN\x1b[2J", Variation: 123456})
	long.Masters = []masters.Master{film("k.mp4", "zh-hant-tw", "16x9", nil), film("l.mp4", "zh-hant-tw", "3x4", nil)}
	s.Add(long)
	return s.Chart()
}

// golden compares an output with a golden file in testdata. With -update it writes the output to
// that file instead.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it anew); got\n%s", path, got)
	}
}

func TestCoverageTable(t *testing.T) {
	t.Parallel()
	for name, colours := range map[string]bool{"coverage.txt": false, "coverage.ansi": true} {
		var out bytes.Buffer
		s := &session{terminal: terminal{Screen: screen.Screen{Out: &out, Width: 100, Colours: colours}}}
		if err := s.showCoverage(covering(), coverageOptions{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); !colours && strings.Contains(line, "video") && n > 100 {
				t.Errorf("%d letters wide: %s", n, line)
			}
		}
	}
}

// The widest possible coverage table still fits the width of a terminal.
func TestCoverageTableStaysNarrow(t *testing.T) {
	t.Parallel()
	var asks []coverage.Ask
	for range 2000 {
		for _, a := range []creative.Aspect{"9x16", "4x5", "1x1", "3x4", "16x9", "1.91x1", "7x5"} {
			asks = append(asks, coverage.Ask{Slot: creative.Slot{
				Creative: creative.Creative{Code: strings.Repeat("W", creative.MaxCode), Variation: creative.MaxVariation}, Locale: "zh-hant-tw-x-private", Kind: creative.Video, Aspect: a,
			}, Skipped: true})
		}
	}
	var out bytes.Buffer
	if err := (screen.Screen{Out: &out, Width: 100}).Print(coverageTable(coverage.New(masters.Library{}, asks).Chart())); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 100 {
			t.Errorf("%d letters wide: %s", n, line)
		}
	}
	var piped bytes.Buffer
	if err := (screen.Screen{Out: &piped}).Print(coverageTable(coverage.New(masters.Library{}, asks).Chart())); err != nil || !strings.Contains(piped.String(), asks[0].Slot.Creative.String()+"  zh-hant-tw-x-private  ") {
		t.Errorf("a pipe does not get the whole names: %s, %v", &piped, err)
	}
}

func TestAFailedWriteKeepsTheOldFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "coverage.svg")
	full := errors.New("disk full")
	write := func(text string, err error) error {
		return writeFile(path, func(w io.Writer) error {
			_, _ = io.WriteString(w, text)
			return err
		})
	}
	if err := write("one", nil); err != nil {
		t.Fatal(err)
	}
	if err := write("tw", full); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
	if content, err := os.ReadFile(path); string(content) != "one" {
		t.Errorf("%q, %v", content, err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLastDays(t *testing.T) {
	t.Parallel()
	days := lastDays(time.Date(2026, 3, 1, 0, 30, 0, 0, time.FixedZone("", 3600)), 2)
	if strings.Join(days, " ") != "2026-02-28 2026-02-27" {
		t.Errorf("%v", days)
	}
	if q := (requestQuery{day: "2026-11-21"}); q.span() != "on 2026-11-21" {
		t.Error(q.span())
	}
}

func TestRequestsFitATerminal(t *testing.T) {
	t.Parallel()
	item := ledger.Item{
		ID: "req#0123456789abcdef", State: ledger.Skipped, Destination: "outpost", ReceivedAt: noon, Slot: "p#HRT-1212#2#en#video", Target: "9x16",
		Decision: &ledger.Decision{Skip: "no_match:creative"},
	}
	shown := func(items ...ledger.Item) string {
		var out strings.Builder
		if err := (screen.Screen{Out: &out, Width: 80}).Print(requestsTable(items)); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(line) - 1; n > 80 {
				t.Errorf("%d wide: %s", n, line)
			}
		}
		return out.String()
	}
	if got := shown(item, item); !strings.Contains(got, "11-21 12:00Z  skipped  HRT-1212-2  en video 9x16  no_match:creative  01234567\n") || strings.Contains(got, "FROM") {
		t.Error(got)
	}
	other := item
	other.Destination, other.State, other.Slot = "standard", ledger.FulfilledElsewhere, "p#HRT-A-VERY-LONG-CODE#2#en#video"
	if got := shown(item, other); !strings.Contains(got, "  FROM\n") || !strings.Contains(got, "  standard\n") {
		t.Error(got)
	}
}

// gapsText returns the output of "coverage --gaps" for a request with the given state, for a creative
// without masters.
func gapsText(t *testing.T, i ledger.Item) string {
	t.Helper()
	a, ok := coverage.AskOf(i)
	if !ok {
		t.Fatalf("%+v asks for nothing", i)
	}
	var out strings.Builder
	s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
	if err := s.showGaps(coverage.New(masters.Library{Name: "films"}, []coverage.Ask{a}).Chart()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheListOfGapsSaysWhatHeals(t *testing.T) {
	t.Parallel()
	const en = "p#HRT-606#1#en#video"
	for name, c := range map[string]struct {
		item ledger.Item
		want []string
		not  []string
	}{
		"a file that is not indexed": {
			ledger.Item{State: ledger.Queued, Slot: en, Code: fulfillment.CodeIndex, Blocker: "HRT-606-1_de_9x16.mp4"},
			[]string{"reread", "masterhand reindex --status"}, []string{"masterhand place", "masterhand ignore"},
		},
		"a file that may be the master": {
			ledger.Item{State: ledger.Queued, Slot: en, Code: fulfillment.CodeUnplaced, Blocker: "odd.mp4"},
			[]string{"masterhand place odd.mp4 HRT-606-1 en 9x16", "masterhand ignore odd.mp4"}, []string{"reindex"},
		},
		"a file whose name cannot state the locale": {
			ledger.Item{State: ledger.Skipped, Slot: "p#HRT-606#1#uk#video", Decision: &ledger.Decision{Skip: "no_match:locale"}},
			[]string{"  put  HRT-606-1_uk_9x16.mp4\n", "masterhand place HRT-606-1_uk_9x16.mp4 HRT-606-1 uk 9x16\n"}, []string{"masterhand ignore"},
		},
		"a file whose name is enough": {
			ledger.Item{State: ledger.Skipped, Slot: en, Decision: &ledger.Decision{Skip: "no_match:locale"}},
			[]string{"  put  HRT-606/v1/en/9x16.mp4\n"}, []string{"masterhand place", "masterhand ignore"},
		},
		"a locale that is no language tag": {
			ledger.Item{State: ledger.Skipped, Slot: "p#HRT-606#1#german#video", Decision: &ledger.Decision{Skip: "no_match:kind"}},
			[]string{"  tell  -\n", "The requested locale german is no language tag"}, []string{"masterhand place", "masterhand ignore"},
		},
	} {
		c.item.Target = "9x16"
		got := gapsText(t, c.item)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: the list lacks %q: %s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: the list has %q: %s", name, not, got)
			}
		}
	}
}
