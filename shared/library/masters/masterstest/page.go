package masterstest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Page returns the first n keys, in sorted order, that begin with prefix and come after the key
// given as after. It reports whether there are more keys.
func (b *Bucket) Page(_ context.Context, prefix, after string, n int) ([]string, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys, more := page(maps.Keys(b.objects), prefix, after, n)
	return keys, more, nil
}

// Page returns the first n names, in sorted order, that begin with prefix and come after the name
// given as after. It reports whether there are more names.
func (m *Memory) Page(_ context.Context, prefix, after string, n int) ([]string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names, more := page(maps.Keys(m.documents), prefix, after, n)
	return names, more, nil
}

func page(all iter.Seq[string], prefix, after string, n int) (names []string, more bool) {
	// keep the first n+1 names, sorted: the additional name shows that more than n names exist
	for name := range all {
		if !strings.HasPrefix(name, prefix) || name <= after || len(names) > n && name >= names[n] {
			continue
		}
		i, _ := slices.BinarySearch(names, name)
		names = slices.Insert(names, i, name)
		names = names[:min(n+1, len(names))]
	}
	return names[:min(n, len(names))], len(names) > n
}
