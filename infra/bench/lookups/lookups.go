// Package lookups runs the Go benchmarks of the index, of media probes, of placement by name and
// of pages, and returns their figures as rows.
//
// Invariants: each benchmark must check its own results, so that a wrong result fails the run.
// Each figure in [benchmarks] must be printed once in every run.
//
//	rows, err := lookups.Run(ctx, os.Stdout, false)
package lookups

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"

	"masterhand/infra/bench/result"
	"masterhand/infra/local/sim/system"
)

// runs is how often each benchmark is run.
const runs = 5

// benchmark is a Go benchmark of this module, with the figures that become rows.
type benchmark struct {
	part    string
	pkg     string
	name    string // expression for the flag -bench, which selects the benchmark
	long    string // expression for the flag -bench in a long run; if it is "", name is used in a long run, too
	times   string // value of the flag -benchtime
	figures []figure
}

// figure is one figure of a benchmark: its unit in the benchmark's output, and the name and unit of
// its row.
type figure struct {
	unit   string  // unit in the benchmark's output, for example ns/op
	name   string  // name of the measured quantity in the row
	scaled string  // unit in the row, for example µs
	scale  float64 // factor that converts the printed value to the row's unit
	target result.Target
}

// The factors that convert Go's ns/op to other units.
const (
	toMicro = 1e-3
	toMilli = 1e-6
)

// benchmarks lists all benchmarks in the order of their rows. Each benchmark runs five times, so only
// "--long" indexes a million masters, which takes minutes.
var benchmarks = []benchmark{
	{"index lookups", "./shared/request/fulfillment", "Answer", "", "1000x", []figure{
		{"ns/op", "answering a request", "µs", toMicro, result.Target{}},
		{"index-reads/request", "reads of the index for a request", "reads", 1, result.Target{Most: 1}},
	}},
	{"index lookups", "./shared/library/reindex", "WholeLibrary/masters=(1000|10000|100000)$", "WholeLibrary", "1x", []figure{
		{"µs/master", "indexing a master", "µs", 1, result.Target{}},
		{"MiB-heap", "memory of indexing", "MiB", 1, result.Target{Most: 16}},
	}},
	{"probes", "./shared/library/media", "Probe", "", "20x", []figure{
		{"µs/file", "a file", "µs", 1, result.Target{}},
		{"reads/file", "reads of a file", "reads", 1, result.Target{}},
		{"ms-worst", "the slowest file", "ms", 1, result.Target{Most: 100}},
	}},
	{"placing names", "./shared/library/placement", "PlaceAndNames", "", "10000x", []figure{
		{"names/s", "names", "names/s", 1, result.Target{Least: 10_000}},
	}},
	{"placing names", "./shared/library/placement", "Hostile", "", "20x", []figure{
		{"ms-worst", "the slowest key of the greatest length", "ms", 1, result.Target{}},
	}},
	{"pages", "./shared/views/page", "Page", "", "20x", []figure{
		{"ns/op", "reading and writing", "ms", toMilli, result.Target{Most: 1000}},
	}},
}

// Run runs each benchmark five times and returns the rows. If long is set, it also indexes a
// million masters.
func Run(ctx context.Context, out io.Writer, long bool) ([]result.Row, error) {
	root, err := system.Root()
	if err != nil {
		return nil, err
	}
	var rows []result.Row
	for _, b := range benchmarks {
		pattern := b.name
		if long && b.long != "" {
			pattern = b.long
		}
		fmt.Fprintf(out, "go test %s -bench '%s'\n", b.pkg, pattern)
		printed, err := run(ctx, root, b, pattern)
		if err != nil {
			return rows, err
		}
		found, err := b.rows(printed)
		if err != nil {
			return rows, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

func run(ctx context.Context, root string, b benchmark, pattern string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "test", b.pkg, "-run", "^$", "-bench", pattern,
		"-benchtime", b.times, "-count", fmt.Sprint(runs), "-timeout", "30m")
	cmd.Dir = root
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("the benchmarks of %s: %w\n%s", b.pkg, err, &printed)
	}
	return printed.Bytes(), nil
}
