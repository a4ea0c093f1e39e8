package requests

import (
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/gateway"
)

// RunRounds measures so many rounds, each with so many requests of each kind.
var RunRounds = run

// Meter is the proxy between the function and the services.
type Meter = meter

// NewMeter returns a meter without fronts.
var NewMeter = newMeter

// Front is [meter.front].
func (m *meter) Front(service, target string, delay time.Duration) (string, error) {
	return m.front(service, target, delay, readsRange)
}

// Close closes the meter's addresses.
func (m *meter) Close() { m.close() }

// Seen is a call that the meter recorded.
type Seen struct {
	Name  string
	Bytes bool
	Took  time.Duration
}

// Take returns the calls since the previous Take.
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

// Figures returns the ratio of an invocation of took milliseconds to its calls, and the
// milliseconds without any call.
func Figures(took int, spans ...Span) (ratio, own float64) {
	at := func(ms int) time.Time { return time.Unix(1, 0).Add(time.Duration(ms) * time.Millisecond) }
	m := measurement{took: time.Duration(took) * time.Millisecond}
	for _, s := range spans {
		m.calls = append(m.calls, call{began: at(s.Began), ended: at(s.Ended), bytes: s.Bytes})
	}
	return m.ratio(), m.own()
}

// Quantile returns the quantile p of times in milliseconds.
func Quantile(p float64, took ...int) float64 {
	var list []measurement
	for _, ms := range took {
		list = append(list, measurement{took: time.Duration(ms) * time.Millisecond})
	}
	return quantile(list, p, measurement.whole)
}

// Problems returns the faults in how a skip, or a delivery, ended.
func Problems(skipped bool, seen scenario.Seen, status, attempts int, master [32]byte) []string {
	k := delivery
	if skipped {
		k = skip
	}
	return k.problems(seen, gateway.Result{Status: status, Attempts: attempts}, master)
}
