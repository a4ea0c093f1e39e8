package coverage_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/coverage"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	noon    = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	library = masters.Library{Name: "default"}
	hrt     = creative.Creative{Code: "HRT-1212", Variation: 2}
)

// film returns a deliverable master of the test's creative. Each function in edit can change the
// master before film returns it.
func film(key string, l creative.Locale, a creative.Aspect, edit ...func(*masters.Master)) masters.Master {
	m := masters.Master{
		Key: key, ETag: `"1"`, Size: 1000, Kind: creative.Video, Locale: l, Aspect: a, NamedAspect: a, Probed: true, Extension: "mp4",
	}
	for _, e := range edit {
		e(&m)
	}
	return m
}

func image(m *masters.Master) { m.Kind, m.Extension = creative.Image, "jpg" }

func document(c creative.Creative, list ...masters.Master) masters.Document {
	d := masters.NewDocument(c)
	d.Masters = list
	return d
}

// asked returns a ledger item: a request for a master of the test's creative.
func asked(l creative.Locale, k creative.Kind, target string, state ledger.State) ledger.Item {
	i := ledger.Item{
		ID: "req#1", State: state, Target: target, ReceivedAt: noon,
		Slot: creative.Slot{Project: "p", Creative: hrt, Locale: l, Kind: k}.Key(),
	}
	if state == ledger.Skipped {
		i.Decision = &ledger.Decision{Skip: "no_match:aspect"}
	}
	return i
}

func asks(items ...ledger.Item) []coverage.Ask {
	var list []coverage.Ask
	for _, i := range items {
		if a, ok := coverage.AskOf(i); ok {
			list = append(list, a)
		}
	}
	return list
}

// cell returns the chart's cell for a locale, kind and aspect, or the zero value if there is none.
func cell(c coverage.Chart, l creative.Locale, k creative.Kind, a creative.Aspect) coverage.Cell {
	for _, row := range c.Rows {
		i := slices.IndexFunc(row.Cells, func(c coverage.Cell) bool { return c.Column == coverage.Column{Kind: k, Aspect: a} })
		if row.Locale == l && i >= 0 {
			return row.Cells[i]
		}
	}
	return coverage.Cell{}
}

func chart(list []coverage.Ask, docs ...masters.Document) coverage.Chart {
	s := coverage.New(library, list)
	for _, d := range docs {
		s.Add(d)
	}
	return s.Chart()
}

func TestStates(t *testing.T) {
	t.Parallel()
	d := document(hrt,
		film("en.mp4", "en", "9x16"), film("en2.mp4", "en", "9x16"), film("pt.mp4", "pt", "9x16"),
		film("pt-br.mp4", "pt-br", "1x1", func(m *masters.Master) { m.Problem = masters.Truncated }),
		film("big.mp4", "en", "16x9", func(m *masters.Master) { m.Size = masters.MaxUpload + 1 }),
		film("ice.mp4", "en", "4x5", func(m *masters.Master) { m.StorageClass = "GLACIER" }),
		film("odd.jpg", "en", "", image),
		film("any.mp4", "", "3x4"),
		film("uk.mp4", "", "7x5", func(m *masters.Master) { m.LocaleUnclear = "UK is a market" }),
		film("broken.mp4", "", "5x7", func(m *masters.Master) { m.Problem = masters.Truncated }),
		film("shapeless.mp4", "", ""),
	)
	c := chart(asks(asked("pt-br", creative.Image, "1x1", ledger.Skipped)), d)
	for _, want := range []struct {
		locale creative.Locale
		kind   creative.Kind
		aspect creative.Aspect
		state  coverage.State
		reason string
		count  int
	}{
		{"en", creative.Video, "9x16", coverage.There, "", 2},
		{"pt-br", creative.Video, "9x16", coverage.Lent, "", 0},
		{"pt", creative.Video, "1x1", coverage.Missing, "no_match:aspect", 0},
		{"pt-br", creative.Video, "1x1", coverage.Unusable, "corrupt", 1},
		{"en", creative.Video, "16x9", coverage.Unusable, "too_large", 1},
		{"en", creative.Video, "4x5", coverage.Archived, "archived", 1},
		{"en", creative.Image, "", coverage.Unclear, "unknown_aspect", 1},
		{"en", creative.Image, "1x1", coverage.Unclear, "unknown_aspect", 0},
		{"pt-br", creative.Image, "1x1", coverage.Missing, "no_match:locale", 0},
		{"", creative.Video, "3x4", coverage.Unclear, "no_locale", 1},
		{"", creative.Video, "7x5", coverage.Unclear, "unclear_locale", 1},
		{"", creative.Video, "5x7", coverage.Unusable, "corrupt", 1},
		{"", creative.Video, "", coverage.Unclear, "unknown_aspect", 1},
		{"", creative.Video, "9x16", "", "", 0}, // not missing: no request asks for masters without a locale
		{"pt", creative.Image, "", "", "", 0},   // not missing: no request asks for masters without an aspect
		{"en", creative.Video, "1.91x1", "", "", 0},
	} {
		got := cell(c, want.locale, want.kind, want.aspect)
		if got.State != want.state || got.Reason != want.reason || got.Masters != want.count {
			t.Errorf("%s %s %s: %+v, want %s %s with %d masters", want.locale, want.kind, want.aspect, got, want.state, want.reason, want.count)
		}
	}
	if got := cell(c, "pt-br", creative.Image, "1x1"); !got.InVain() || got.Skipped != 1 || !got.LastAsked.Equal(noon) {
		t.Errorf("what was skipped: %+v", got)
	}
}

