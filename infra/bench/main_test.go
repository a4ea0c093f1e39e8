package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masterhand/infra/bench/result"
)

func TestTheFlagOnlyNamesParts(t *testing.T) {
	t.Parallel()
	all := []part{{name: "a"}, {name: "b"}, {name: "c"}}
	for _, c := range []struct {
		only  string
		quick bool
		want  string
	}{{"", false, "a b c"}, {"", true, "a"}, {"c,b", false, "c b"}, {"b", true, "b"}, {"d", false, "error"}, {"a,", false, "error"}} {
		chosen, err := choose(all, c.only, c.quick)
		got := strings.Join(names(chosen), " ")
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("--only %q, quick %v: %s, want %s", c.only, c.quick, got, c.want)
		}
	}
	if err := run(t.Context(), []string{"transfers"}, io.Discard); err == nil {
		t.Error("an argument that is no flag is ignored")
	}
}

func TestNoFigureOfFewRunsIsStored(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "results")
	err := run(t.Context(), []string{"--store", folder, "--count", "4"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "at least 5") {
		t.Errorf("%v", err)
	}
}

func TestResultsAreKeptInTheFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "results")
	rows := []result.Row{{Part: "p", Name: "a", Unit: "ms", Samples: []float64{1}}, {Part: "p", Name: "b", Unit: "ms", Samples: []float64{2}}}
	if err := (settings{store: folder}).keep(result.Measured{Name: "speed", Rows: rows}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"speed.md", "speed-p.svg"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
	if err := (settings{}).keep(result.Measured{}); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}

func TestAPartIsAFunctionOrAPartOfTheProgram(t *testing.T) {
	t.Parallel()
	for _, p := range parts {
		if (p.run == nil) == (p.transfers == "") {
			t.Errorf("part %s", p.name)
		}
	}
	called := false
	p := part{name: "x", run: func(_ context.Context, _ io.Writer, long bool) ([]result.Row, error) { called = long; return nil, nil }}
	if _, err := p.measure(t.Context(), transfers{}, io.Discard, settings{long: true}); err != nil || !called {
		t.Errorf("called with long: %v, %v", called, err)
	}
}
