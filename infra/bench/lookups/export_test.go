package lookups

import "masterhand/infra/bench/result"

// Rows parses the printed output of an example benchmark and returns its rows: the figure ns/op,
// converted to µs, and the figure MiB-heap.
func Rows(printed string) ([]result.Row, error) {
	b := benchmark{part: "p", pkg: "./p", name: "X", figures: []figure{
		{"ns/op", "time", "µs", toMicro, result.Target{}}, {"MiB-heap", "memory", "MiB", 1, result.Target{Most: 16}},
	}}
	return b.rows([]byte(printed))
}

// Benchmarks returns the expressions for the flag -bench of all benchmarks, by the package of the
// benchmarks. They include the benchmarks that only a long run executes.
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
