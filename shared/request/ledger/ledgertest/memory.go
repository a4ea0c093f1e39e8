// Package ledgertest contains what tests of the ledger need: [Memory], a Store in memory, and
// [Run], a suite that every Store must pass.
//
// Memory is exactly as consistent as a Store must be. It copies items when they are saved and
// loaded, so later changes by a test do not affect it.
package ledgertest

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
)

// Memory is a Store for tests, which NewMemory creates. It is safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	items map[string]ledger.Item
	names map[string]affected.Names
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{items: map[string]ledger.Item{}, names: map[string]affected.Names{}}
}

// Load implements ledger.Store.
func (m *Memory) Load(ctx context.Context, id string) (ledger.Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	item, ok := m.items[id]
	switch {
	case ctx.Err() != nil:
		return ledger.Item{}, ctx.Err()
	case !ok:
		return ledger.Item{}, ledger.ErrNotFound
	}
	return clone(item), nil
}

// Save implements ledger.Store.
func (m *Memory) Save(ctx context.Context, item ledger.Item) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case item.Version < 1 || m.items[item.ID].Version != item.Version-1:
		return ledger.ErrStale
	}
	m.items[item.ID] = clone(item)
	return nil
}

// SaveAffected implements ledger.AffectedStore. It stores the names for ever.
func (m *Memory) SaveAffected(ctx context.Context, id string, names affected.Names, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, kept := m.names[id]; !kept && ctx.Err() == nil {
		m.names[id] = names
	}
	return ctx.Err()
}

// Affected implements ledger.AffectedStore.
func (m *Memory) Affected(ctx context.Context, ids []string) (map[string]affected.Names, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]affected.Names{}
	for _, id := range ids {
		if names, kept := m.names[id]; kept {
			found[id] = names
		}
	}
	return found, ctx.Err()
}

// BySlot implements ledger.Store.
func (m *Memory) BySlot(ctx context.Context, slot string, limit int) ([]ledger.Item, error) {
	return m.query(ctx, limit, func(i ledger.Item) bool { return slot != "" && i.Slot == slot })
}

// ByDay implements ledger.Store.
func (m *Memory) ByDay(ctx context.Context, day string, limit int) ([]ledger.Item, error) {
	return m.query(ctx, limit, func(i ledger.Item) bool {
		return !i.ReceivedAt.IsZero() && i.ReceivedAt.UTC().Format(time.DateOnly) == day
	})
}

// Overdue implements ledger.Store.
func (m *Memory) Overdue(ctx context.Context, before time.Time, limit int) ([]ledger.Item, error) {
	found, err := m.query(ctx, math.MaxInt, func(i ledger.Item) bool {
		return !i.State.Ended() && !i.ExpiresAt.IsZero() && i.ExpiresAt.Before(before)
	})
	slices.SortFunc(found, func(a, b ledger.Item) int {
		return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.ID, b.ID))
	})
	return found[:min(max(limit, 0), len(found))], err
}

func (m *Memory) query(ctx context.Context, limit int, match func(ledger.Item) bool) ([]ledger.Item, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []ledger.Item
	for _, item := range m.items {
		if match(item) {
			found = append(found, clone(item))
		}
	}
	slices.SortFunc(found, func(a, b ledger.Item) int {
		return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(b.ID, a.ID))
	})
	return found[:min(max(limit, 0), len(found))], nil
}

// clone returns an item that shares no memory with i, with times as a store would return them.
func clone(i ledger.Item) ledger.Item {
	if i.Decision != nil {
		i.Decision = new(*i.Decision)
	}
	i.EventIDs, i.Passed = slices.Clone(i.EventIDs), slices.Clone(i.Passed)
	i.Result = bytes.Clone(i.Result)
	for _, t := range []*time.Time{&i.LeaseUntil, &i.ExpiresAt, &i.ReceivedAt, &i.UpdatedAt, &i.ClaimedAt, &i.DecidedAt, &i.UploadedAt, &i.EndedAt} {
		*t = t.UTC().Round(0) // Round(0) removes the monotonic clock's reading, which no store keeps
	}
	return i
}
