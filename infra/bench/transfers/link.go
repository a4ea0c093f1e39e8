package main

import (
	"sync"
	"time"

	"masterhand/shared/request/transfer"
)

// link is the emulated network between the source, the contestant and the sink. The zero value sets
// no limits.
type link struct {
	rate       float64       // bytes per second of each connection to the source; 0 means no limit
	putRate    float64       // bytes per second of each connection to the sink; 0 means no limit
	firstByte  time.Duration // time between a request and the first byte of the source's answer
	card       bool          // whether the bytes pass an imitation of Lambda's network card, in each direction
	cutEvery   int           // the source breaks off the connection in every n-th answer; 0 means never
	stallEvery int           // the source pauses once in every n-th answer; 0 means never
}

// links holds the emulated links by their names. The rate and the time for S3 are assumptions: 90 MB/s
// on one connection, and 20 ms until the first byte. AWS says that the first byte may take 100 to
// 200 ms; ranged reads then gain less, because each waits for its first byte.
var links = map[string]link{
	"s3":    {rate: 90e6, firstByte: 20 * time.Millisecond},
	"free":  {},
	"put":   {rate: 90e6, firstByte: 20 * time.Millisecond, putRate: 100e6},
	"card":  {rate: 90e6, firstByte: 20 * time.Millisecond, card: true},
	"cut":   {rate: 90e6, firstByte: 20 * time.Millisecond, cutEvery: 4},
	"stall": {rate: 90e6, firstByte: 20 * time.Millisecond, stallEvery: 20},
}

const (
	cutAfter = 1 << 20          // number of bytes of an answer after which the connection breaks off
	stallFor = 10 * time.Second // duration of the pause in an answer
)

// The limits of Lambda's network card: at first a burst of bytes, then a constant rate in bytes per
// second. They apply to each direction and at every memory size. Others measured them (see
// arxiv.org/abs/2501.07771); AWS does not document them.
const (
	cardBurst = 300 * mib
	cardRate  = 75 * mib
)

// model returns the shortest time in which ranged reads can move an object of the given size over
// the link. Several parallel readers (the slots of package transfer) read the object in rounds: in
// each round, every reader waits for its first byte and then reads one range. The first reader
// reads the most bytes, so it determines the time.
func (l link) model(size int64) time.Duration {
	const round = transfer.DefaultSlots * transfer.DefaultSlotSize // bytes of a round: one range for each slot
	before := (size - 1) / round                                   // number of rounds before the last round
	read := before*transfer.DefaultSlotSize + min(size-before*round, transfer.DefaultSlotSize)
	least := float64(before+1)*l.firstByte.Seconds() + seconds(read, l.rate)
	least = max(least, l.firstByte.Seconds()+seconds(size, l.putRate))
	if l.card {
		least = max(least, seconds(size-cardBurst, cardRate))
	}
	return time.Duration(least * float64(time.Second))
}

// seconds returns how many seconds a number of bytes takes at a rate in bytes per second. A rate of
// 0 means no limit; then seconds returns 0.
func seconds(bytes int64, rate float64) float64 {
	if rate == 0 {
		return 0
	}
	return float64(bytes) / rate
}

// throttle is a token bucket. It lets a burst of bytes pass at once, and then a constant rate. All
// connections of one direction share it. A nil throttle has no limit.
type throttle struct {
	burst, rate float64 // burst in bytes, rate in bytes per second

	mu     sync.Mutex
	begun  bool
	last   time.Time
	tokens float64 // bytes that may pass at once; negative if more bytes than allowed have already passed
}

// take records that n bytes pass now, and returns how long the caller must wait after these bytes.
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

// throttle returns a throttle with the limits of Lambda's network card, for one direction of a
// transfer. If the link has no card, it returns nil.
func (l link) throttle() *throttle {
	if !l.card {
		return nil
	}
	return &throttle{burst: cardBurst, rate: cardRate}
}
