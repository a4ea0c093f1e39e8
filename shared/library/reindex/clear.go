package reindex

import (
	"context"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/masters"
)

// clear takes keys out of the list of unplaced keys that are gone from the bucket without
// an event. After the last one it commits the run.
func (w Worker) clear(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	now := w.Now().UTC()
	names, more, err := page(ctx, w.Documents, masters.UnplacedPrefix(lib), run.Step.Cursor, pageKeys)
	if err != nil {
		return run, err
	}
	gone, err := w.unplacedAndGone(ctx, names)
	if err != nil {
		return run, err
	}
	for _, result := range w.Indexer.Index(ctx, gone) {
		if result.Err != nil {
			return run, result.Err
		}
	}
	run.Moved = now
	run.Step.Checked += len(names)
	if more {
		run.Step.Cursor = names[len(names)-1]
		return run, nil
	}
	return w.commit(ctx, lib, run)
}

// unplacedAndGone returns the keys of lines that have no object.
func (w Worker) unplacedAndGone(ctx context.Context, names []string) (gone []string, err error) {
	keys := make([]string, len(names)) // "" of what is there, or no longer in the list
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sweepParallel)
	for i, name := range names {
		group.Go(func() error {
			line, err := w.Index.UnplacedLine(inner, name)
			if err != nil || !line.Listed() {
				return err
			}
			exists, err := w.Indexer.Exists(inner, line.Key)
			if !exists {
				keys[i] = line.Key
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key != "" {
			gone = append(gone, key)
		}
	}
	return gone, nil
}
