package result

import (
	"slices"
	"time"
)

// Measured is one part of the benchmark after it has run.
type Measured struct {
	Name    string        // the part's name on the command line
	Command string        // the command that measures the part
	Machine string        // a description of the machine
	Began   time.Time     // when the part began
	Took    time.Duration // how long the part ran
	Probes  []float64     // times of an identical io.Copy run before and after the part, in seconds
	Rows    []Row
}

// quiet is the largest spread of the io.Copy times on a quiet machine, as a share of their
// median. The median of a few runs is within half their spread of the true time, and the
// narrowest targets leave 5 % (the network card's model, the limit of the upload). With a larger
// spread, noise alone could miss a target.
const quiet = 0.10

// Noise returns the spread of the io.Copy times as a share of their median: (largest - smallest)
// ÷ median. It is 0 without probes.
func (m Measured) Noise() float64 {
	probes := Row{Samples: m.Probes}
	if len(m.Probes) == 0 || probes.Median() == 0 {
		return 0
	}
	low, high := probes.Spread()
	return (high - low) / probes.Median()
}

// Quiet reports whether the machine was quiet enough for a missed target to count as a failure.
// It is false for a part without probes.
func (m Measured) Quiet() bool { return len(m.Probes) > 1 && m.Noise() <= quiet }

// Failed reports whether a row of the part failed.
func (m Measured) Failed() bool {
	return slices.ContainsFunc(m.Rows, func(r Row) bool { return r.Verdict(m.Quiet()) == Fail })
}

// groups returns the rows grouped by Part, in order of first appearance.
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
