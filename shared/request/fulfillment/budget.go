package fulfillment

import "time"

// Plan says what a run does with an upload in the time that is left.
type Plan int

// The values of Plan.
const (
	DeliverNow Plan = iota // the upload fits inside this run
	HandOff                // the upload fits before the request expires, but not inside this run
	GiveUp                 // the request expires before the upload can end
)

// The assumptions that Budget makes.
const (
	// Margin is the time kept free before a run's deadline for the callback and the ledger.
	Margin = 10 * time.Second
	// LastMoment is the time kept free for the callback before the request expires.
	LastMoment = time.Second
	// AssumedRate is the throughput in bytes per second until a transfer has been measured: half of
	// the 75 MiB/s that a Lambda's network sustains after its burst.
	AssumedRate = 37 << 20
)

// Budget decides whether a run has enough time for an upload. The size is in bytes, the rate in
// bytes per second; a rate of 0 means that it was not measured yet. The deadline is the time by
// which the run must end; zero means no deadline. The expiry is the request's.
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
