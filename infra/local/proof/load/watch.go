package load

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// use holds the resources that a function uses. Each number is the maximum over the function's
// processes, so that a leak in one process is visible even if many others are idle.
type use struct {
	processes int
	rss       int64 // resident memory in bytes
	files     int
	threads   int
}

// sample is one measurement of all processes at one time.
type sample struct {
	at         time.Duration // time since the beginning of the load run
	functions  map[string]use
	goroutines int // number of goroutines of this process, which simulates Lambda and the platform
}

// watch collects the samples of a load run.
type watch struct {
	samples []sample
	seen    map[int]string // names of the functions in the last sample, by process id
	gone    []string       // names of the functions whose processes have ended; one entry for each process
	blind   error          // error of the last failed measurement; nil if none failed
}

// watched lists the measured functions, in the order of the output.
var watched = []string{"fulfill", "finish", "index"}

// take adds a sample with the measurements of the processes in list.
func (w *watch) take(at time.Duration, list []process, goroutines int) {
	s := sample{at: at, functions: map[string]use{}, goroutines: goroutines}
	now := map[int]string{}
	for _, p := range list {
		u := s.functions[p.Function]
		u.processes++
		u.rss, u.files, u.threads = max(u.rss, p.RSS), max(u.files, p.Files), max(u.threads, p.Threads)
		s.functions[p.Function] = u
		now[p.PID] = p.Function
	}
	for pid, function := range w.seen {
		if now[pid] != function {
			w.gone = append(w.gone, function)
		}
	}
	w.seen = now
	w.samples = append(w.samples, s)
}

// measure is a measured quantity, such as a function's memory. Steady growth is a problem.
type measure struct {
	name      string
	of        func(sample) float64 // returns the value in a sample; 0 if the sample has none
	allowance float64              // permitted growth in addition to share, for example in MiB
}

// share is the permitted growth of a measure as a fraction: 0.2 means that the median in the second
// half of a load run may be 20 % above the median in the first half.
const share = 0.2

const mib = 1 << 20

// measures returns all measured quantities.
func measures() []measure {
	list := []measure{{"host: goroutines", func(s sample) float64 { return float64(s.goroutines) }, 50}}
	for _, f := range watched {
		list = append(list,
			measure{f + ": MiB resident", func(s sample) float64 { return float64(s.functions[f].rss) / mib }, 8},
			measure{f + ": descriptors", func(s sample) float64 { return float64(s.functions[f].files) }, 8},
			measure{f + ": threads", func(s sample) float64 { return float64(s.functions[f].threads) }, 3},
		)
	}
	return list
}

// trend holds the medians of a measure in the first and in the second half of a load run.
type trend struct {
	measure
	first, second float64
}

// grew reports whether the measure grew by more than is permitted.
func (t trend) grew() bool { return t.second > t.first*(1+share)+t.allowance }

// fewest is the minimum number of samples that a trend needs, not counting the warm-up
// samples.
const fewest = 10

// trends returns the trend of each measure. It skips samples without a value for the measure. Of
// the remaining samples it skips the first fifth, because functions grow while they warm up. A
// measure has no trend if fewer than 10 samples (the constant fewest) are left.
func (w *watch) trends() []trend {
	var list []trend
	for _, m := range measures() {
		var values []float64
		for _, s := range w.samples {
			if v := m.of(s); v > 0 {
				values = append(values, v)
			}
		}
		values = values[len(values)/5:]
		if half := len(values) / 2; len(values) >= fewest {
			list = append(list, trend{m, median(values[:half]), median(values[half:])})
		}
	}
	return list
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// problems returns a problem for each process that ended. If growth is true, it also returns a
// problem for each measure that grew more than permitted.
func (w *watch) problems(growth bool) []string {
	var found []string
	for _, f := range w.gone {
		found = append(found, fmt.Sprintf("a process of %s ended unexpectedly", f))
	}
	if !growth {
		return found
	}
	for _, t := range w.trends() {
		if t.grew() {
			found = append(found, fmt.Sprintf("%s grew from %.1f to %.1f", t.name, t.first, t.second))
		}
	}
	return found
}

// lookEvery is the interval between two measurements. rows limits the number of progress lines if
// Config.For is above 0. If Config.For is 0, the number is not limited.
const (
	lookEvery = time.Second
	rows      = 20
)

// look takes a sample every second (the constant lookEvery) until ctx ends. It prints progress
// lines at least two seconds apart.
func (r *run) look(ctx context.Context, began time.Time) {
	tellEvery := max(2*time.Second, r.For/rows)
	next := tellEvery
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		list, err := proc{"/proc"}.functions(os.Getpid())
		if err != nil {
			r.watch.blind = err
		} else {
			r.watch.take(time.Since(began), list, runtime.NumGoroutine())
		}
		if at := time.Since(began); at >= next {
			r.tellProgress(at)
			next += tellEvery
		}
	}
}
