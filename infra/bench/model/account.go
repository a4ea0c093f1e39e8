package model

import "math"

// Limits holds the limits of an AWS account and of a deployment's settings. A value of 0 means no
// limit.
type Limits struct {
	Concurrency int // most concurrent invocations of all functions together
	Finish      int // most concurrent invocations of the function finish, which handles handed-off requests
	InFlight    int // most messages of the finish queue that are in flight: received, but neither deleted nor visible again
	// Partition is the most write units per second that each partition of one of the ledger's
	// indexes accepts. Table is the most write units per second that the ledger's table accepts.
	Partition, Table float64
	// most S3 reads per second of one key prefix, and most S3 writes and listings per second
	PrefixReads, PrefixPuts float64
}

// Default returns the limits of an account with AWS's default quotas and a deployment with the
// default settings.
func Default() Limits {
	return Limits{
		Concurrency: concurrency, Finish: parallel, InFlight: inFlight,
		Partition: partitionWrites, Table: tableWrites, PrefixReads: prefixReads, PrefixPuts: prefixWrites,
	}
}

// New returns the limits of a new AWS account. They equal those of [Default], except that fewer
// concurrent invocations are allowed.
func New() Limits {
	l := Default()
	l.Concurrency = newConcurrency
	return l
}

// rate is a limit in units per second. Unused units are saved for one second. Therefore callers can
// take at most the units of one second at once.
type rate struct {
	perSecond float64 // units that are added each second; 0 means no limit
	// Units may be taken before they are added. paid is the time of day, in seconds, by which all
	// taken units will have been added.
	paid float64
}

// take takes units from the limit for a caller that uses them evenly over the given number of
// seconds. It returns how many seconds the limit delays this caller.
func (r *rate) take(now, seconds, units float64) (late float64) {
	if r.perSecond == 0 || units == 0 {
		return 0
	}
	r.paid = max(r.paid, now-1) + units/r.perSecond
	return max(0, r.paid-(now+seconds))
}

// starts limits the new execution environments of a function: how many may start at once, and how
// many more may start per second.
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

// tally holds how many units were used in each second of the day, so that the peak can be found.
type tally []float64

func newTally() tally { return make(tally, int(day+2*Lifetime)) }

// add counts units that a run uses, for example DynamoDB's write units. The run begins at now, and
// uses the units evenly over its duration in seconds.
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
