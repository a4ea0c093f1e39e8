// Package masterstest has helpers for tests of the index: document stores in memory, and the test
// suite that every implementation of [masters.Blobs] must pass.
package masterstest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"masterhand/shared/library/masters"
)

// Memory stores documents in memory. The zero value is ready to use.
type Memory struct {
	mu        sync.Mutex
	documents map[string]document
	writes    int
}

type document struct {
	data     []byte
	revision string
}

// Load implements [masters.Blobs].
func (m *Memory) Load(_ context.Context, name string) ([]byte, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.documents[name]
	if !ok {
		return nil, "", masters.ErrAbsent
	}
	return append([]byte(nil), d.data...), d.revision, nil
}

// List yields the documents whose names begin with prefix, sorted by name.
func (m *Memory) List(_ context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []masters.Entry
	for _, name := range slices.Sorted(maps.Keys(m.documents)) {
		if strings.HasPrefix(name, prefix) {
			entries = append(entries, masters.Entry{Key: name, ETag: m.documents[name].revision, Size: int64(len(m.documents[name].data))})
		}
	}
	return func(yield func(masters.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Save implements [masters.Blobs].
func (m *Memory) Save(_ context.Context, name string, data []byte, revision string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.documents[name].revision != revision {
		return "", masters.ErrStale
	}
	if m.documents == nil {
		m.documents = map[string]document{}
	}
	m.writes++
	revision = strconv.Itoa(m.writes)
	m.documents[name] = document{append([]byte(nil), data...), revision}
	return revision, nil
}
