package indexing

import (
	"context"
	"reflect"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/masters"
)

// Missed returns those of the keys that are not indexed as they are now, or were by other
// rules, or without being read. Keys outside every library are passed over. It costs a look
// and a read each, and no writes.
func (x *Indexer) Missed(ctx context.Context, keys []string) ([]string, error) {
	missed := make([]bool, len(keys))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, key := range keys {
		lib, ok := x.library(key)
		if !ok {
			continue
		}
		group.Go(func() (err error) {
			missed[i], err = x.missed(inner, lib, key)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var list []string
	for i, key := range keys {
		if missed[i] {
			list = append(list, key)
		}
	}
	return list, nil
}

// missed holds a key's placement, which is written after its documents, against the
// object.
func (x *Indexer) missed(ctx context.Context, lib masters.Library, key string) (bool, error) {
	placed, _, err := x.Documents.Placed(ctx, lib, key)
	if placed.Rules != lib.RuleSet() || placed.Unread != "" { // beside an error, placed is by no rules
		return true, err
	}
	s := &subject{key: key, library: lib, placed: placed, media: !placed.NoMedia}
	err = x.see(ctx, s)
	return !reflect.DeepEqual(placed, s.record()), err
}
