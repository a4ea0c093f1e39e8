// Package indexing updates the index after changes in the masters bucket.
//
// An event only says that something happened to a key. The indexer looks up the object's present
// state and writes only what follows from it. So the documents become right even if events come
// late, twice or out of order. Invariants:
//
//   - The indexer must look up the object again between a document's read and its conditional
//     write. So the invocation that writes a document last has also looked up the object last.
//   - A key's placement must name every document that may list the key. A document is added to the
//     placement before the document is written, and is dropped from the placement afterwards.
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

// Bucket is the part of the masters bucket that indexing needs.
type Bucket interface {
	// Look returns the object under key as it is now, with its labels. It returns
	// masters.ErrAbsent only if there is no object; a refused or failed look-up is another error.
	Look(ctx context.Context, key string) (masters.Object, error)
	// ReadRange returns n bytes, from offset off, of exactly this version of the object. It
	// returns masters.ErrChanged if the version was replaced or deleted.
	ReadRange(ctx context.Context, o masters.Object, off, n int64) ([]byte, error)
	// Tags returns the tags of the object under key, even if the object cannot be looked up.
	Tags(ctx context.Context, key string) (map[string]string, error)
}

// Indexer updates documents and placements according to the present objects in the bucket.
type Indexer struct {
	Documents masters.Index
	Bucket    Bucket
	Libraries []masters.Library
	// Filed, unless nil, is called for each key that was indexed although its object could not be
	// read or its document is full.
	Filed func(context.Context, Result)
	// Wrote, unless nil, is called after each write of a document.
	Wrote func(masters.Library, creative.Creative)
}

// parallel is the number of keys of a batch that are processed at the same time. If a key changes
// during each try, its event returns to the queue after maxRounds tries.
const (
	parallel  = 8
	maxRounds = 5
)

// errAgain means that a key changed while it was indexed, and must be tried again.
var errAgain = errors.New("key changed while it was indexed")

// subject is a key that is being indexed, with its object and its placement.
type subject struct {
	key      string
	library  masters.Library
	object   *masters.Object // nil if the object does not exist
	place    placement.Placement
	master   masters.Master
	placed   masters.Placed
	revision string // the revision of the stored placement; "" if none is stored
	media    bool   // true if the unplaced file may be a video or image, by its content or its name
	last     bool   // true in a call of File: file the object if it cannot be read
	unread   string // why the object could not be read or its document is full; "" otherwise
	// touched names the documents that earlier tries of this key may have written. The key is
	// removed from those of them where it does not belong. The stored placement is not enough to
	// find them, because another invocation may have replaced it meanwhile.
	touched []creative.Creative
	err     error
}

// targets returns the creatives whose documents must list the subject's key.
func (s *subject) targets() []creative.Creative {
	var list []creative.Creative
	if s.unseen() { // the labels cannot be read now: keep the key in its present documents
		list = s.placed.Documents
	}
	if s.isPlaced() {
		list = with(list, s.place.Creative.Canonical())
	}
	return list
}

// with returns the creatives in list, followed by the creatives in more that list does not contain.
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

// Result is the outcome of indexing a key.
type Result struct {
	Key      string
	Err      error          // if set, the index may be out of date and the other fields are zero
	Gone     bool           // true if the object does not exist
	Unplaced string         // why the object is no master; "" if it is one
	Unread   string         // why the object was indexed unread; "" if it was read
	Master   masters.Master // the master as the document lists it; if unplaced, only VersionID is set
}

// Apply indexes the keys from their present objects. It returns an error for each key that it
// could not index. It skips keys outside every library.
func (x *Indexer) Apply(ctx context.Context, keys []string) map[string]error {
	failed := map[string]error{}
	for _, result := range x.Index(ctx, keys) {
		if result.Err != nil {
			failed[result.Key] = result.Err
		}
	}
	return failed
}

// Index indexes the keys from their present objects and returns a result for each. It skips keys
// outside every library.
func (x *Indexer) Index(ctx context.Context, keys []string) []Result {
	return x.index(ctx, keys, false)
}

// File makes the last try to index the keys. Unlike Index, it also records an object that it cannot
// read, with the reason. So a proof of absence knows that the object may be a master.
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

// Exists reports whether there is an object under the key. If the look-up fails, it returns true
// for a key that the index records as unread, and the error for any other key.
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

// filed returns the placement of a key and reports whether it records that the object could not
// be read. If the placement itself cannot be read, filed returns false and no error, because the
// caller already has the error of the look-up.
func (x *Indexer) filed(ctx context.Context, lib masters.Library, key string) (masters.Placed, bool) {
	placed, _, _ := x.Documents.Placed(ctx, lib, key)
	return placed, placed.Unread != ""
}

// Belongs reports whether a creative's document should list a key. The present object decides. If
// it cannot be looked up and the key is recorded as unread, the stored placement decides.
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

// Remove takes the keys out of a creative's document, whatever their placements say. It keeps a key
// whose present object belongs to the creative. It also keeps a key whose object it cannot look up,
// and returns an error for it.
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

// failures joins the errors of all subjects (the keys being indexed). It leaves out errAgain,
// because then the object has changed meanwhile, and an event for its key will follow.
func failures(subjects []*subject) (err error) {
	for _, s := range subjects {
		if !errors.Is(s.err, errAgain) {
			err = errors.Join(err, s.err)
		}
	}
	return err
}

// round tries to index each key once. If a step fails for a key, round skips the later steps for
// that key.
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
	for _, lib := range x.Libraries { // at most one library matches, because the prefixes of libraries never overlap
		if strings.HasPrefix(key, lib.Prefix) {
			return lib, true
		}
	}
	return masters.Library{}, false
}

// each calls the function step for every subject that has no error. Up to 8 calls run at the same
// time.
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

// look reads the placement before it looks up the object, so that the object is never older than
// the placement.
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

// read reads the content of the object: all metadata of a placed object, the first bytes of an
// unplaced one.
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

// see looks up the subject's object and computes its placement. If the object does not exist, the
// subject's field object stays nil.
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
