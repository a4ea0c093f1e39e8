package reindex

import (
	"context"
	"errors"
	"fmt"

	"masterhand/shared/masters"
)

// Feed begins a run whose keys are not listed but brought, from a list that S3 made. One
// of the same source that is not through is taken up: its cursor says where.
func (c Control) Feed(ctx context.Context, lib masters.Library, source string, anew bool) (Run, error) {
	return c.begin(ctx, lib, Run{Source: source, Step: Step{Phase: Feeding}}, func(run Run) bool {
		return !anew && run.Step.Phase == Feeding && run.Source == source
	})
}

// Bring sends keys of a run that is fed; cursor says where the next ones are.
func (c Control) Bring(ctx context.Context, lib masters.Library, run Run, keys []string, cursor string) (Run, error) {
	run, err := sendKeys(ctx, c.Queue, lib, run, keys)
	if err != nil {
		return run, err
	}
	run.Step.Number++
	run.Step.Cursor, run.Moved = cursor, c.Now().UTC()
	return run, c.advance(ctx, lib, run)
}

// Brought says that all keys of a run are there: from here it goes on by itself.
func (c Control) Brought(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	run.Step.Number++
	run.Step.Phase, run.Step.Cursor, run.Moved = Draining, "", c.Now().UTC()
	if err := c.send(ctx, lib, run); err != nil {
		return run, err
	}
	return run, c.advance(ctx, lib, run)
}

// sendKeys sends keys as batches of the run, and counts them in its step.
func sendKeys(ctx context.Context, queue Queue, lib masters.Library, run Run, keys []string) (Run, error) {
	var messages []Message
	for begin := 0; begin < len(keys); begin += batchKeys {
		batch := Batch{Number: run.Step.Batches + len(messages), Keys: keys[begin:min(begin+batchKeys, len(keys))]}
		messages = append(messages, Message{Library: lib.Name, Run: run.ID, Batch: &batch})
	}
	if len(messages) > 0 {
		if err := queue.Send(ctx, 0, messages...); err != nil {
			return run, err
		}
	}
	run.Step.Batches += len(messages)
	run.Step.Listed += len(keys)
	return run, nil
}

// advance writes down how far the run is, unless it is further already, or another one.
func (c Control) advance(ctx context.Context, lib masters.Library, run Run) error {
	for range maxSwaps {
		stored, revision, err := loadRun(ctx, c.Index.Blobs, lib)
		if err != nil || stored.ID != run.ID || stored.Step.Number >= run.Step.Number {
			return err
		}
		if err := saveRun(ctx, c.Index.Blobs, lib, run, revision); !errors.Is(err, masters.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("writing how far a reindex is: %w", masters.ErrStale)
}
