package main

import (
	"sync"
	"time"

	"masterhand/shared/request/transfer"
)

// link is the network between the source, the contestant and the sink. The zero value has no limit.
type link struct {
	rate       float64       // of one connection to the source, in bytes a second; 0 for no limit
	putRate    float64       // of one connection to the sink, in bytes a second; 0 for no limit
	firstByte  time.Duration // time until the source begins to answer
	card       bool          // each direction passes through Lambda's network card
	cutEvery   int           // the source breaks every n-th answer; 0 for none
	stallEvery int           // the source pauses in every n-th answer; 0 for none
}

// links are the links by name. S3 yields some 90 MB/s on one connection from Lambda, and its
// first byte takes some 20 ms.
var links = map[string]link{
	"s3":    {rate: 90e6, firstByte: 20 * time.Millisecond},
	"free":  {},
	"put":   {rate: 90e6, firstByte: 20 * time.Millisecond, putRate: 100e6},
	"card":  {rate: 90e6, firstByte: 20 * time.Millisecond, card: true},
	"cut":   {rate: 90e6, firstByte: 20 * time.Millisecond, cutEvery: 4},
	"stall": {rate: 90e6, firstByte: 20 * time.Millisecond, stallEvery: 20},
}

const (
	cutAfter = 1 << 20          // a broken answer yields this many bytes
	stallFor = 10 * time.Second // pause of an answer that stalls
)

// Lambda's network card: a burst, then a steady rate in bytes a second, each way and at every
// memory size (measured on AWS; AWS does not document it).
const (
	cardBurst = 300 * mib
	cardRate  = 75 * mib
)

// model returns the shortest time that ranged reads need for an object over a link. The first
// slot has the most to read: one chunk in each round, and waits each time for the first byte.
func (l link) model(size int64) time.Duration {
	const round = transfer.DefaultSlots * transfer.DefaultSlotSize // bytes that all slots read at once
	before := (size - 1) / round                                   // the rounds before the last
	read := before*transfer.DefaultSlotSize + min(size-before*round, transfer.DefaultSlotSize)
	least := float64(before+1)*l.firstByte.Seconds() + seconds(read, l.rate)
	least = max(least, l.firstByte.Seconds()+seconds(size, l.putRate))
	if l.card {
		least = max(least, seconds(size-cardBurst, cardRate))
	}
	return time.Duration(least * float64(time.Second))
}

// seconds returns the time that bytes take at a rate, 0 for no limit.
func seconds(bytes int64, rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return float64(bytes) / rate
}

// throttle is a token bucket: it lets a burst of bytes pass, then a steady rate. All
// connections of one direction share it. The nil throttle has no limit.
type throttle struct {
	burst, rate float64 // in bytes, and in bytes a second

	mu     sync.Mutex
	begun  bool
	last   time.Time
	tokens float64 // below 0: bytes that have passed on credit
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

// throttle returns the network card of one transfer and one direction, nil for none.
func (l link) throttle() *throttle {
	if !l.card {
		return nil
	}
	return &throttle{burst: cardBurst, rate: cardRate}
}
