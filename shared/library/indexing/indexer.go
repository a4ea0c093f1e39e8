// Package indexing keeps the index in step with the masters bucket.
//
// An event is only a hint that something happened to a key: what is written follows
// from the object as it is now. So events may come late, twice, out of order or
// together, and the documents end right. Invariants:
//
//   - The object is looked at again between a document's read and its conditional
//     write. Of two writers, then, the one that wrote later looked later.
//   - A key's placement names every document that may mention the key: it is widened
//     before a document is written and narrowed after.
//   - A key that moves is written to its new document before it leaves the old one.
package indexing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// Bucket is the masters bucket as indexing sees it.
type Bucket interface {
	// Look returns the object under key as it is now, with its labels, or
	// masters.ErrAbsent; a refused or failed look is another error.
	Look(ctx context.Context, key string) (masters.Object, error)
	// ReadRange returns n bytes of just this version, or masters.ErrChanged.
	ReadRange(ctx context.Context, o masters.Object, off, n int64) ([]byte, error)
	// Tags returns the tags of the object under key, also of one that cannot be looked at.
	Tags(ctx context.Context, key string) (map[string]string, error)
}

// Indexer makes documents agree with objects.
type Indexer struct {
	Documents masters.Index
	Bucket    Bucket
	Libraries []masters.Library
	// Filed is called for each key that was indexed without being read; nil: nothing is.
	Filed func(context.Context, Result)
	// Wrote is called for each document that was written; nil: nothing is.
	Wrote func(masters.Library, creative.Creative)
}

// parallel is how many keys of a batch are looked at together, maxRounds how often a
// key that changes under our hands is begun anew before its event is given back.
const (
	parallel  = 8
	maxRounds = 5
)

// errAgain marks a key that changed while it was worked on.
var errAgain = errors.New("key changed while it was indexed")

// subject is a key being indexed: what was seen of it and where it belongs.
type subject struct {
	key      string
	library  masters.Library
	object   *masters.Object // nil: there is none
	place    placement.Placement
	master   masters.Master
	placed   masters.Placed
	revision string // of placed
	media    bool   // what is not placed begins as video or image does
	last     bool   // what cannot be read is filed
	unread   string // why it could not be read, where it is filed; or that its document is full
	// touched are documents that an earlier round may have written, and that a placement
	// which somebody else wrote meanwhile does not name.
	touched []creative.Creative
	err     error
}

// targets returns the creatives whose documents list the subject: the one that it is placed at.
func (s *subject) targets() []creative.Creative {
	var list []creative.Creative
	if s.unseen() { // nobody knows what its labels say now
		list = s.placed.Documents
	}
	if s.isPlaced() {
		list = with(list, s.place.Creative.Canonical())
	}
	return list
}

