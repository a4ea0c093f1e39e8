package handoff

import (
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/fulfillment"
)

// The delays before the next try of a request that has not ended. They are short while the request
// waits for the index, or for a run of the same request through another destination: both waits
// take only seconds.
var (
	delays      = backoff.Steps{First: 5 * time.Second, Longest: 60 * time.Second}
	indexDelays = backoff.Steps{First: 5 * time.Second, Longest: 10 * time.Second}
	// a request has only a few uploads, so the pauses between them must be long enough to outlast
	// an outage of several minutes
	uploadDelays = backoff.Steps{First: 20 * time.Second, Longest: 5 * time.Minute}
)

// RetryDelay returns how long a message stays invisible after its nth try, with n from 1. The
// message returns at most a second after the request's expiry, so that the next try settles the
// request. The parameter jitter is a number from 0 to 1.
func RetryDelay(n int, outcome fulfillment.Outcome, left time.Duration, jitter float64) time.Duration {
	steps := delays
	if outcome.Code == fulfillment.CodeIndex || outcome.Code == fulfillment.CodeOtherLibrary {
		steps = indexDelays
	}
	if outcome.Code == fulfillment.CodeTransfer {
		steps = uploadDelays
	}
	return max(min(steps.Delay(n, jitter), left+time.Second), time.Second)
}
