package load

import "math/rand/v2"

// class is what an event is.
type class int

// The classes, in the order in which they are told.
const (
	there     class = iota // asks for a master that is there
	missing                // asks for one that is not
	duplicate              // asks for either, several times at once
	forged                 // is not the platform's
	malformed              // is, and cannot be used
)

func (c class) String() string {
	return [...]string{"a master", "missing", "duplicates", "forged", "malformed"}[c]
}

// asks reports whether events of this class are requests that must end.
func (c class) asks() bool { return c <= duplicate }

// block is the mix: each ten events are these, in an order of their own.
var block = []class{there, there, there, there, there, there, missing, duplicate, forged, malformed}

// maxCopies is how often an event comes at once at most; a duplicate comes twice at least.
const maxCopies = 4

// event is one thing that is sent, and what should come of it.
type event struct {
	Number  int // from 0 on
	Class   class
	Ask     ask
	Copies  int // at the same time
	Variant int // which forgery, or what is malformed
}

// mix makes events.
type mix struct {
	random *rand.Rand
	left   []class // of the block
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