func TestUnlabelledMastersCountAsTheLibrarySays(t *testing.T) {
	t.Parallel()
	s := coverage.New(masters.Library{UnlabelledLocale: "de"}, nil)
	s.Add(document(hrt, film("a.mp4", "", "9x16")))
	if got := cell(s.Chart(), "de", creative.Video, "9x16"); got.State != coverage.There || got.Masters != 1 {
		t.Errorf("%+v", got)
	}
}

// If a family was requested, a master of one aspect that it accepts is enough. While there is no such
// master, each of these aspects must count as requested.
func TestFamilies(t *testing.T) {
	t.Parallel()
	feed := asks(asked("en", creative.Video, "feed", ledger.Skipped), asked("en", creative.Video, "feed", ledger.Skipped))
	without := chart(feed, document(hrt, film("a.mp4", "en", "9x16")))
	for _, a := range []creative.Aspect{"1x1", "3x4", "4x5"} {
		if got := cell(without, "en", creative.Video, a); got.State != coverage.Missing || got.Skipped != 2 {
			t.Errorf("without a master, %s: %+v", a, got)
		}
	}
	with := chart(feed, document(hrt, film("a.mp4", "en", "1x1")))
	if got := cell(with, "en", creative.Video, "1x1"); got.State != coverage.There || got.Skipped != 2 || got.InVain() {
		t.Errorf("with a master, 1x1: %+v", got)
	}
	if got := cell(with, "en", creative.Video, "4x5"); got.State != "" {
		t.Errorf("with a master, 4x5: %+v", got)
	}
	delivered := asked("en", creative.Video, "feed", ledger.Delivered)
	delivered.Decision = &ledger.Decision{Key: "gone.mp4", Aspect: "3x4"}
	gone := chart(asks(delivered))
	if got := cell(gone, "en", creative.Video, "3x4"); got.State != coverage.Missing || got.Asked != 1 || got.InVain() {
		t.Errorf("delivered once and gone, 3x4: %+v", got)
	}
	if got := cell(gone, "en", creative.Video, "1x1"); got.State != "" {
		t.Errorf("delivered once and gone, 1x1: %+v", got)
	}
}

// A file that the platform refused for a project is unusable in that project's cell.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := document(hrt, film("a.mp4", "en", "9x16"))
	slot := creative.Slot{Project: "p", Creative: hrt, Locale: "en", Kind: creative.Video, Aspect: "9x16"}
	d.Refusals = []masters.Refusal{{Slot: masters.RefusalSlot(slot), Key: "a.mp4", ETag: `"1"`}}
	c := chart(asks(asked("en", creative.Video, "9x16", ledger.Skipped)), d)
	if got := cell(c, "en", creative.Video, "9x16"); got.State != coverage.Unusable || got.Reason != "previously_rejected" || !got.InVain() {
		t.Errorf("%+v", got)
	}
}

func TestAskOf(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]ledger.Item{
		"malformed":   {ID: "bad#1", State: ledger.Malformed},
		"no target":   asked("en", creative.Video, "", ledger.Skipped),
		"odd target":  asked("en", creative.Video, "banner", ledger.Skipped),
		"no creative": {Slot: "p##2#en#video", Target: "9x16"},
	} {
		if a, ok := coverage.AskOf(i); ok {
			t.Errorf("%s: %+v", name, a)
		}
	}
	a, ok := coverage.AskOf(asked("en", creative.Video, "feed", ledger.Skipped))
	if !ok || a.Slot.Family != creative.Feed || a.Slot.Aspect != "" || !a.Skipped || a.Slot.Project != "p" {
		t.Errorf("%+v, %v", a, ok)
	}
}

