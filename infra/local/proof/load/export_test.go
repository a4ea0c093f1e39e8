package load

import (
	"math/rand/v2"
	"time"

	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/signature"
)

// The names in this file exist only for the tests of this package.
type (
	Ask     = ask
	Answer  = answer
	Class   = class
	Event   = event
	Facts   = facts
	Process = process
)

const (
	There     = there
	Missing   = missing
	Duplicate = duplicate
	Forged    = forged
	Malformed = malformed

	MaxCopies = maxCopies
	Largest   = largest
	Lag       = lag
	Still     = still
)

var (
	Parts     = parts
	Forgeries = len(forgeries)
	Spoilings = len(spoilings)
)

func Asks() []Ask        { return asks() }
func MissingAsks() []Ask { return missingAsks() }

// Mix returns the first n events that a load run with this seed sends.
func Mix(seed uint64, n int) []Event {
	m := newMix(seed)
	list := make([]Event, n)
	for i := range list {
		list[i] = m.event()
	}
	return list
}

func Forge(e gateway.Event, variant int, key, unknown signature.Key) (gateway.Event, error) {
	return forge(e, variant, key, unknown)
}

func Spoil(e gateway.Event, variant int) (gateway.Event, string, error) { return spoil(e, variant) }

func Judge(e Event, f Facts, faults bool) []string { return judge(e, f, faults) }

func Samples() (map[string][]byte, error) { return samples() }

func Film(part string, sample []byte, random *rand.ChaCha8) ([]byte, error) {
	return film(part, sample, random)
}

// Versions exports the type masters, which records the versions of each master over time.
type Versions struct{ masters masters }

func NewVersions() *Versions { return &Versions{masters{versions: map[string][]version{}}} }

func (v *Versions) Put(key string, sum [32]byte, began, done time.Time) {
	v.masters.known(key, version{sum: sum, from: began})
	if !done.IsZero() {
		v.masters.replaced(key, done)
	}
}

func (v *Versions) Was(key string, sum [32]byte, asked time.Time) bool {
	return v.masters.was(key, sum, asked)
}

// Watch exports the type watch, which collects samples of the processes' resources.
type Watch struct{ watch watch }

func (w *Watch) Take(at time.Duration, list []Process, goroutines int) {
	w.watch.take(at, list, goroutines)
}

func (w *Watch) Problems(growth bool) []string { return w.watch.problems(growth) }

func Functions(root string, parent int) ([]Process, error) { return proc{root}.functions(parent) }

func Quantile(sorted []time.Duration, share float64) time.Duration { return quantile(sorted, share) }
