package main

import (
	"sync"
	"time"

	"masterhand/shared/request/transfer"
)

// link is the emulated network between the source, the contestant and the sink. The zero value
// has no limit.
type link struct {
	rate       float64       // bytes per second of one connection to the source; 0 means no limit
	putRate    float64       // bytes per second of one connection to the sink; 0 means no limit
	firstByte  time.Duration // time until the source starts to answer
	card       bool          // whether each direction passes through Lambda's network card
	cutEvery   int           // the source breaks off every n-th answer; 0 means none
	stallEvery int           // the source pauses in every n-th answer; 0 means none
}

// links are the links by name. From Lambda, S3 serves about 90 MB/s on one connection and needs
// about 20 ms until the first byte.
var links = map[string]link{
	"s3":    {rate: 90e6, firstByte: 20 * time.Millisecond},
	"free":  {},
	"put":   {rate: 90e6, firstByte: 20 * time.Millisecond, putRate: 100e6},
	"card":  {rate: 90e6, firstByte: 20 * time.Millisecond, card: true},
	"cut":   {rate: 90e6, firstByte: 20 * time.Millisecond, cutEvery: 4},
	"stall": {rate: 90e6, firstByte: 20 * time.Millisecond, stallEvery: 20},
}

const (
	cutAfter = 1 << 20          // bytes of an answer before it breaks off
	stallFor = 10 * time.Second // duration of the pause in an answer
)

// Lambda's network card: a burst of bytes, then a steady rate in bytes per second, in each
// direction and at every memory size (measured on AWS; AWS does not document it).
const (
	cardBurst = 300 * mib
	cardRate  = 75 * mib
)

// model returns the shortest time in which ranged reads can move an object over a link. The first
// slot reads the most: one chunk in each round, and it waits for the first byte in each round.
func (l link) model(size int64) time.Duration {
	const round = transfer.DefaultSlots * transfer.DefaultSlotSize // bytes that all slots together read in one round
	before := (size - 1) / round                                   // rounds before the last one
	read := before*transfer.DefaultSlotSize + min(size-before*round, transfer.DefaultSlotSize)
	least := float64(before+1)*l.firstByte.Seconds() + seconds(read, l.rate)
	least = max(least, l.firstByte.Seconds()+seconds(size, l.putRate))
	if l.card {
		least = max(least, seconds(size-cardBurst, cardRate))
	}
	return time.Duration(least * float64(time.Second))
}

// seconds returns the time for bytes at a rate; 0 if the rate is 0, which means no limit.
func seconds(bytes int64, rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return float64(bytes) / rate
}

// throttle is a token bucket: it lets a burst of bytes pass at once, then a steady rate. All
// connections of one direction share it. The nil throttle has no limit.
type throttle struct {
	burst, rate float64 // in bytes, and in bytes per second

	mu     sync.Mutex
	begun  bool
	last   time.Time
	tokens float64 // negative after bytes that have passed on credit
}

// take lets n bytes pass and returns how long the caller must wait after them.
func (t *throttle) take(now time.Time, n int) time.Duration {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.begun {
		t.begun, t.last, t.tokens = true, now, t.burst
	}
	t.tokens = min(t.burst, t.tokens+now.Sub(t.last).Seconds()*t.rate)
	t.last = now
	t.tokens -= float64(n)
	return time.Duration(max(0, -t.tokens/t.rate) * float64(time.Second))
}

// throttle returns the network card of one direction of a transfer; nil if the link has none.
func (l link) throttle() *throttle {
	if !l.card {
		return nil
	}
	return &throttle{burst: cardBurst, rate: cardRate}
}
