package reindex

import (
	"context"
	"time"

	"masterhand/shared/masters"
)

// sweep takes keys out of the documents that are gone from the bucket without an event
// that told of it. After the last document the library is indexed.
func (w Worker) sweep(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	prefix := masters.DocumentPrefix(lib)
	now := w.Now().UTC()
	for looked := 0; looked < sweepKeys; {
		names, more, err := w.Documents.Page(ctx, prefix, run.Step.Cursor, 100)
		if err != nil {
			return run, err
		}
		for _, name := range names {
			n, err := w.sweepDocument(ctx, lib, name)
			if err != nil {
				return run, err
			}
			run.Step.Cursor = name
			if looked += n + 1; looked >= sweepKeys {
				break
			}
		}
		if !more && (len(names) == 0 || run.Step.Cursor == names[len(names)-1]) {
			return w.declare(ctx, lib, run, now)
		}
	}
	run.Moved = now
	return run, nil
}

// declare says that the library is indexed.
func (w Worker) declare(ctx context.Context, lib masters.Library, run Run, now time.Time) (Run, error) {
	if run.Rules != lib.Rules() {
		return end(run, now, "the library's rules have changed meanwhile"), nil
	}
	if err := setState(ctx, w.Index, lib, true); err != nil {
		return run, err
	}
	return end(run, now, ""), nil
}

// sweepDocument looks whether the keys of a document are there, and returns how many
// there are.
func (w Worker) sweepDocument(ctx context.Context, lib masters.Library, name string) (int, error) {
	c, err := masters.CreativeOf(lib, name)
	if err != nil {
		return 0, nil // nothing that answers a request
	}
	doc, _, err := w.Index.Document(ctx, lib, c)
	if err != nil {
		return 0, err
	}
	var gone []string
	for _, m := range doc.Masters {
		exists, err := w.Indexer.Exists(ctx, m.Key)
		if err != nil {
			return 0, err
		}
		if !exists {
			gone = append(gone, m.Key)
		}
	}
	for _, result := range w.Indexer.Index(ctx, gone) {
		if result.Err != nil {
			return 0, result.Err
		}
	}
	if len(gone) > 0 {
		err = w.Indexer.Remove(ctx, lib, c, gone)
	}
	return len(doc.Masters), err
}
