package requests

import (
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/gateway"
)

// RunRounds measures so many rounds of so many requests.
var RunRounds = run

// Meter is the meter between the function and the services.
type Meter = meter

// NewMeter returns a meter without fronts.
var NewMeter = newMeter

// Front is [meter.front].
func (m *meter) Front(service, target string, delay time.Duration) (string, error) {
	return m.front(service, target, delay, readsRange)
}

// Close ends the fronts.
func (m *meter) Close() { m.close() }

// Seen is a call as the meter saw it.
type Seen struct {
	Name  string
	Bytes bool
	Took  time.Duration
}

// Take returns the calls since it was called last.
func (m *meter) Take() (list []Seen) {
	for _, c := range m.take() {
		list = append(list, Seen{c.name, c.bytes, c.took()})
	}
	return list
}

// Span is the beginning and the end of a call, in milliseconds from the start of an invocation.
type Span struct {
	Began, Ended int
	Bytes        bool
}

// Figures returns the ratio and the time without a call, in milliseconds, of an invocation that
// took that many milliseconds.
func Figures(took int, spans ...Span) (ratio, own float64) {
	at := func(ms int) time.Time { return time.Unix(1, 0).Add(time.Duration(ms) * time.Millisecond) }
	m := measurement{took: time.Duration(took) * time.Millisecond}
	for _, s := range spans {
		m.calls = append(m.calls, call{began: at(s.Began), ended: at(s.Ended), bytes: s.Bytes})
	}
	return m.ratio(), m.own()
}

// Quantile returns a quantile of times in milliseconds.
func Quantile(p float64, took ...int) float64 {
	var list []measurement
	for _, ms := range took {
		list = append(list, measurement{took: time.Duration(ms) * time.Millisecond})
	}
	return quantile(list, p, measurement.whole)
}

// Problems returns what is wrong with the end of a skip, or of a delivery.
func Problems(skipped bool, seen scenario.Seen, status, attempts int, master [32]byte) []string {
	k := delivery
	if skipped {
		k = skip
	}
	return k.problems(seen, gateway.Result{Status: status, Attempts: attempts}, master)
}
