// Package timelinetest helps to test timelines: [Memory] is a Store in memory, and [Run] is the
// suite that every Store must pass.
//
//	store := timelinetest.NewMemory()
package timelinetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"masterhand/shared/announcements/timeline"
)

// Memory is a Store in memory for tests. Create it with NewMemory. It is safe for concurrent use.
type Memory struct {
	mu        sync.Mutex
	timelines map[string][]byte // the timelines by id; stored as JSON, so that callers share no memory with the store
	marks     map[string]bool
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{timelines: map[string][]byte{}, marks: map[string]bool{}}
}

// Load implements [timeline.Store].
func (m *Memory) Load(ctx context.Context, id string) (timeline.Timeline, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return timeline.Timeline{}, err
	}
	return m.load(id)
}

func (m *Memory) load(id string) (t timeline.Timeline, err error) {
	text, ok := m.timelines[id]
	if !ok {
		return t, timeline.ErrNotFound
	}
	return t, json.Unmarshal(text, &t)
}

// Save implements [timeline.Store].
func (m *Memory) Save(ctx context.Context, t timeline.Timeline) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if old, _ := m.load(t.ID()); t.Version < 1 || old.Version != t.Version-1 {
		return timeline.ErrStale
	}
	text, err := json.Marshal(t)
	if err == nil {
		m.timelines[t.ID()] = text
	}
	return err
}

// ByDay implements [timeline.Store].
func (m *Memory) ByDay(ctx context.Context, sender, day string, limit int) ([]timeline.Timeline, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found []timeline.Timeline
	for id := range m.timelines {
		t, err := m.load(id)
		if err != nil {
			return nil, err
		}
		if t.Sender == sender && t.ReceivedAt.UTC().Format(time.DateOnly) == day {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b timeline.Timeline) int {
		return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(a.Subject, b.Subject))
	})
	return found[:min(max(limit, 0), len(found))], nil
}

// Mark implements [timeline.Store].
func (m *Memory) Mark(ctx context.Context, record string, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.marks[record] = true
	return nil
}

// Marked implements [timeline.Store].
func (m *Memory) Marked(ctx context.Context, record string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.marks[record], ctx.Err()
}
