package model

import "math"

// Limits are the limits of an account and of a deployment's settings. Zero means no limit.
type Limits struct {
	Concurrency int // concurrent invocations of all functions
	Finish      int // concurrent invocations of finish, which ends handed-off requests
	InFlight    int // messages of finish's queue that were received, and are neither deleted nor visible again
	// Hot is the write units per second of the busiest partition of an index, Table those of the
	// ledger's table.
	Hot, Table              float64
	PrefixReads, PrefixPuts float64 // S3 reads and writes of a prefix, per second
}

// Default returns the limits of an account with the default quotas and a deployment with the
// default settings.
func Default() Limits {
	return Limits{
		Concurrency: concurrency, Finish: parallel, InFlight: inFlight,
		Hot: partitionWrites, Table: tableWrites, PrefixReads: prefixReads, PrefixPuts: prefixWrites,
	}
}

// New returns the limits of a new account, which are lower.
func New() Limits {
	l := Default()
	l.Concurrency = newConcurrency
	return l
}

// rate is a limit in units per second. A caller may take up to one second's units at once.
type rate struct {
	perSecond float64 // 0 means no limit
	paid      float64 // time at which the units taken so far are used up
}

// take takes units, spread evenly over the next seconds, and returns by how many seconds the
// limit delays them.
func (r *rate) take(now, seconds, units float64) (late float64) {
	if r.perSecond == 0 || units == 0 {
		return 0
	}
	r.paid = max(r.paid, now-1) + units/r.perSecond
	return max(0, r.paid-(now+seconds))
}

// starts limits how fast new environments of a function start.
type starts struct {
	left, last float64
	limited    bool
}

func (s *starts) begin(now float64) bool {
	if !s.limited {
		return true
	}
	s.left = min(startsAtOnce, s.left+(now-s.last)*startRate)
	s.last = now
	if s.left < 1 {
		return false
	}
	s.left--
	return true
}

// tally counts units per second, to find the peak.
type tally []float64

func newTally() tally { return make(tally, int(day+2*Lifetime)) }

// add spreads units evenly over the seconds of a run.
func (t tally) add(now, seconds, units float64) {
	first, n := int(now), max(1, int(math.Ceil(seconds)))
	for i := first; i < first+n && i < len(t); i++ {
		t[i] += units / float64(n)
	}
}

func (t tally) peak() (most float64) {
	for _, n := range t {
		most = max(most, n)
	}
	return most
}
