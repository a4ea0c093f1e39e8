package model

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Kind is a request's situation and outcome.
type Kind int

// The kinds of requests.
const (
	There   Kind = iota // its master exists and is delivered at once
	Early               // its master is uploaded at the same time and delivered by the queue
	Missing             // it has no master and is skipped
	kinds
)

func (k Kind) String() string {
	return [...]string{"delivered at once", "master comes late", "skipped"}[k]
}

// Request is one request of a day.
type Request struct {
	At   float64 // in seconds since midnight
	Kind Kind
	Size int64 // size of the master in bytes
}

const day = 24 * 3600.0 // in seconds

// The assumed mix of a day: numbers of requests in each twenty.
const (
	earlyOf   = 1
	missingOf = 2
	mixOf     = 20
)

// sizes are the assumed sizes of masters in bytes, with their weights: images, stories, films,
// long films.
var sizes = []struct {
	bytes  int64
	weight int
}{{1e6, 6}, {20e6, 8}, {100e6, 5}, {1e9, 1}}

// A newly connected ad account imports its ads: a tenth of a day's requests, at most a thousand,
// arrives within ten seconds. A fifth of all requests arrives in such imports.
const (
	importShare  = 5
	largestOfDay = 10
	maxImport    = 1000
	importTime   = 10.0 // in seconds
)

// NewDay returns the requests of a day, sorted by time. At the busiest hour the rate is nine
// times that of the quietest.
func NewDay(requests int) []Request {
	random := rand.New(rand.NewPCG(1, uint64(requests)))
	all := make([]Request, 0, requests)
	imported := requests / importShare
	for size := min(max(requests/largestOfDay, 1), maxImport); len(all) < imported; {
		began := byDay(random)
		for range min(size, imported-len(all)) {
			all = append(all, Request{At: began + random.Float64()*importTime})
		}
	}
	for len(all) < requests {
		all = append(all, Request{At: byDay(random)})
	}
	for i := range all {
		switch n := random.IntN(mixOf); {
		case n < earlyOf:
			all[i].Kind = Early
		case n < earlyOf+missingOf:
			all[i].Kind = Missing
			continue
		}
		all[i].Size = size(random)
	}
	slices.SortFunc(all, func(a, b Request) int { return cmp.Compare(a.At, b.At) })
	return all
}

// byDay returns a random time of day. The rate varies by 80 % around its mean and is highest at
// 14:00.
func byDay(random *rand.Rand) float64 {
	for {
		at := random.Float64() * day
		if random.Float64()*1.8 < 1+0.8*math.Cos(2*math.Pi*(at/3600-14)/24) {
			return at
		}
	}
}

func size(random *rand.Rand) int64 {
	total := 0
	for _, s := range sizes {
		total += s.weight
	}
	n := random.IntN(total)
	for _, s := range sizes {
		if n -= s.weight; n < 0 {
			return s.bytes
		}
	}
	panic("unreachable")
}
