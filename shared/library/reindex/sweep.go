package reindex

import (
	"context"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// The sizes of sweeping: a step takes some seconds, whatever the documents' sizes.
const (
	sweepKeys      = 4000 // looked at in one step, about
	sweepDocuments = 64   // read together
	sweepParallel  = 32   // reads and looks at once
)

// sweep takes keys out of the documents that do not belong there: they are gone from the
// bucket without an event that told of it, or a run that was cut off left them. After the last document comes the list of unplaced keys.
func (w Worker) sweep(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	now := w.Now().UTC()
	for looked := 0; looked < sweepKeys; {
		names, more, err := page(ctx, w.Documents, masters.DocumentPrefix(lib), run.Step.Cursor, sweepDocuments)
		if err != nil {
			return run, err
		}
		taken, keys, err := w.sweepSome(ctx, lib, names)
		if err != nil {
			return run, err
		}
		run.Step.Checked += keys
		if taken == len(names) && !more {
			run.Step.Phase, run.Step.Cursor, run.Moved = Clearing, "", now
			return run, nil
		}
		run.Step.Cursor = names[taken-1]
		looked += taken + keys
	}
	run.Moved = now
	return run, nil
}

// listing is a creative with the keys that its document lists.
type listing struct {
	creative creative.Creative
	keys     []string
	gone     []bool // each of keys
}

// sweepSome sweeps the first documents, as many as a step may take, and returns how many
// they are and how many keys they list.
func (w Worker) sweepSome(ctx context.Context, lib masters.Library, names []string) (taken, keys int, err error) {
	listings := make([]listing, len(names))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sweepParallel)
	for i, name := range names {
		group.Go(func() (err error) {
			listings[i], err = w.listing(inner, lib, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, 0, err
	}
	for taken < len(listings) && keys < sweepKeys {
		keys += len(listings[taken].keys)
		taken++
	}
	if err := w.look(ctx, lib, listings[:taken]); err != nil {
		return 0, 0, err
	}
	for _, l := range listings[:taken] {
		if err := w.takeOut(ctx, lib, l); err != nil {
			return 0, 0, err
		}
	}
	return taken, keys, nil
}

func (w Worker) listing(ctx context.Context, lib masters.Library, name string) (listing, error) {
	c, err := masters.CreativeOf(lib, name)
	if err != nil {
		return listing{}, nil // nothing that answers a request
	}
	doc, _, err := w.Index.Document(ctx, lib, c)
	if err != nil {
		return listing{}, err
	}
	keys := doc.Keys()
	return listing{creative: c, keys: keys, gone: make([]bool, len(keys))}, nil
}

// look marks the keys that do not belong there: they have no object, or are another
// creative's, or outside the library by now.
func (w Worker) look(ctx context.Context, lib masters.Library, listings []listing) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sweepParallel)
	for _, l := range listings {
		for i, key := range l.keys {
			group.Go(func() error {
				belongs, err := w.Indexer.Belongs(inner, lib, l.creative, key)
				l.gone[i] = !belongs
				return err
			})
		}
	}
	return group.Wait()
}

// takeOut takes the keys that are gone out of their document and their placements.
func (w Worker) takeOut(ctx context.Context, lib masters.Library, l listing) error {
	var gone []string
	for i, key := range l.keys {
		if l.gone[i] {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	for _, result := range w.Indexer.Index(ctx, gone) {
		if result.Err != nil {
			return result.Err
		}
	}
	return w.Indexer.Remove(ctx, lib, l.creative, gone)
}
