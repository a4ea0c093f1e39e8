package requests

import (
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/gateway"
)

// RunRounds is the function run, which measures the given number of rounds. In each round it sends
// the given number of requests of each kind.
var RunRounds = run

// Meter is the proxy between the function and the services.
type Meter = meter

// NewMeter returns a meter that does not accept calls yet. The method Front opens an address for
// calls.
var NewMeter = newMeter

// Front is the method front for tests. It regards each read of a range as a call that transfers the
// master's bytes.
func (m *meter) Front(service, target string, delay time.Duration) (string, error) {
	return m.front(service, target, delay, readsRange)
}

// Close closes the meter's addresses.
func (m *meter) Close() { m.close() }

// Seen is one call that the meter recorded.
type Seen struct {
	Name  string
	Bytes bool
	Took  time.Duration
}

// Take returns the calls that the meter recorded since Take was last called.
func (m *meter) Take() (list []Seen) {
	for _, c := range m.take() {
		list = append(list, Seen{c.name, c.bytes, c.took()})
	}
	return list
}

// Span is the time of one call: its beginning and end in milliseconds since the start of the
// invocation.
type Span struct {
	Began, Ended int
	Bytes        bool
}

// Figures returns three figures of an invocation: the ratio of its duration to the sum of its calls'
// durations, its ratio to the time in which a call ran, and for how many milliseconds no call was
// running. The parameter took is the invocation's duration in milliseconds.
func Figures(took int, spans ...Span) (ratio, ofBusy, own float64) {
	at := func(ms int) time.Time { return time.Unix(1, 0).Add(time.Duration(ms) * time.Millisecond) }
	m := measurement{took: time.Duration(took) * time.Millisecond}
	for _, s := range spans {
		m.calls = append(m.calls, call{began: at(s.Began), ended: at(s.Ended), bytes: s.Bytes})
	}
	return m.ratio(), m.ofBusy(), m.own()
}

// Quantile returns the quantile p of durations in milliseconds: with p 0.5, the median.
func Quantile(p float64, took ...int) float64 {
	var list []measurement
	for _, ms := range took {
		list = append(list, measurement{took: time.Duration(ms) * time.Millisecond})
	}
	return quantile(list, p, measurement.whole)
}

// Problems compares the end of a request with the expected end: a skip, or a delivery if skipped is
// false. It returns the differences.
func Problems(skipped bool, seen scenario.Seen, status, attempts int, master [32]byte) []string {
	k := delivery
	if skipped {
		k = skip
	}
	return k.problems(seen, gateway.Result{Status: status, Attempts: attempts}, master)
}
