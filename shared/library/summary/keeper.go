package summary

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// Keeper keeps summaries up to date with the index documents. Both fields must be set.
type Keeper struct {
	Index masters.Index
	Names masters.Lister // lister of the bucket that holds the index
}

// The limits of one call.
const (
	readAhead = 32   // number of documents that are read at the same time
	maxRead   = 5000 // largest number of documents read in one call; the next call reads more
	maxSwaps  = 20
)

// MaxLive is the largest number of documents in a summary that is updated after each change of a
// document. Writing a larger summary takes seconds and would delay the next events.
const MaxLive = 5000

// pauses sets the limits of the random pause before a write of the summary is tried again. It is
// tried again if another writer changed the summary first.
var pauses = backoff.Steps{First: 50 * time.Millisecond, Longest: 2 * time.Second}

// Update reads the documents of the given creatives and stores their present content in the
// library's summary. If the library has no summary, or an unreadable one, Update creates one for all
// documents. If the summary has more than MaxLive documents, Update changes nothing: Refresh must update it.
func (k Keeper) Update(ctx context.Context, lib masters.Library, creatives []creative.Creative) error {
	if len(creatives) == 0 {
		return nil
	}
	return k.swap(ctx, lib, func(s *Summary, fresh bool) (bool, error) {
		if fresh {
			return k.compare(ctx, lib, s)
		}
		if len(s.Entries) > MaxLive {
			return false, nil
		}
		return k.read(ctx, lib, s, creatives)
	})
}

// Refresh lists the library's documents, compares them with the summary, and reads the documents
// that have changed. It also finds documents that were written without a call of Update.
func (k Keeper) Refresh(ctx context.Context, lib masters.Library) error {
	return k.swap(ctx, lib, func(s *Summary, _ bool) (bool, error) { return k.compare(ctx, lib, s) })
}

// swap loads the summary, calls the function change, which edits it, and saves it. If another
// writer has saved the summary meanwhile, swap starts again. The function's parameter fresh is true
// if the summary has no entries, for example because no summary is stored.
func (k Keeper) swap(ctx context.Context, lib masters.Library, change func(s *Summary, fresh bool) (bool, error)) error {
	for swaps := range maxSwaps {
		s, revision, err := Load(ctx, k.Index.Blobs, lib)
		if err != nil {
			return err
		}
		changed, err := change(&s, len(s.Entries) == 0)
		if err != nil || !changed {
			return err
		}
		s.bound(MaxMasters)
		packed, err := encode(s)
		if err != nil {
			return err
		}
		if _, err = k.Index.Blobs.Save(ctx, nameOf(lib), packed, revision); !errors.Is(err, masters.ErrStale) {
			return err
		}
		if !backoff.Sleep(ctx, rand.N(pauses.Delay(swaps+1, 1))) {
			return fmt.Errorf("summary overtaken %d times: %w", swaps+1, ctx.Err())
		}
	}
	return fmt.Errorf("summary: %w, %d times", masters.ErrStale, maxSwaps)
}

// compare lists the library's documents and reads those that differ from the summary.
func (k Keeper) compare(ctx context.Context, lib masters.Library, s *Summary) (bool, error) {
	known := map[creative.Creative]string{}
	for _, e := range s.Entries {
		known[e.creative()] = e.Revision
	}
	var stale []creative.Creative
	for entry, err := range k.Names.List(ctx, masters.DocumentPrefix(lib)) {
		if err != nil {
			return false, err
		}
		c, err := masters.CreativeOf(lib, entry.Key)
		if err != nil {
			continue // skip an object that is not a creative's document
		}
		if known[c] != entry.ETag {
			stale = append(stale, c)
		}
		delete(known, c)
	}
	// also read the deleted documents, because that removes their entries from the summary
	stale = slices.AppendSeq(stale, maps.Keys(known))
	left := max(len(stale)-maxRead, 0)
	changed, err := k.read(ctx, lib, s, stale[:len(stale)-left])
	changed = changed || left != s.Left
	s.Left = left
	return changed, err
}

// read reads the documents of the creatives and stores them in the summary.
func (k Keeper) read(ctx context.Context, lib masters.Library, s *Summary, creatives []creative.Creative) (changed bool, err error) {
	entries := make([]Entry, len(creatives))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readAhead)
	for i, c := range creatives {
		group.Go(func() error {
			d, revision, err := k.Index.Document(inner, lib, c)
			if errors.Is(err, masters.ErrDocument) {
				err, d = nil, masters.NewDocument(c) // treat a malformed document as one without masters
			}
			entries[i] = entryOf(d, revision)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	for _, e := range entries {
		changed = s.put(lib, e) || changed
	}
	return changed, nil
}
