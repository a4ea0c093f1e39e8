package masterstest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Page returns at most n keys that begin with prefix and come after the key after, and reports
// whether there are more.
func (b *Bucket) Page(_ context.Context, prefix, after string, n int) ([]string, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys, more := page(maps.Keys(b.objects), prefix, after, n)
	return keys, more, nil
}

// Page returns at most n names that begin with prefix and come after the name after, and reports
// whether there are more.
func (m *Memory) Page(_ context.Context, prefix, after string, n int) ([]string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names, more := page(maps.Keys(m.documents), prefix, after, n)
	return names, more, nil
}

func page(all iter.Seq[string], prefix, after string, n int) (names []string, more bool) {
	for name := range all { // names holds up to n+1 names in order; one name more than n means that there are more
		if !strings.HasPrefix(name, prefix) || name <= after || len(names) > n && name >= names[n] {
			continue
		}
		i, _ := slices.BinarySearch(names, name)
		names = slices.Insert(names, i, name)
		names = names[:min(n+1, len(names))]
	}
	return names[:min(n, len(names))], len(names) > n
}
