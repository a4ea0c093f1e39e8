package handoff

import (
	"time"

	"masterhand/shared/request/fulfillment"
)

// How long a request that did not end waits for the next try. While only the index
// has to settle or catch up, that is soon: what is waited for takes seconds.
const (
	firstPause   = 5 * time.Second
	longestPause = 60 * time.Second
	indexPause   = 10 * time.Second
)

// RetryDelay returns how long a message stays invisible after a try that came to outcome,
// the nth from 1 on: back-off with jitter (a number in [0, 1)), and never past the
// request's expiry by more than a second, so that the next try settles it.
func RetryDelay(n int, outcome fulfillment.Outcome, left time.Duration, jitter float64) time.Duration {
	longest := longestPause
	if outcome.Code == fulfillment.CodeIndex {
		longest = indexPause
	}
	pause := min(firstPause<<min(max(n-1, 0), 10), longest)
	pause = pause/2 + time.Duration(jitter*float64(pause/2))
	return max(min(pause, left+time.Second), time.Second)
}
