package lookups

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"masterhand/infra/bench/result"
)

// line matches one line of a benchmark's output, such as "BenchmarkAnswer-2\t1000\t512 ns/op". Its
// two groups are the benchmark's name without the number of processors, and the figures.
var line = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\t(.+)$`)

// rows returns one row for each figure of the benchmark. If a printed line lacks a figure, or if
// there are fewer lines than runs, it returns an error.
func (b benchmark) rows(printed []byte) ([]result.Row, error) {
	var rows []result.Row
	for _, match := range line.FindAllSubmatch(printed, -1) {
		values := map[string]float64{}
		fields := strings.Fields(string(match[2]))
		for pair := range slices.Chunk(fields, 2) {
			value, err := strconv.ParseFloat(pair[0], 64)
			if err != nil || len(pair) < 2 {
				return nil, fmt.Errorf("%s: the figures must be pairs of a number and a unit (got %q)", match[1], match[2])
			}
			values[pair[1]] = value
		}
		for _, f := range b.figures {
			value, printed := values[f.unit]
			if !printed {
				return nil, fmt.Errorf("%s: the line must have a figure in %s (got %q)", match[1], f.unit, match[2])
			}
			name := f.name
			if _, variant, found := strings.Cut(string(match[1]), "/"); found {
				name += ", " + variant
			}
			i := slices.IndexFunc(rows, func(r result.Row) bool { return r.Name == name })
			if i < 0 {
				i = len(rows)
				rows = append(rows, result.Row{Part: b.part, Name: name, Unit: f.scaled, Target: f.target})
			}
			rows[i].Samples = append(rows[i].Samples, value*f.scale)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("the benchmarks of %s printed no line for %s", b.pkg, b.name)
	}
	for _, r := range rows {
		if len(r.Samples) != runs {
			return nil, fmt.Errorf("%s: %d samples, want %d", r.Name, len(r.Samples), runs)
		}
	}
	return rows, nil
}
