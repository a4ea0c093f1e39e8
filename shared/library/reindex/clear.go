package reindex

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/masters"
)

// clear removes keys from the list of unplaced keys if their objects were deleted without an event.
// It also empties the lines that older code wrote, which are in no folder. After the last line, it
// commits the run.
func (w Worker) clear(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	now := w.Now().UTC()
	names, more, err := page(ctx, w.Documents, masters.UnplacedPrefix(lib), run.Step.Cursor, pageKeys)
	if err != nil {
		return run, err
	}
	gone, err := w.unplacedAndGone(ctx, lib, names)
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

// unplacedAndGone reads lines of the list of unplaced keys by their names. It returns those keys in
// the lines whose objects do not exist. It empties the lines that older code wrote, which are in no
// folder.
func (w Worker) unplacedAndGone(ctx context.Context, lib masters.Library, names []string) (gone []string, err error) {
	keys := make([]string, len(names)) // one key for each line; "" if its object exists or the line is empty
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sweepParallel)
	for i, name := range names {
		group.Go(func() error {
			if !masters.InFolder(lib, name) {
				return w.Index.EmptyLine(inner, name)
			}
			key, err := w.Index.UnplacedKey(inner, lib, name)
			if err != nil || key == "" {
				return err
			}
			exists, err := w.Indexer.Exists(inner, key)
			if !exists {
				keys[i] = key
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" }), nil
}
