package result_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"masterhand/infra/bench/result"
)

// measured returns invented results of a part of the benchmark. The durations of io.Copy in them
// have a median of 1 s, and the longest exceeds the shortest by spread seconds.
func measured(spread float64) result.Measured {
	return result.Measured{
		Name: "card", Command: "go run ./infra/bench", Machine: "2 processors", Began: time.Unix(0, 0), Probes: []float64{1, 1 - spread/2, 1 + spread/2},
		Rows: []result.Row{
			{Part: "speed & size", Name: "io.Copy", Unit: "MB/s", Samples: []float64{80, 90, 100}},
			{Part: "speed & size", Name: "masterhand", Unit: "MB/s", Samples: []float64{400, 410, 420}},
			{Part: "speed & size", Name: "aws | curl", Unit: "× as fast", Samples: []float64{4, 4.5, 9}, Target: result.Target{Least: 5}},
			{Part: "other", Name: "broken", Failure: "cut"},
		},
	}
}

func TestAMachineIsQuietWhileIoCopyIsSteady(t *testing.T) {
	t.Parallel()
	for spread, want := range map[float64]bool{0: true, 0.09: true, 0.11: false, 1: false} {
		if got := measured(spread).Quiet(); got != want {
			t.Errorf("spread %g: quiet %v", spread, got)
		}
	}
	if (result.Measured{}).Quiet() {
		t.Error("a machine without a probe counts as quiet")
	}
}

func TestAPartFailsWithItsRows(t *testing.T) {
	t.Parallel()
	m := measured(0)
	m.Rows = m.Rows[:3]
	if !m.Failed() {
		t.Error("a missed target on a quiet machine does not fail")
	}
	m.Probes = measured(1).Probes
	if m.Failed() {
		t.Error("a missed target fails on a machine that is not quiet")
	}
	m.Rows = measured(1).Rows
	if !m.Failed() {
		t.Error("a figure that could not be measured does not fail")
	}
}

func TestTablesShowMedianSpreadTargetAndVerdict(t *testing.T) {
	t.Parallel()
	var text, page bytes.Buffer
	measured(1).Print(&text)
	for _, want := range []string{"not quiet", "spread by 100 %", "90.0 MB/s ", " 80.0–100, 3 runs", "at least 5  NOISY", "failed", "cut"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
	measured(0).Markdown(&page)
	for _, want := range []string{"1970-01-01", "was quiet", "![speed & size](card-speed-size.svg)", `| aws \| curl | 4.50 × as fast | 4.00–9.00, 3 runs | at least 5 | FAIL |`} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in:\n%s", want, page.String())
		}
	}
}

func TestATableNamesWhatWasNotMeasured(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	result.Measured{Rows: []result.Row{{Part: "missing", Name: "s5cmd", Missing: "it is not installed"}}}.Print(&text)
	if got := strings.Join(strings.Fields(text.String()), " "); !strings.HasSuffix(got, "s5cmd not measured it is not installed") {
		t.Error(got)
	}
}

func TestAPictureIsXMLAndComparesTwoFigures(t *testing.T) {
	t.Parallel()
	pictures := measured(0).Pictures()
	picture, ok := pictures["card-speed-size.svg"]
	if !ok || len(pictures) != 1 {
		t.Fatalf("%d pictures", len(pictures))
	}
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if bars := strings.Count(string(picture), "<rect"); bars != 2 || !strings.Contains(string(picture), ">410</text>") {
		t.Errorf("%d bars in:\n%s", bars, picture)
	}
}
