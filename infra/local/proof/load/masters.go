package load

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/system"
	library "masterhand/shared/library/masters"
)

// masters holds the masters of a run with their versions over time.
type masters struct {
	scenario.Masters
	samples map[string][]byte
	random  *rand.ChaCha8 // makes the masters' bytes; used by one goroutine at a time
	keys    []string      // every master, in the order of upload
	part    map[string]string
	bytes   int64 // bytes that fill has uploaded

	mu       sync.Mutex
	versions map[string][]version // the oldest first
}

// version is the content of a master for a period. The master certainly had this content within
// the period; around a replacement, the periods of two versions may overlap.
type version struct {
	sum         [32]byte
	from, until time.Time // until is zero for the last version
}

func newMasters(s *system.System, seed uint64) (*masters, error) {
	samples, err := samples()
	if err != nil {
		return nil, err
	}
	var chacha [32]byte
	binary.LittleEndian.PutUint64(chacha[:], seed)
	m := &masters{
		Masters: scenario.MastersOf(s), samples: samples, random: rand.NewChaCha8(chacha),
		part: map[string]string{}, versions: map[string][]version{},
	}
	for n := range creatives {
		for _, part := range parts {
			key := masterKey(n, part)
			m.keys, m.part[key] = append(m.keys, key), part
		}
	}
	return m, nil
}

// indexPatience limits the wait for the index.
const indexPatience = 2 * time.Minute

// fill uploads all masters and waits until they are indexed.
func (m *masters) fill(ctx context.Context) error {
	for _, key := range m.keys {
		size, err := m.put(ctx, key)
		if err != nil {
			return err
		}
		m.bytes += size
	}
	ctx, cancel := context.WithTimeoutCause(ctx, indexPatience, errors.New("not indexed in time"))
	defer cancel()
	for _, key := range m.keys {
		if _, err := m.Indexed(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// put writes a master with new, unique bytes.
func (m *masters) put(ctx context.Context, key string) (size int64, err error) {
	data, err := film(m.part[key], m.samples[m.part[key]], m.random)
	if err != nil {
		return 0, err
	}
	m.known(key, version{sum: sha256.Sum256(data), from: time.Now()}) // recorded first, because the master may be delivered before the upload's answer arrives
	if _, err := m.Put(ctx, key, data, library.Labels{}); err != nil {
		return 0, err
	}
	m.replaced(key, time.Now())
	return int64(len(data)), nil
}

// known adds a version, and leaves the earlier one valid.
func (m *masters) known(key string, v version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.versions[key] = append(m.versions[key], v)
}

// replaced ends all versions except the last one.
func (m *masters) replaced(key string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := m.versions[key]
	for i := range list[:len(list)-1] {
		if list[i].until.IsZero() {
			list[i].until = at
		}
	}
}

// lag is how long after its replacement a version may still be delivered to a new request: the
// index follows within moments.
const lag = 10 * time.Second

// was reports whether a master had these bytes when it was requested, or later.
func (m *masters) was(key string, sum [32]byte, asked time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range m.versions[key] {
		if v.sum == sum && (v.until.IsZero() || v.until.Add(lag).After(asked)) {
			return true
		}
	}
	return false
}

// overwriteEvery is the pause between two overwritten masters.
const overwriteEvery = 3 * time.Second

// overwrite replaces masters one after the other until ctx ends. A master whose upload failed is
// written again in its next turn.
func (m *masters) overwrite(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-tick.C:
			_, _ = m.put(ctx, m.keys[turn*7%len(m.keys)]) // a step of 7 goes from creative to creative
		case <-ctx.Done():
			return
		}
	}
}
