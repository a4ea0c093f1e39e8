package reindex

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// The limits of a sweeping step. With them, a step takes only seconds, however large the
// documents are.
const (
	sweepKeys      = 4000 // approximate largest number of keys that one step checks
	sweepDocuments = 64   // number of documents in each page of the listing
	sweepParallel  = 32   // number of reads and look-ups that run in parallel
)

// sweep removes keys from documents where they do not belong: their objects were deleted without
// an event, or a crashed run left them there. After the last document, the run goes on with the
// list of unplaced keys.
func (w Worker) sweep(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	through, err := w.walk(ctx, lib, &run.Step, func(l listing) error { return w.takeOut(ctx, lib, l) })
	run.Moved = w.Now().UTC()
	if err == nil && through {
		run.Step.Phase, run.Step.Cursor = Clearing, ""
	}
	return run, err
}

// weigh counts the documents that would lose all masters. If these are more than half of the
// documents, weigh ends the run. Otherwise the run goes on with the phase Listing.
func (w Worker) weigh(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	through, err := w.walk(ctx, lib, &run.Step, func(l listing) error {
		if len(l.keys) > 0 {
			run.Step.Documents++
		}
		if len(l.keys) > 0 && !slices.Contains(l.gone, false) {
			run.Step.Emptied++
		}
		return nil
	})
	run.Moved = w.Now().UTC()
	switch {
	case err != nil || !through:
	case run.Stopped():
		run = end(run, run.Moved, fmt.Sprintf("%d of %d creatives would lose all their files", run.Step.Emptied, run.Step.Documents))
	default:
		run.Step.Phase, run.Step.Cursor, run.Step.Checked = Listing, "", 0
	}
	return run, err
}

// walk calls the function visit for the documents after the step's cursor, up to the limits of a
// step. visit receives the keys that a document lists, with a mark on each key that does not belong
// in the document. walk advances the cursor, and reports whether it reached the last document.
func (w Worker) walk(ctx context.Context, lib masters.Library, step *Step, visit func(listing) error) (through bool, err error) {
	for looked := 0; looked < sweepKeys; {
		names, more, err := page(ctx, w.Documents, masters.DocumentPrefix(lib), step.Cursor, sweepDocuments)
		if err != nil {
			return false, err
		}
		listings, keys, err := w.listings(ctx, lib, names)
		if err != nil {
			return false, err
		}
		for _, l := range listings {
			if err := visit(l); err != nil {
				return false, err
			}
		}
		step.Checked += keys
		if len(listings) == len(names) && !more {
			return true, nil
		}
		step.Cursor = names[len(listings)-1]
		looked += len(listings) + keys
	}
	return false, nil
}

// listing holds a creative and the keys that its document lists.
type listing struct {
	creative creative.Creative
	keys     []string
	gone     []bool // gone[i] reports whether keys[i] does not belong in this document
}

// listings reads the named documents. It returns the listings of the first documents, as many as
// are needed to reach sweepKeys keys in total, and the number of keys in these listings.
func (w Worker) listings(ctx context.Context, lib masters.Library, names []string) (list []listing, keys int, err error) {
	list = make([]listing, len(names))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(sweepParallel)
	for i, name := range names {
		group.Go(func() (err error) {
			list[i], err = w.listing(inner, lib, name)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	taken := 0
	for taken < len(list) && keys < sweepKeys {
		keys += len(list[taken].keys)
		taken++
	}
	return list[:taken], keys, w.look(ctx, lib, list[:taken])
}

func (w Worker) listing(ctx context.Context, lib masters.Library, name string) (listing, error) {
	c, err := masters.CreativeOf(lib, name)
	if err != nil {
		return listing{}, nil // skip the document, because no request reads a document with such a name
	}
	doc, _, err := w.Index.Document(ctx, lib, c)
	if err != nil {
		return listing{}, err
	}
	keys := doc.Keys()
	return listing{creative: c, keys: keys, gone: make([]bool, len(keys))}, nil
}

// look marks the keys that do not belong in the document that lists them. Such a key's object does
// not exist, belongs to another creative, or is outside of the library.
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

// takeOut removes the keys that do not belong in a document from that document. It also indexes
// these keys again, which corrects their placements.
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