// with returns a list with a creative, once.
func with(list []creative.Creative, more ...creative.Creative) []creative.Creative {
	list = slices.Clip(list)
	for _, c := range more {
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

func (s *subject) isPlaced() bool { return s.object != nil && s.place.Unplaced == "" }

// Result is what came of a key.
type Result struct {
	Key      string
	Err      error          // the index may not be in step with it; the others are zero then
	Gone     bool           // there is no object
	Unplaced string         // why it is no master; "" where it is one
	Unread   string         // why it was indexed without being read; "" where it was read
	Master   masters.Master // as its document lists it; of an object that is not placed its version alone
}

// Apply indexes the keys as their objects are now. It returns the keys that it could not
// index, with the reason. Keys outside every library are passed over.
func (x *Indexer) Apply(ctx context.Context, keys []string) map[string]error {
	failed := map[string]error{}
	for _, result := range x.Index(ctx, keys) {
		if result.Err != nil {
			failed[result.Key] = result.Err
		}
	}
	return failed
}

// Index indexes the keys as their objects are now and returns the result of each. Keys outside
// every library are passed over.
func (x *Indexer) Index(ctx context.Context, keys []string) []Result {
	return x.index(ctx, keys, false)
}

// File is Index for the last try: an object that cannot be read is filed with the reason,
// where the proofs of absence of its creative find it. The creative is the one that its key or
// its tags name.
func (x *Indexer) File(ctx context.Context, keys []string) []Result { return x.index(ctx, keys, true) }

func (x *Indexer) index(ctx context.Context, keys []string, last bool) []Result {
	var results []Result
	pending := slices.Compact(slices.Sorted(slices.Values(keys)))
	touched := map[string][]creative.Creative{}
	for range maxRounds {
		var again []string
		for _, s := range x.round(ctx, pending, touched, last) {
			if errors.Is(s.err, errAgain) {
				again = append(again, s.key)
				touched[s.key] = with(s.touched, s.targets()...)
				continue
			}
			r := s.result()
			if r.Unread != "" && x.Filed != nil {
				x.Filed(ctx, r)
			}
			results = append(results, r)
		}
		pending = again
	}
	for _, key := range pending {
		results = append(results, Result{Key: key, Err: fmt.Errorf("%w, %d times", errAgain, maxRounds)})
	}
	return results
}

func (s *subject) result() Result {
	r := Result{Key: s.key, Err: s.err}
	switch {
	case s.err != nil:
	case s.object == nil:
		r.Gone = true
	case s.place.Unplaced != "":
		r.Unplaced, r.Unread = s.place.Unplaced, s.unread
		r.Master.VersionID = s.object.VersionID
	default:
		r.Unread = s.unread
		r.Master = s.master
	}
	return r
}

// Exists reports whether there is an object under the key. One that was filed because it
// cannot be looked at does.
func (x *Indexer) Exists(ctx context.Context, key string) (bool, error) {
	switch _, err := x.Bucket.Look(ctx, key); {
	case errors.Is(err, masters.ErrAbsent):
		return false, nil
	case err != nil:
		lib, _ := x.library(key)
		if _, filed := x.filed(ctx, lib, key); !filed {
			return false, err
		}
	}
	return true, nil
}

// filed returns the placement of a key and reports whether the key was filed without being
// read. A placement that cannot be read counts as none: the caller has an error already.
func (x *Indexer) filed(ctx context.Context, lib masters.Library, key string) (masters.Placed, bool) {
	placed, _, _ := x.Documents.Placed(ctx, lib, key)
	return placed, placed.Unread != ""
}

// Belongs reports whether a key's object, as it is now, is to be listed in a creative's
// document. Of an object that was filed because it cannot be looked at, the placement says
// where it belongs.
func (x *Indexer) Belongs(ctx context.Context, lib masters.Library, c creative.Creative, key string) (bool, error) {
	s := &subject{key: key, library: lib}
	if err := x.see(ctx, s); err != nil {
		if placed, filed := x.filed(ctx, lib, key); filed {
			return slices.ContainsFunc(placed.Documents, c.Same), nil
		}
		return false, err
	}
	return s.belongs(c), nil
}

func (s *subject) belongs(c creative.Creative) bool {
	return slices.Contains(s.targets(), c.Canonical())
}

// Remove takes keys that do not belong into a creative's document out of it, whatever
// their placements say. One that belongs there again is left alone: its event will come. So is
// one that cannot be looked at, which is an error.
func (x *Indexer) Remove(ctx context.Context, lib masters.Library, c creative.Creative, keys []string) error {
	subjects := make([]*subject, len(keys))
	for i, key := range keys {
		subjects[i] = &subject{key: key, library: lib}
	}
	each(subjects, func(s *subject) error { return x.see(ctx, s) })
	subjects = slices.DeleteFunc(subjects, func(s *subject) bool { return s.belongs(c) })
	if len(subjects) == 0 {
		return nil
	}
	return errors.Join(x.editPage(ctx, c, subjects), failures(subjects))
}

// failures joins what went wrong with subjects, but for what another look will mend.
func failures(subjects []*subject) (err error) {
	for _, s := range subjects {
		if !errors.Is(s.err, errAgain) {
			err = errors.Join(err, s.err)
		}
	}
	return err
}

// round works each key once. A subject whose err is set takes no part in later steps.
func (x *Indexer) round(ctx context.Context, keys []string, touched map[string][]creative.Creative, last bool) []*subject {
	var subjects []*subject
	for _, key := range keys {
		if lib, ok := x.library(key); ok {
			subjects = append(subjects, &subject{key: key, library: lib, touched: touched[key], last: last})
		}
	}
	each(subjects, func(s *subject) error { return x.look(ctx, s) })
	each(subjects, func(s *subject) error { return x.widen(ctx, s) })
	x.edit(ctx, subjects, additions)
	x.edit(ctx, subjects, removals)
	each(subjects, func(s *subject) error { return x.narrow(ctx, s) })
	return subjects
}

func (x *Indexer) library(key string) (masters.Library, bool) {
	for _, lib := range x.Libraries { // their prefixes are disjoint
		if strings.HasPrefix(key, lib.Prefix) {
			return lib, true
		}
	}
	return masters.Library{}, false
}

// each runs a step on every subject without an error, some at a time.
func each(subjects []*subject, step func(*subject) error) {
	var all sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for _, s := range subjects {
		if s.err != nil {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			s.err = step(s)
		})
	}
	all.Wait()
}

// look reads the placement first, then the object: what is seen is newer than what is
// remembered.
func (x *Indexer) look(ctx context.Context, s *subject) (err error) {
	if s.placed, s.revision, err = x.Documents.Placed(ctx, s.library, s.key); err != nil {
		return err
	}
	err = x.see(ctx, s)
	if s.object != nil {
		err = x.read(ctx, s)
	}
	if err == nil || !s.last || errors.Is(err, errAgain) {
		return err
	}
	return x.file(ctx, s, err)
}

// read reads what the object is.
func (x *Indexer) read(ctx context.Context, s *subject) (err error) {
	if s.isPlaced() {
		if s.master, err = x.probe(ctx, *s.object, s.place); err != nil {
			return err
		}
		return x.recall(ctx, s)
	}
	if s.place.Never == "" {
		return x.sniff(ctx, s)
	}
	return nil
}

// see looks at the object, if there is one, and at where it is placed.
func (x *Indexer) see(ctx context.Context, s *subject) error {
	object, err := x.Bucket.Look(ctx, s.key)
	if errors.Is(err, masters.ErrAbsent) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at the object: %w", err)
	}
	s.object = &object
	s.place = masters.Place(s.library, s.key, object.Size, object.Labels)
	return nil
}
