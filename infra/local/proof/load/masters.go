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

// masters holds the masters of a load run with their versions over time.
type masters struct {
	scenario.Masters
	samples map[string][]byte
	random  *rand.ChaCha8 // source of the masters' random bytes; not safe for concurrent use
	keys    []string      // keys of all masters, in the order of upload
	part    map[string]string
	bytes   int64 // number of bytes that the method fill has uploaded

	mu       sync.Mutex
	versions map[string][]version // versions by key, the oldest first
}

// version is the content that a master had for some time. The times of an old and a new version
// overlap, because the exact moment of the replacement is unknown.
type version struct {
	sum         [32]byte
	from, until time.Time // when the content was current; until is zero for the latest version
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

// indexPatience limits the wait until all masters are indexed. A longer wait is an error.
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

// put uploads a master with new, unique bytes and returns the master's size in bytes.
func (m *masters) put(ctx context.Context, key string) (size int64, err error) {
	data, err := film(m.part[key], m.samples[m.part[key]], m.random)
	if err != nil {
		return 0, err
	}
	// The version is recorded before the upload, because the system may deliver it at once.
	m.known(key, version{sum: sha256.Sum256(data), from: time.Now()})
	if _, err := m.Put(ctx, key, data, library.Labels{}); err != nil {
		return 0, err
	}
	m.replaced(key, time.Now())
	return int64(len(data)), nil
}

// known records a new version of a master before its upload. The earlier versions stay current
// until replaced is called.
func (m *masters) known(key string, v version) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.versions[key] = append(m.versions[key], v)
}

// replaced records the time from which only the latest version of a key is current.
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

// lag is the time after a replacement for which new requests may still get the replaced version.
// The function index usually processes a replacement in much less time.
const lag = 10 * time.Second

// was reports whether sum, a SHA-256, is that of an acceptable version of a master that was
// requested at the time asked. Every version is acceptable, except those that were replaced 10 s
// (the constant lag) or more before that time.
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

// overwriteEvery is the time between the replacements of two masters.
const overwriteEvery = 3 * time.Second

// overwrite replaces one master after the other until ctx ends. If an upload fails, the master is
// replaced in its next turn.
func (m *masters) overwrite(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-tick.C:
			// The error is ignored: the loop comes back to this master later. A step of 7 keys
			// selects another creative each time, because each creative has only 4 keys.
			_, _ = m.put(ctx, m.keys[turn*7%len(m.keys)])
		case <-ctx.Done():
			return
		}
	}
}
