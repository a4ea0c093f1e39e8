package indexing

import (
	"context"
	"errors"
	"fmt"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// widen makes the placement name the targets before their documents mention the key.
func (x *Indexer) widen(ctx context.Context, s *subject) error {
	wider := with(s.placed.Documents, s.targets()...)
	if len(wider) == len(s.placed.Documents) {
		return nil
	}
	s.placed.Documents = wider
	return x.remember(ctx, s)
}

// narrow makes the placement say what is so, after the documents do. It writes even
// where nothing changed, unless the key was never seen: the write is what fails when
// somebody else worked on the key meanwhile.
func (x *Indexer) narrow(ctx context.Context, s *subject) error {
	if s.object == nil && s.revision == "" {
		return nil
	}
	s.placed.Documents = append([]creative.Creative{}, s.targets()...)
	s.placed.ETag, s.placed.VersionID, s.placed.Storage, s.placed.Unread = "", "", masters.Storage{}, s.unread
	if s.object != nil {
		s.placed.ETag, s.placed.VersionID, s.placed.Modified = s.object.ETag, s.object.VersionID, s.object.Modified
		s.placed.Storage = s.object.Storage
	}
	s.placed.Rule, s.placed.Unplaced, s.placed.ClosestRule = s.place.Rule, s.place.Unplaced, s.place.ClosestRule
	s.placed.Rules, s.placed.NoMedia = s.library.Rules(), s.object != nil && !s.isPlaced() && !s.place.Never && !s.media
	if err := x.list(ctx, s); err != nil {
		return err
	}
	return x.remember(ctx, s)
}

// list keeps the list of unplaced keys: a line is written before the placement says so,
// and emptied after it last did. A line too many is told by the placement, which has the
// last word; none is ever missing.
func (x *Indexer) list(ctx context.Context, s *subject) error {
	if !s.placed.Listed() && !s.listed {
		return nil
	}
	line, revision, err := x.Documents.Unplaced(ctx, s.library, s.key)
	if err != nil {
		return err
	}
	line.Unread, line.Unplaced, line.ClosestRule, line.ETag, line.Modified = s.unread, s.place.Unplaced, s.place.ClosestRule, s.placed.ETag, s.placed.Modified
	err = x.Documents.SaveUnplaced(ctx, s.library, line, revision)
	if errors.Is(err, masters.ErrStale) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("writing the list of unplaced keys: %w", err)
	}
	return nil
}

// remember writes the placement.
func (x *Indexer) remember(ctx context.Context, s *subject) error {
	revision, err := x.Documents.SavePlaced(ctx, s.library, s.placed, s.revision)
	if errors.Is(err, masters.ErrStale) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("writing a key's placement: %w", err)
	}
	s.revision = revision
	return nil
}
