package reindex

import (
	"context"

	"masterhand/shared/library/masters"
)

// StartImport begins a run whose keys the caller reads from the S3 Inventory named source and sends
// with Import. If a run with the same source is active and anew is false, it returns that run. In
// the phase Importing, the caller must then continue at the run's Step.Cursor. In a later phase,
// the run already has all its keys.
func (c Control) StartImport(ctx context.Context, lib masters.Library, source string, anew bool) (Run, error) {
	run, err := c.begin(ctx, lib, Run{Source: source, Step: Step{Phase: Importing}}, func(run Run) bool {
		return !anew && run.Source == source
	})
	if err != nil || run.Step.Phase == Importing {
		return run, err
	}
	return run, c.send(ctx, lib, run)
}

// Import sends the next keys to a run that imports. The argument cursor states where the import
// must continue after these keys. A caller that repeats an import from the same cursor must send
// the same keys. Import returns ErrReplaced if the run has ended or was replaced.
func (c Control) Import(ctx context.Context, lib masters.Library, run Run, keys []string, cursor string) (Run, error) {
	batches := cut(keys)
	if err := sendBatches(ctx, c.Queue, lib, run, batches, false); err != nil {
		return run, err
	}
	run.Step.Number++
	run.Step.Batches += len(batches)
	run.Step.Listed += len(keys)
	run.Step.Cursor, run.Moved = cursor, c.Now().UTC()
	return run, c.advance(ctx, lib, run)
}

// FinishImport ends the import of a run. The run then continues by itself. If the run is no longer
// active, FinishImport returns ErrReplaced.
func (c Control) FinishImport(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	run.Step.Number++
	run.Step.Phase, run.Step.Cursor, run.Moved = Draining, "", c.Now().UTC()
	if err := c.send(ctx, lib, run); err != nil {
		return run, err
	}
	return run, c.advance(ctx, lib, run)
}

// cut divides keys into batches that fit into messages.
func cut(keys []string) (batches [][]string) {
	begin, size := 0, 0
	for i, key := range keys {
		if i-begin == batchKeys || i > begin && size+encodedKey*len(key) > maxKeyBytes {
			batches, begin, size = append(batches, keys[begin:i]), i, 0
		}
		size += encodedKey * len(key)
	}
	if begin < len(keys) {
		batches = append(batches, keys[begin:])
	}
	return batches
}

// sendBatches sends the run's next batches. It also sends batches that have become empty since they
// were planned, because the method drain waits until every planned batch is processed.
func sendBatches(ctx context.Context, queue Queue, lib masters.Library, run Run, batches [][]string, missed bool) error {
	messages := make([]Message, len(batches))
	for i, keys := range batches {
		messages[i] = Message{Library: lib.Name, Run: run.ID, Batch: &Batch{Number: run.Step.Batches + i, Keys: keys, Missed: missed}}
	}
	return send(ctx, queue, 0, messages...)
}

// advance stores the run's progress, unless later progress is stored already. It returns
// ErrReplaced if the run has ended or was replaced.
func (c Control) advance(ctx context.Context, lib masters.Library, run Run) error {
	return swap("how far a reindex is", func() error {
		stored, revision, err := c.stored(ctx, lib, run)
		if err != nil || stored.Step.Number >= run.Step.Number {
			return err
		}
		return saveRun(ctx, c.Index.Blobs, lib, run, revision)
	})
}
