package indexing

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	before := s.placed
	s.placed = s.record()
	if err := x.list(ctx, s, before.Folders); err != nil {
		return err
	}
	return x.remember(ctx, s)
}

// record returns what is to be remembered of the subject.
func (s *subject) record() masters.Placed {
	p := masters.Placed{
		Format: masters.Format, Key: s.key, Documents: append([]creative.Creative{}, s.targets()...),
		Rules: s.library.RuleSet(), Modified: s.placed.Modified, Unread: s.unread,
	}
	if s.object == nil {
		return p
	}
	p.ETag, p.VersionID, p.Storage, p.Modified = s.object.ETag, s.object.VersionID, s.object.Storage, s.object.Modified
	p.Rule, p.Unplaced, p.Never = s.place.Rule, s.place.Unplaced, s.place.Never != ""
	if !s.isPlaced() {
		p.NoMedia, p.Stated = !p.Never && !s.media, s.object.Labels.Statement()
	}
	p.Folders = s.library.Folders(p)
	return p
}

// list keeps the list of unplaced keys: a line is written before the placement names its
// folder, and emptied before it no longer does. A line too many is told by the placement,
// which has the last word; none is ever missing.
func (x *Indexer) list(ctx context.Context, s *subject, before []string) error {
	for _, folder := range s.placed.Folders {
		if err := orAgain(x.Documents.FileUnplaced(ctx, s.library, folder, s.key)); err != nil {
			return err
		}
	}
	for _, folder := range before {
		if slices.Contains(s.placed.Folders, folder) {
			continue
		}
		if err := orAgain(x.Documents.EmptyUnplaced(ctx, s.library, folder, s.key)); err != nil {
			return err
		}
	}
	return nil
}

// orAgain returns errAgain where somebody else wrote a line meanwhile.
func orAgain(err error) error {
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
