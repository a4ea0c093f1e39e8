package indexing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// maxSwaps is the number of times that a conditional write is tried. Each failed try means that
// another writer succeeded.
const maxSwaps = 100

// pauses sets the limits of the random pause before a conditional write is tried again, so that
// writers that collided do not collide again. With these pauses, a thousand writers of one
// document all succeed; without pauses, one in ten succeeded.
var pauses = backoff.Steps{First: 20 * time.Millisecond, Longest: 10 * time.Second}

// page identifies a document that must be edited.
type page struct {
	library  string
	creative creative.Creative
}

// additions groups the subjects (the keys being indexed) by the documents that must list them.
func additions(subjects []*subject) map[page][]*subject {
	pages := map[page][]*subject{}
	for _, s := range subjects {
		for _, target := range s.targets() {
			if s.err == nil {
				p := page{s.library.Name, target}
				pages[p] = append(pages[p], s)
			}
		}
	}
	return pages
}

// removals groups the subjects (the keys being indexed) by the documents from which they must be
// removed. Such a document may already lack the key.
func removals(subjects []*subject) map[page][]*subject {
	pages := map[page][]*subject{}
	for _, s := range subjects {
		targets := s.targets()
		for _, old := range with(s.placed.Documents, s.touched...) {
			if s.err == nil && !slices.Contains(targets, old) {
				p := page{s.library.Name, old}
				pages[p] = append(pages[p], s)
			}
		}
	}
	return pages
}

// edit calls the function group, which assigns to each document the subjects (the keys being
// indexed) that must be changed in it. edit writes each document once, with all these changes.
func (x *Indexer) edit(ctx context.Context, subjects []*subject, group func([]*subject) map[page][]*subject) {
	pages := group(subjects)
	order := func(a, b page) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
	for _, p := range slices.SortedFunc(maps.Keys(pages), order) {
		if err := x.editPage(ctx, p.creative, pages[p]); err != nil {
			for _, s := range pages[p] {
				s.err = errors.Join(s.err, err)
			}
		}
	}
}

// editPage changes the document of c for the subjects, which are the keys being indexed. It reads
// the document, then looks up the keys' objects again, then writes the document. If another writer
// has changed the document meanwhile, editPage starts again.
func (x *Indexer) editPage(ctx context.Context, c creative.Creative, subjects []*subject) error {
	lib := subjects[0].library
	for swaps := range maxSwaps {
		before, revision, err := x.Documents.Document(ctx, lib, c)
		if err != nil {
			return err
		}
		each(subjects, func(s *subject) error { return x.unchanged(ctx, s) })
		after := before
		for _, s := range subjects {
			after = s.editOn(after, c)
		}
		if reflect.DeepEqual(before, after) {
			return nil
		}
		err = x.Documents.SaveDocument(ctx, lib, after, revision)
		if errors.Is(err, masters.ErrFull) {
			err = x.fill(ctx, c, before, revision, subjects)
		}
		if err == nil && x.Wrote != nil {
			x.Wrote(lib, c)
		}
		if !errors.Is(err, masters.ErrStale) {
			return err
		}
		if !backoff.Sleep(ctx, rand.N(pauses.Delay(swaps+1, 1))) {
			return fmt.Errorf("overtaken %d times: %w", swaps+1, ctx.Err())
		}
	}
	return fmt.Errorf("%w: overtaken %d times", masters.ErrStale, maxSwaps)
}

// editOn returns doc, the document of c, with the subject's master if c is one of the subject's
// targets. Otherwise it returns doc without that master. A repeated event changes nothing.
func (s *subject) editOn(doc masters.Document, c creative.Creative) masters.Document {
	switch {
	case s.err != nil:
		return doc
	case !slices.Contains(s.targets(), c):
		return doc.Without(s.key)
	}
	m := s.master
	if old := doc.Find(s.key); old != nil {
		m = m.WithContentOf(*old)
		if old.ETag == m.ETag && old.VersionID == m.VersionID {
			m.SHA256 = old.SHA256
		}
		if reflect.DeepEqual(*old, m) {
			return doc
		}
	}
	doc.Rules = masters.RulesVersion
	return doc.Put(m)
}

// unchanged looks up the object again and returns errAgain if the object has changed.
func (x *Indexer) unchanged(ctx context.Context, s *subject) error {
	now, err := x.Bucket.Look(ctx, s.key)
	switch {
	case errors.Is(err, masters.ErrAbsent):
		if s.object == nil {
			return nil
		}
		return errAgain
	case err != nil && s.unseen():
		return nil
	case err != nil:
		return fmt.Errorf("looking at the object again: %w", err)
	case s.object == nil || !s.object.Same(now):
		return errAgain
	}
	return nil
}
