package handoff

import (
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/request/fulfillment"
)

// The delays of a request that did not end. While it only waits until the index lists an
// upload, or for its copy through another destination, they are short: that takes seconds.
var (
	delays      = backoff.Steps{First: 5 * time.Second, Longest: 60 * time.Second}
	indexDelays = backoff.Steps{First: 5 * time.Second, Longest: 10 * time.Second}
	// A request has few uploads, which must last through an outage of some minutes.
	uploadDelays = backoff.Steps{First: 20 * time.Second, Longest: 5 * time.Minute}
)

// RetryDelay returns how long a message stays invisible after its nth try, n from 1, which
// came to outcome. It is never more than a second past the request's expiry, so that the
// next try settles the request. jitter is a number from 0 to 1.
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
