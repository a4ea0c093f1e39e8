package result

import (
	"slices"
	"time"
)

// Measured holds the results of one part of the benchmark.
type Measured struct {
	Name    string        // name of the part on the command line
	Command string        // command line that measures the part
	Machine string        // description of the machine on which the part was measured
	Began   time.Time     // time at which the part began
	Took    time.Duration // duration of the whole part
	Probes  []float64     // durations in seconds of the same io.Copy run, some before the part and some after it
	Rows    []Row
}

// quiet is the largest spread of the io.Copy durations, divided by their median, at which a machine
// counts as quiet. The median of a few runs differs from the true duration by at most half the
// spread. The narrowest targets leave a margin of 5 % (the network card's model, the limit of the
// upload). With a larger spread, noise alone could miss a target.
const quiet = 0.10

// Noise returns the spread of the io.Copy durations divided by their median: (largest - smallest) ÷
// median. Without probes it returns 0.
func (m Measured) Noise() float64 {
	probes := Row{Samples: m.Probes}
	if len(m.Probes) == 0 || probes.Median() == 0 {
		return 0
	}
	low, high := probes.Spread()
	return (high - low) / probes.Median()
}

// Quiet reports whether the machine was quiet enough for a missed target to count as a failure. For
// a part without probes it returns false.
func (m Measured) Quiet() bool { return len(m.Probes) > 1 && m.Noise() <= quiet }

// Failed reports whether at least one row of the part failed.
func (m Measured) Failed() bool {
	return slices.ContainsFunc(m.Rows, func(r Row) bool { return r.Verdict(m.Quiet()) == Fail })
}

// groups returns the rows in groups with the same Part. The groups are in the order in which they
// first appear.
func (m Measured) groups() (groups [][]Row) {
	at := make(map[string]int)
	for _, r := range m.Rows {
		i, known := at[r.Part]
		if !known {
			i = len(groups)
			at[r.Part], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}
