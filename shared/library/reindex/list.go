package reindex

import (
	"context"
	"errors"
	"slices"

	"masterhand/shared/library/masters"
)

// list lists the keys that follow the step's cursor in the bucket, and sends them as batches. The
// step's plan states how to divide the keys into batches.
func (w Worker) list(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	keys, err := w.planned(ctx, lib, &run)
	if err != nil {
		return run, err
	}
	plan := run.Plan
	phase := run.Step.Phase
	if err := sendBatches(ctx, w.Queue, lib, run, apportion(keys, plan.Bounds), phase == Confirming); err != nil {
		return run, err
	}
	run.Step.Batches += len(plan.Bounds)
	run.Step.Listed += plan.Listed
	if plan.More {
		run.Step.Cursor = plan.Bounds[len(plan.Bounds)-1]
	} else {
		run.Step.Phase, run.Step.Cursor, run.Step.Confirmed = Draining, "", phase == Confirming
	}
	run.Moved = w.Now().UTC()
	return run, nil
}

// planned lists the step's keys and sets the run's plan. If an earlier try of the step has stored a
// plan, it uses that plan. Otherwise it stores a new plan.
func (w Worker) planned(ctx context.Context, lib masters.Library, run *Run) (keys []string, err error) {
	if run.Plan != nil {
		bounds := run.Plan.Bounds
		for more := len(bounds) > 0; more && (len(keys) == 0 || keys[len(keys)-1] < bounds[len(bounds)-1]); {
			if keys, more, err = w.page(ctx, lib, run.Step.Cursor, keys); err != nil {
				return nil, err
			}
		}
		return keys, nil
	}
	more := true
	for n := 0; n < pagesPerStep && more; n++ {
		if keys, more, err = w.page(ctx, lib, run.Step.Cursor, keys); err != nil {
			return nil, err
		}
	}
	run.Plan = &Plan{Listed: len(keys), More: more}
	for _, batch := range cut(keys) {
		run.Plan.Bounds = append(run.Plan.Bounds, batch[len(batch)-1])
	}
	return keys, w.plan(ctx, lib, *run)
}

// page appends the next page of the bucket's keys to the list keys. The page begins after the last
// key in the list or, if the list is empty, after cursor. It reports whether more keys follow.
func (w Worker) page(ctx context.Context, lib masters.Library, cursor string, keys []string) ([]string, bool, error) {
	if len(keys) > 0 {
		cursor = keys[len(keys)-1]
	}
	listed, more, err := page(ctx, w.Masters, lib.Prefix, cursor, pageKeys)
	return append(keys, listed...), more, err
}

// errTaken means that a second delivery of the step's message is being processed now.
var errTaken = errors.New("another message of this reindex step is being processed")

// plan stores the step's plan. It returns errTaken if the step has a plan already.
func (w Worker) plan(ctx context.Context, lib masters.Library, run Run) error {
	stored, revision, err := w.stored(ctx, lib, run)
	if err != nil {
		return err
	}
	before := stored.Step.Number < run.Step.Number || stored.Step.Number == run.Step.Number && stored.Plan == nil
	if !before {
		return errTaken
	}
	err = saveRun(ctx, w.Index.Blobs, lib, run, revision)
	if errors.Is(err, masters.ErrStale) {
		return errTaken
	}
	return err
}

// apportion divides the keys into batches. The list bounds holds the last key of each batch. Keys
// after the last bound are left out. The next listing step or, for a key that was uploaded later,
// the upload's event indexes them.
func apportion(keys, bounds []string) [][]string {
	batches := make([][]string, len(bounds))
	for _, key := range keys {
		if i, _ := slices.BinarySearch(bounds, key); i < len(bounds) {
			batches[i] = append(batches[i], key)
		}
	}
	return batches
}
