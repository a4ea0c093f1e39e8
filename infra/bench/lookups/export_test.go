package lookups

import "masterhand/infra/bench/result"

// Rows returns the rows of a benchmark that printed this output. It keeps ns/op, in µs, and
// MiB-heap.
func Rows(printed string) ([]result.Row, error) {
	b := benchmark{part: "p", pkg: "./p", name: "X", figures: []figure{
		{"ns/op", "time", "µs", toMicro, result.Target{}}, {"MiB-heap", "memory", "MiB", 1, result.Target{Most: 16}},
	}}
	return b.rows([]byte(printed))
}

// Benchmarks returns the -bench expressions of all benchmarks by package, those of long runs
// included.
func Benchmarks() map[string][]string {
	all := map[string][]string{}
	for _, b := range benchmarks {
		all[b.pkg] = append(all[b.pkg], b.name)
		if b.long != "" {
			all[b.pkg] = append(all[b.pkg], b.long)
		}
	}
	return all
}
