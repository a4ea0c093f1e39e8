package model

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Kind says whether the master of a request exists, comes late or is missing. It decides how the
// request ends.
type Kind int

// The kinds of requests.
const (
	There Kind = iota // the master exists, so the request is delivered at once
	// the master is being uploaded when the request arrives, so the function finish delivers it
	// later
	Early
	Missing // there is no master, so the request is skipped
	kinds
)

func (k Kind) String() string {
	return [...]string{"delivered at once", "master comes late", "skipped"}[k]
}

// Request is one request of a simulated day.
type Request struct {
	At   float64 // time of arrival in seconds since midnight
	Kind Kind
	Size int64 // size of the master in bytes; 0 if there is no master
}

const day = 24 * 3600.0 // length of a day in seconds

// The assumed kinds of the requests. Of every mixOf requests, earlyOf have the kind Early and
// missingOf have the kind Missing. All others have the kind There.
const (
	earlyOf   = 1
	missingOf = 2
	mixOf     = 20
)

// sizes holds the assumed sizes of masters in bytes, each with its relative frequency: images,
// stories, films and long films.
var sizes = []struct {
	bytes  int64
	weight int
}{{1e6, 6}, {20e6, 8}, {100e6, 5}, {1e9, 1}}

// The assumed imports. When an ad account is connected, its ads are imported: a tenth of a day's
// requests, but at most a thousand, arrives within ten seconds. A fifth of all requests arrives in
// such imports.
const (
	importShare  = 5
	largestOfDay = 10
	maxImport    = 1000
	importTime   = 10.0 // seconds within which the requests of one import of ads arrive
)

// NewDay returns the requests of a day, sorted by time. In the busiest hour, nine times as many
// requests arrive as in the quietest hour.
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

// byDay returns a random time of day in seconds. A time near 14:00 is nine times as probable as a
// time near 2:00.
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
