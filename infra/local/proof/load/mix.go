package load

import "math/rand/v2"

// class is the kind of an event.
type class int

// The classes of events, in the order in which the summary prints them.
const (
	there     class = iota // the event requests an existing master
	missing                // the event requests a missing master
	duplicate              // the event requests an existing or a missing master, and arrives several times at once
	forged                 // the event is not signed by the platform
	malformed              // the event is signed by the platform, but malformed
)

func (c class) String() string {
	return [...]string{"a master", "missing", "duplicates", "forged", "malformed"}[c]
}

// asks reports whether an event of this class is a valid request, which the system must settle.
func (c class) asks() bool { return c <= duplicate }

// block defines the proportions of the mix. A load run sends its events in groups of ten. The
// events of each group have exactly these ten classes, in random order.
var block = []class{there, there, there, there, there, there, missing, duplicate, forged, malformed}

// maxCopies is the maximum number of copies of an event that arrive at the same time. An event of
// the class duplicate has at least two copies.
const maxCopies = 4

// event describes an event that a load run sends, with the expected result.
type event struct {
	Number  int // position of the event in the load run, from 0
	Class   class
	Ask     ask
	Copies  int // number of copies of the event that arrive at the same time
	Variant int // random number that selects how the event is forged or malformed
}

// mix generates the events of a load run.
type mix struct {
	random *rand.Rand
	left   []class // classes of the events that are still to be sent in the current group of ten
	number int
}

func newMix(seed uint64) *mix { return &mix{random: rand.New(rand.NewPCG(seed, 0))} }

// event returns the next event of the mix.
func (m *mix) event() event {
	if len(m.left) == 0 {
		m.left = append(m.left, block...)
		m.random.Shuffle(len(m.left), func(i, j int) { m.left[i], m.left[j] = m.left[j], m.left[i] })
	}
	e := event{Number: m.number, Class: m.left[0], Copies: 1, Variant: m.random.IntN(1 << 16)}
	m.number, m.left = m.number+1, m.left[1:]
	switch {
	case e.Class == missing, e.Class == duplicate && m.random.IntN(5) == 0:
		e.Ask = pick(m.random, missingAsks())
	default:
		e.Ask = pick(m.random, asks())
	}
	if e.Class == duplicate {
		e.Copies = 2 + m.random.IntN(maxCopies-1)
	}
	return e
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
