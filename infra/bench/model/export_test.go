package model

// The calls of the steps of a request. A test compares them one by one with the calls of the real
// functions.
var (
	HandedOff = handedOff
	Retried   = retried
	Skipped   = skipped
	Resulted  = resulted
	Times     = times
)

// Events holds future events, of which only the times matter here.
type Events struct{ events }

// Push adds an event at the time at.
func (e *Events) Push(at float64) { e.push(event{at: at}) }

// Any reports whether there are events.
func (e *Events) Any() bool { return e.any() }

// Pop removes the earliest event and returns its time.
func (e *Events) Pop() float64 { return e.pop().at }