// sample returns a chart with a cell in each state.
func sample() coverage.Chart {
	other := creative.Creative{Code: "A-CAMPAIGN-WITH-A-VERY-LONG-NAME-THAT-GOES-ON", Variation: 12}
	odd := creative.Creative{Code: `=<"&'\x>` + "\u202e", Variation: 1}
	wanting := creative.Creative{Code: "HRT-77", Variation: 1}
	list := asks(
		asked("de", creative.Video, "4x5", ledger.Skipped), asked("de", creative.Video, "4x5", ledger.Skipped),
		asked("de", creative.Video, "9x16", ledger.Delivered), asked("fr", creative.Image, "feed", ledger.Skipped),
		asked("pt-br", creative.Video, "9x16", ledger.Delivered),
	)
	list = append(list, coverage.Ask{
		Slot: creative.Slot{Project: "p", Creative: wanting, Locale: "en", Kind: creative.Video, Aspect: "9x16"}, Skipped: true, At: noon,
	})
	return chart(list,
		document(hrt,
			film("HRT-1212/v2/en/9x16.mp4", "en", "9x16"), film("HRT-1212/v2/en/9x16 old.mp4", "en", "9x16"),
			film("HRT-1212/v2/en/4x5.mp4", "en", "4x5"), film("HRT-1212/v2/en/1x1.jpg", "en", "1x1", image),
			film("HRT-1212/v2/de/9x16.mp4", "de", "9x16"), film("HRT-1212/v2/pt/9x16.mp4", "pt", "9x16"),
			film("HRT-1212/v2/pt/1x1.jpg", "pt", "1x1", image, func(m *masters.Master) { m.Problem = masters.Truncated }),
			film("HRT-1212/v2/de/45x46.mp4", "de", "45x46", func(m *masters.Master) { m.NamedAspect = "1x1" }),
			film("HRT-1212/v2/9x16.mp4", "", "9x16"),
		),
		document(other,
			film("a.mp4", "en", "16x9", func(m *masters.Master) { m.StorageClass = "DEEP_ARCHIVE" }),
			film("b.mp4", "en", "9x16"), film("c.mp4", "zh-hant-tw", "9x16"),
			film("d.png", "en", "", image),
		),
		document(odd, film("x.mp4", "en", "1.91x1")),
	)
}

func golden(t *testing.T, name string, write func(io.Writer, coverage.Chart) error) []byte {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got, sample()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs (-update writes it anew); got\n%s", path, got.String())
	}
	return got.Bytes()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	golden(t, "coverage.csv", coverage.WriteCSV)
}

// In the CSV, a file name must not become a spreadsheet formula, and must not display as a different
// text.
func TestNoNameIsAFormula(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"HRT-1212": "HRT-1212", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM": "'@SUM", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠A": "'＠A",
		" =1": "' =1", "\u3000＝1": `\u3000＝1`, "a\u202eb": `a\u202eb`, "a\n=1": `a\u000a=1`, "\u200b=1": `\u200b=1`, "１＋１": "１＋１",
	} {
		var out bytes.Buffer
		c := coverage.Chart{Rows: []coverage.Row{{Creative: creative.Creative{Code: code, Variation: 1}, Cells: []coverage.Cell{{Key: code, Reason: code}}}}}
		if err := coverage.WriteCSV(&out, c); err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(lines) != 2 || lines[1][0] != want || lines[1][6] != want || lines[1][7] != want {
			t.Errorf("%q is written as %q, %v; want %q", code, lines, err, want)
		}
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	text := golden(t, "coverage.svg", coverage.WriteSVG)
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(string(text), "href") || strings.Contains(string(text), "@import") {
		t.Error("the picture needs something from elsewhere")
	}
}

func TestTheOrderOfDocumentsDoesNotMatter(t *testing.T) {
	t.Parallel()
	var docs []masters.Document
	for v := range 20 {
		c := creative.Creative{Code: "HRT", Variation: v}
		docs = append(docs, document(c, film("b", "en", "9x16"), film("a", "en", "1x1"), film("c", "de", "7x5", func(m *masters.Master) { m.NamedAspect = "1x1" })))
	}
	want := chart(nil, docs...)
	rand.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	if got := chart(nil, docs...); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestGapsAndTotals(t *testing.T) {
	t.Parallel()
	c := chart(nil, document(hrt, film("a.mp4", "en", "9x16"), film("b.mp4", "en", "1x1"), film("c.mp4", "de", "9x16")))
	states, inVain := c.Totals()
	if states[coverage.There] != 3 || states[coverage.Missing] != 1 || inVain != 0 {
		t.Errorf("%v, %d", states, inVain)
	}
	if gaps := c.Lacking(); len(gaps.Rows) != 1 || gaps.Rows[0].Locale != "de" || len(c.Rows) != 2 {
		t.Errorf("%+v", gaps)
	}
}

// full is a writer that fails after n bytes.
type full struct{ n int }

func (f *full) Write(data []byte) (int, error) {
	if f.n -= len(data); f.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(data), nil
}

func TestAFullDiskIsAnError(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(io.Writer, coverage.Chart) error{"csv": coverage.WriteCSV, "svg": coverage.WriteSVG} {
		if err := write(&full{100}, sample()); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
