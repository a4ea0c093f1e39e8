package fulfillment

import "time"

// Plan is what the time that is left allows.
type Plan int

// The plans.
const (
	DeliverNow Plan = iota // it fits inside this run
	HandOff                // it fits before the request expires, but not inside this run
	GiveUp                 // it fits nowhere
)

// What a budget reckons with.
const (
	// Margin is kept free before a run's deadline, for the callback and the ledger.
	Margin = 10 * time.Second
	// LastMoment is what the callback needs at the least before a request expires.
	LastMoment = time.Second
	// AssumedRate is the throughput reckoned with until one was measured, in bytes per
	// second: half of the 75 MiB/s that a Lambda's network sustains after its burst.
	AssumedRate = 37 << 20
)

// Budget says whether size bytes at rate (bytes per second; 0 is not yet measured) can
// be delivered by a run that must end by deadline (zero: it need not), for a request
// that dies at expiry.
func Budget(size int64, rate float64, now, deadline, expiry time.Time) Plan {
	if rate <= 0 {
		rate = AssumedRate
	}
	moved := now.Add(time.Duration(float64(size) / rate * float64(time.Second)))
	switch {
	case moved.Add(LastMoment).After(expiry):
		return GiveUp
	case !deadline.IsZero() && moved.Add(Margin).After(deadline):
		return HandOff
	}
	return DeliverNow
}
