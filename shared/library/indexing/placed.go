package indexing

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// widen adds to the stored placement the creatives whose documents must list the key. It must be
// called before these documents are written.
func (x *Indexer) widen(ctx context.Context, s *subject) error {
	wider := with(s.placed.Documents, s.targets()...)
	if len(wider) == len(s.placed.Documents) {
		return nil
	}
	s.placed.Documents = wider
	return x.remember(ctx, s)
}

// narrow writes the final placement after the documents are written. It writes even an unchanged
// placement: if another invocation has changed the placement meanwhile, the write fails, and the
// key is indexed again. For a key that is neither in the index nor in the bucket, narrow writes
// nothing.
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

// record returns the placement that must be stored for the subject.
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

// list updates the list of unplaced keys. It writes a line before the placement names the line's
// folder, and empties the line before the placement drops the folder. So the list may have an
// extra line, which readers ignore because of the placement, but never misses a line.
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

// orAgain returns errAgain for masters.ErrStale, which means that another invocation wrote the line
// meanwhile. It wraps any other error and names the list of unplaced keys in the error's text.
func orAgain(err error) error {
	if errors.Is(err, masters.ErrStale) {
		return errAgain
	}
	if err != nil {
		return fmt.Errorf("writing the list of unplaced keys: %w", err)
	}
	return nil
}

// remember stores the placement.
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
