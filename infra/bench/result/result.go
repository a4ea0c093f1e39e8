// Package result holds the figures of the benchmarks and compares them with targets. If other load
// on the machine disturbed the measurement too much, a missed target counts as noise and not as a
// failure.
package result

import (
	"fmt"
	"slices"
)

// Row is one measured figure.
type Row struct {
	Part    string    // name of the group of rows to which the row belongs, for example "cold start"
	Name    string    // measured quantity, for example "fulfill against its SDK clients"
	Unit    string    // unit, for example "ms", "MB/s" or "×" (a ratio)
	Samples []float64 // measured values in Unit; their median is the figure; empty if Failure is set
	Target  Target    // limit for the median; the zero value means that the row has no target
	Steady  bool      // if true, other load on the machine cannot change the figure, so a missed target is never noise
	Failure string    // why the figure is invalid, for example because wrong bytes arrived; "" if it is valid
}

// Target is the limit that a median must meet.
type Target struct {
	Least float64 // smallest allowed median; 0 means that there is no such limit
	Most  float64 // largest allowed median; 0 means that there is no such limit
}

// Verdict is the result of comparing a row with its target.
type Verdict string

// The verdicts. Noisy means that the median missed the target, but that the machine was not quiet.
const (
	Pass   Verdict = "PASS"
	Fail   Verdict = "FAIL"
	Noisy  Verdict = "NOISY"
	Unused Verdict = "" // the row has no target
)

// Median returns the middle sample or, for an even number, the mean of the two middle samples.
// Without samples it returns 0.
func (r Row) Median() float64 {
	n := len(r.Samples)
	if n == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(r.Samples))
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// Spread returns the smallest and the largest sample. Without samples both are 0.
func (r Row) Spread() (low, high float64) {
	if len(r.Samples) == 0 {
		return 0, 0
	}
	return slices.Min(r.Samples), slices.Max(r.Samples)
}

// Verdict compares the row with its target. quiet reports whether the machine was quiet while the
// row was measured.
func (r Row) Verdict(quiet bool) Verdict {
	median := r.Median()
	switch {
	case r.Failure != "":
		return Fail
	case r.Target == Target{}:
		return Unused
	case median >= r.Target.Least && (r.Target.Most == 0 || median <= r.Target.Most):
		return Pass
	case !quiet && !r.Steady:
		return Noisy
	}
	return Fail
}

// String returns the limit in words, for example "at least 5". Without a limit it returns "".
func (t Target) String() string {
	switch {
	case t.Least > 0 && t.Most > 0:
		return fmt.Sprintf("%.3g to %.3g", t.Least, t.Most)
	case t.Least > 0:
		return fmt.Sprintf("at least %.3g", t.Least)
	case t.Most > 0:
		return fmt.Sprintf("at most %.3g", t.Most)
	}
	return ""
}
