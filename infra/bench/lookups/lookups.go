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

// runs is how often each benchmark runs.
const runs = 5

// benchmark is a Go benchmark of this module, with the figures to keep.
type benchmark struct {
	part    string
	pkg     string
	name    string // the expression for -bench
	long    string // the expression for -bench in a long run; "" means name
	times   string // the value of -benchtime
	figures []figure
}

// figure is a unit that a benchmark prints, and how its row shows it.
type figure struct {
	unit   string  // unit as the benchmark prints it
	name   string  // name of the quantity
	scaled string  // unit of the row
	scale  float64 // factor from the printed unit to the row's unit
	target result.Target
}

// The factors from Go's ns/op to other units.
const (
	toMicro = 1e-3
	toMilli = 1e-6
)

// benchmarks lists all benchmarks in the order of their rows. Indexing a million masters five
// times takes minutes, so only a long run does it.
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
		{"ns/op", "reading and writing", "ms", toMilli, result.Target{}},
	}},
}

// Run runs all benchmarks five times each. If long is set, it also indexes a million masters.
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
