package load

import "math/rand/v2"

// class is the kind of an event.
type class int

// The classes, in the order of the output.
const (
	there     class = iota // requests an existing master
	missing                // requests a missing master
	duplicate              // requests either, several times at once
	forged                 // is not signed by the platform
	malformed              // is signed, but malformed
)

func (c class) String() string {
	return [...]string{"a master", "missing", "duplicates", "forged", "malformed"}[c]
}

// asks reports whether events of this class are requests that must end.
func (c class) asks() bool { return c <= duplicate }

// block is the mix: each ten events have these classes, in random order.
var block = []class{there, there, there, there, there, there, missing, duplicate, forged, malformed}

// maxCopies is the maximum number of concurrent copies of an event; a duplicate has at least two.
const maxCopies = 4

// event is an event to send, with the expected result.
type event struct {
	Number  int // from 0
	Class   class
	Ask     ask
	Copies  int // number of concurrent copies
	Variant int // number of the forgery or of the malformation
}

// mix generates events.
type mix struct {
	random *rand.Rand
	left   []class // rest of the block
	number int
}

func newMix(seed uint64) *mix { return &mix{random: rand.New(rand.NewPCG(seed, 0))} }

// event returns the next event.
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
