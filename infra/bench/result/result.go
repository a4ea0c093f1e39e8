// Package result holds the figures of the benchmarks and compares them with targets. If other load
// disturbed the machine, a target that only some of the runs missed counts as noise and not as a
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
	Missing string    // why the figure was not measured, for example because a program is not installed; "" if it was
}

// Target is the limit that a median must meet.
type Target struct {
	Least float64 // smallest allowed median; 0 means that there is no such limit
	Most  float64 // largest allowed median; 0 means that there is no such limit
}

// Verdict is the result of comparing a row with its target.
type Verdict string

// The verdicts. Noisy means that the median missed the target, but that the machine was not quiet
// and that at least a quarter of the samples met the target.
const (
	Pass   Verdict = "PASS"
	Fail   Verdict = "FAIL"
	Noisy  Verdict = "NOISY"
	Unused Verdict = "" // the row has no target or no figure
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
	switch {
	case r.Failure != "":
		return Fail
	case r.Target == Target{}, r.Missing != "":
		return Unused
	case r.Target.metBy(r.Median()):
		return Pass
	case !quiet && !r.Steady && r.oftenMet():
		return Noisy
	}
	return Fail
}

// oftenMet reports whether at least a quarter of the samples meets the target.
func (r Row) oftenMet() bool {
	met := 0
	for _, sample := range r.Samples {
		if r.Target.metBy(sample) {
			met++
		}
	}
	return 4*met >= len(r.Samples)
}

func (t Target) metBy(figure float64) bool {
	return figure >= t.Least && (t.Most == 0 || figure <= t.Most)
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
