package indexing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/masters"
)

// Missed returns those of the keys that are not indexed as they are now, or were by other
// rules. Keys outside every library are passed over. It costs a look and a read each, and
// no writes.
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
	if err != nil || placed.Rules != lib.Rules() {
		return true, err
	}
	object, err := x.Bucket.Look(ctx, key)
	if errors.Is(err, masters.ErrAbsent) {
		return placed.ETag != "", nil
	}
	if err != nil {
		return true, fmt.Errorf("looking at the object: %w", err)
	}
	s := subject{object: &object, place: masters.Place(lib, key, object.Size, object.Labels), media: !placed.NoMedia}
	same := placed.ETag == object.ETag && placed.VersionID == object.VersionID &&
		placed.Unplaced == s.place.Unplaced && slices.Equal(placed.Documents, s.targets())
	return !same, nil
}
