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
	Took    time.Duration // how long the measurement of the whole part took
	// The same transfer with io.Copy is done several times before the part is measured, and several
	// times after it. Probes holds the durations of these transfers in seconds.
	Probes []float64
	Rows   []Row
}

// quiet is the largest noise at which a machine is regarded as quiet; see [Measured.Noise]. The
// figure is a choice: it is twice the margin of the narrowest targets, such as "at most 1.05 times
// the model's time".
const quiet = 0.10

// Noise returns the spread of the io.Copy durations in Probes, divided by their median: (largest -
// smallest) ÷ median. If Probes is empty, it returns 0.
func (m Measured) Noise() float64 {
	probes := Row{Samples: m.Probes}
	if len(m.Probes) == 0 || probes.Median() == 0 {
		return 0
	}
	low, high := probes.Spread()
	return (high - low) / probes.Median()
}

// Quiet reports whether the machine was quiet enough for a missed target to count as a failure. It
// returns false if Probes has fewer than two durations.
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
