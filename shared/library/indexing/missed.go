package indexing

import (
	"context"
	"reflect"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/masters"
)

// Missed returns the keys that must be indexed again: those whose placement is missing, differs
// from the present object, was written by other rules, or records that the object could not be
// read. Missed skips keys outside every library. It writes nothing.
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

// missed reports whether the placement of a key differs from the present object. The placement is
// written after the documents, so a correct placement means correct documents.
func (x *Indexer) missed(ctx context.Context, lib masters.Library, key string) (bool, error) {
	placed, _, err := x.Documents.Placed(ctx, lib, key)
	if placed.Rules != lib.RuleSet() || placed.Unread != "" { // also true after an error: placed is empty then
		return true, err
	}
	s := &subject{key: key, library: lib, placed: placed, media: !placed.NoMedia}
	err = x.see(ctx, s)
	return !reflect.DeepEqual(placed, s.record()), err
}
