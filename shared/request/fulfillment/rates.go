package fulfillment

import (
	"sync"
	"time"
)

// rates stores the throughput that was measured in this process's transfers.
type rates struct {
	mu   sync.Mutex
	rate float64 // in bytes per second; 0 until a transfer was measured
}

// telling is the size in bytes of the smallest transfer that is used to measure the throughput.
const telling = 8 << 20

// measure updates the rate: the new rate is the mean of the old rate and this transfer's rate.
func (r *rates) measure(bytes int64, elapsed time.Duration) {
	if bytes < telling || elapsed <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	rate := float64(bytes) / elapsed.Seconds()
	if r.rate > 0 {
		rate = (r.rate + rate) / 2
	}
	r.rate = rate
}

func (r *rates) measured() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rate
}
