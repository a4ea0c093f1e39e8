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
	number  int // from 0 on
	class   class
	ask     ask
	copies  int // at the same time
	variant int // which forgery, or what is malformed
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
	e := event{number: m.number, class: m.left[0], copies: 1, variant: m.random.IntN(1 << 16)}
	m.number, m.left = m.number+1, m.left[1:]
	switch {
	case e.class == missing, e.class == duplicate && m.random.IntN(5) == 0:
		e.ask = pick(m.random, missingAsks())
	default:
		e.ask = pick(m.random, asks())
	}
	if e.class == duplicate {
		e.copies = 2 + m.random.IntN(maxCopies-1)
	}
	return e
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
