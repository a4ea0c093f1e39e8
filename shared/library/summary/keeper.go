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

// Keeper keeps summaries in step with documents. Both fields are needed.
type Keeper struct {
	Index masters.Index
	Names masters.Lister // of the bucket that holds the index
}

// The bounds of one call.
const (
	readAhead = 32   // documents read at once
	maxRead   = 5000 // documents read in one call; the next call reads on
	maxSwaps  = 20
)

// MaxLive is how many documents a library may have for its summary to be written with each
// change. Rewriting a larger summary takes seconds, which the next events would wait for.
const MaxLive = 5000

// pauses bound the random pause before a write is repeated that another writer overtook.
var pauses = backoff.Steps{First: 50 * time.Millisecond, Longest: 2 * time.Second}

// Update takes the documents of some creatives into the summary of their library. Where there
// is no summary yet it makes one of the whole library. That of a library of over MaxLive
// documents waits for the next Refresh.
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

// Refresh compares the summary with a listing of the library's documents and reads those that
// have changed: also those that were written without an Update.
func (k Keeper) Refresh(ctx context.Context, lib masters.Library) error {
	return k.swap(ctx, lib, func(s *Summary, _ bool) (bool, error) { return k.compare(ctx, lib, s) })
}

// swap changes the summary, again and again until nobody was quicker.
func (k Keeper) swap(ctx context.Context, lib masters.Library, change func(s *Summary, fresh bool) (bool, error)) error {
	for swaps := range maxSwaps {
		s, revision, err := Load(ctx, k.Index.Blobs, lib)
		if err != nil {
			return err
		}
		changed, err := change(&s, revision == "")
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

// compare brings the summary in step with a listing.
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
			continue // nothing that answers a request
		}
		if known[c] != entry.ETag {
			stale = append(stale, c)
		}
		delete(known, c)
	}
	stale = slices.AppendSeq(stale, maps.Keys(known)) // of documents that are gone
	left := max(len(stale)-maxRead, 0)
	changed, err := k.read(ctx, lib, s, stale[:len(stale)-left])
	changed = changed || left != s.Left
	s.Left = left
	return changed, err
}

// read takes documents as they are now into the summary.
func (k Keeper) read(ctx context.Context, lib masters.Library, s *Summary, creatives []creative.Creative) (changed bool, err error) {
	entries := make([]Entry, len(creatives))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readAhead)
	for i, c := range creatives {
		group.Go(func() error {
			d, revision, err := k.Index.Document(inner, lib, c)
			if errors.Is(err, masters.ErrDocument) {
				err, d = nil, masters.NewDocument(c) // what nobody can read says nothing
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
