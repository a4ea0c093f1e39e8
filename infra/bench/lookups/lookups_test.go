package lookups_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/bench/lookups"
)

const printed = `goos: linux
pkg: masterhand/p
BenchmarkX/masters=1000-2         	       1	  12345678 ns/op	         0.5000 MiB-heap	        12.35 µs/master
BenchmarkX/masters=100000-2       	       1	    2000 ns/op	         7.000 MiB-heap	        11.00 µs/master
PASS
ok  	masterhand/p	1.375s
`

func TestEachLineIsASample(t *testing.T) {
	t.Parallel()
	rows, err := lookups.Rows(strings.Repeat(printed, 5))
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, want := range []struct {
		name, unit string
		value      float64
	}{
		{"time, masters=1000", "µs", 12345.678}, {"memory, masters=1000", "MiB", 0.5},
		{"time, masters=100000", "µs", 2}, {"memory, masters=100000", "MiB", 7},
	} {
		r := rows[i]
		if r.Name != want.name || r.Unit != want.unit || len(r.Samples) != 5 || slices.Min(r.Samples) != want.value || r.Part != "p" {
			t.Errorf("%+v, want %+v", r, want)
		}
	}
	if rows[1].Target.Most != 16 || rows[0].Target.Most != 0 {
		t.Errorf("targets %v and %v", rows[0].Target, rows[1].Target)
	}
}

func TestAMissingFigureIsAnError(t *testing.T) {
	t.Parallel()
	for name, out := range map[string]string{
		"no line":            "PASS\n",
		"a line too few":     strings.Repeat(printed, 4) + "BenchmarkX/masters=1000-2\t1\t1 ns/op\t1 MiB-heap\n",
		"a figure too few":   strings.Repeat(printed, 5) + "BenchmarkX/masters=1000-2\t1\t1 ns/op\n",
		"a unit too few":     "BenchmarkX\t1\t1 ns/op\t7\n",
		"no number":          "BenchmarkX\t1\tone ns/op\t1 MiB-heap\n",
		"more than the runs": strings.Repeat(printed, 6),
	} {
		if rows, err := lookups.Rows(out); err == nil {
			t.Errorf("%s: %+v", name, rows)
		}
	}
}

// Each benchmark in the list must exist. Without this test, a renamed benchmark would fail only
// after minutes of measuring.
func TestEachBenchmarkExists(t *testing.T) {
	t.Parallel()
	for pkg, names := range lookups.Benchmarks() {
		files, err := filepath.Glob(filepath.Join("../../..", pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no tests, %v", pkg, err)
		}
		var source strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(content)
		}
		for _, name := range names {
			function, _, _ := strings.Cut(name, "/")
			if !strings.Contains(source.String(), "func Benchmark"+function+"(") {
				t.Errorf("%s: no benchmark %s", pkg, name)
			}
		}
	}
}
