package model

import "math"

// Limits are those of an account and of the settings of a deployment. Zero means no limit.
type Limits struct {
	Concurrency int // invocations at a time, of all functions
	Finish      int // of the function that ends what was handed off
	InFlight    int // messages of its queue that were received, and neither deleted nor visible again
	// Hot and Table are the write units a second of the busiest partition of an index, and of the
	// ledger's table.
	Hot, Table              float64
	PrefixReads, PrefixPuts float64 // of S3, a second
}

// Default returns the limits of an account that nobody has asked for more, with the settings that
// nobody has set.
func Default() Limits {
	return Limits{
		Concurrency: concurrency, Finish: parallel, InFlight: inFlight,
		Hot: partitionWrites, Table: tableWrites, PrefixReads: prefixReads, PrefixPuts: prefixWrites,
	}
}

// New returns the limits of an account that is new.
func New() Limits {
	l := Default()
	l.Concurrency = newConcurrency
	return l
}

// rate is a limit of units a second. Up to a second's worth is taken at once.
type rate struct {
	perSecond float64 // 0: no limit
	paid      float64 // until when what was taken is paid
}

// take takes units, evenly from now on for so many seconds, and returns by how much longer that
// takes than it should.
func (r *rate) take(now, seconds, units float64) (late float64) {
	if r.perSecond == 0 || units == 0 {
		return 0
	}
	r.paid = max(r.paid, now-1) + units/r.perSecond
	return max(0, r.paid-(now+seconds))
}

// starts bounds how fast new environments of a function begin.
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

// tally counts units by the second, for the peak.
type tally []float64

func newTally() tally { return make(tally, int(day+2*Lifetime)) }

// add spreads units over the seconds that a run takes.
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
