package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/kit/legible"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

const (
	// maxListed is the number of keys in the largest library that a proof lists whole: 20 pages of
	// an S3 listing. It also bounds a listing by prefix.
	maxListed = 20_000
	// maxFiled is the largest number of unplaced keys that a proof reads under one anchor (a number
	// in the code, with which unplaced keys are filed).
	maxFiled = 1_000
	// maxRecords is the largest number of the indexer's records that a proof reads.
	maxRecords = 1_000
)

var errTooMany = errors.New("too many keys to list")

// Absence proves that a library holds no master of a creative except those in the creative's index
// document. The caller must set all fields except Blocker.
type Absence struct {
	Index   masters.Index
	Lines   masters.Lister // lists the objects of the bucket that stores the index
	Bucket  Listing
	Backlog Backlog
	Library masters.Library
	Wanted  creative.Creative
	// Blocker is the key that blocked an earlier proof; "" means none. A proof checks this key
	// first, and lists the library again only if the key no longer blocks.
	Blocker string

	doc     masters.Document
	records int // the number of records that amongKeys has read so far
}

// Listing lists the masters bucket.
type Listing interface {
	// List yields the objects whose keys begin with prefix. The listing is strongly consistent; an
	// error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error]
}

// Prove returns nil if the index knows every object that the creative's document should list. The
// parameters doc and revision are the document as the caller read it.
//
// First, Prove checks that no event waits in the queue. Only after that, Prove checks that the
// document is unchanged, because an event may have been indexed since the caller read the document.
// At the same time, Prove lists the bucket: this finds each object whose event had not reached the
// queue.
//
// The error is an [Unproven], or another error if a store fails.
func (a *Absence) Prove(ctx context.Context, doc masters.Document, revision string) error {
	var state masters.State
	err := together(
		func() (err error) { state, err = a.whole(ctx); return err },
		func() error { return a.upToDate(ctx) },
	)
	if err != nil {
		return err
	}
	return together(
		func() error { return a.unchanged(ctx, revision) },
		func() error { return a.among(ctx, doc, state.Keys) },
	)
}

// upToDate returns nil only if no event waits to be indexed.
func (a *Absence) upToDate(ctx context.Context) error {
	waiting, err := a.Backlog.Waiting(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("asking the index queue: %w", err)
	case waiting > 0:
		return unproven(fmt.Sprintf("%d events wait to be indexed", waiting))
	}
	return nil
}

// unchanged returns an error unless the creative's document still has this revision.
func (a *Absence) unchanged(ctx context.Context, revision string) error {
	switch _, now, err := a.Index.Document(ctx, a.Library, a.Wanted); {
	case err != nil:
		return err
	case now != revision:
		return unproven("the index has just learnt of a file")
	}
	return nil
}

// together runs the steps at the same time. If several steps fail, it returns the error of the step
// that comes first in the arguments.
func together(steps ...func() error) error {
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() { errs[i] = step() })
	}
	all.Wait()
	return cmp.Or(errs...)
}

// Foresee returns what would still block a proof after the index has caught up, or nil if nothing
// is known to block it. The error is an [Unproven], or another error if a store fails.
func (a *Absence) Foresee(ctx context.Context, doc masters.Document) error {
	state, err := a.whole(ctx)
	if err != nil {
		return err
	}
	return a.among(ctx, doc, state.Keys)
}

// whole returns an error if the library is not completely indexed, or if it declares codes but not
// the creative's code.
func (a *Absence) whole(ctx context.Context) (masters.State, error) {
	if !a.Library.Declares(a.Wanted.Code) {
		return masters.State{}, &Unproven{Code: CodeUndeclared, Why: fmt.Sprintf(
			"the code %s has none of the shapes that library %s declares (%s): declare codes: %s, or ask for a code of the library",
			a.Wanted.Code, a.Library.Name, shapes(a.Library), shapeOf(a.Wanted.Code))}
	}
	state, _, err := a.Index.State(ctx, a.Library)
	if err == nil && !state.Current(a.Library) {
		err = doubtful(state, a.Library)
	}
	return state, err
}

// among checks the keys that may name the creative. The parameter keys is the number of keys when
// the library was last indexed completely; 0 means unknown.
//
// A key may name the creative anywhere in its text. So if the library has at most maxListed keys,
// among lists all of them. In a larger library, it lists the keys that begin with the code, and
// reads the unplaced keys that are filed under the code's anchors.
//
// Keys with unusable labels come from a separate list in the index, because a listing shows no
// labels.
func (a *Absence) among(ctx context.Context, doc masters.Document, keys int) error {
	a.doc, a.records = doc, 0
	// a key of another library does not block this proof
	if a.Blocker != "" && strings.HasPrefix(a.Blocker, a.Library.Prefix) {
		if err := a.key(ctx, a.Blocker); err != nil {
			return err
		}
		if err := a.labels(ctx, a.Blocker); err != nil {
			return err
		}
	}
	return together(
		func() error { return a.amongKeys(ctx, keys) },
		func() error { return a.filed(ctx, a.Library.LabelFolders(a.Wanted.Code), a.labels) },
	)
}

// amongKeys checks the keys whose text may name the creative. It proves that the creative's index
// document lists all masters among them. The argument keys is the number of keys in the library, or
// 0 if unknown.
func (a *Absence) amongKeys(ctx context.Context, keys int) error {
	err := errTooMany
	if keys <= maxListed {
		err = a.under(ctx, a.Library.Prefix)
	}
	if errors.Is(err, errTooMany) {
		err = a.amongMany(ctx)
	}
	return err
}

// amongMany proves absence in a library that is too large to list whole.
func (a *Absence) amongMany(ctx context.Context) error {
	anchors := a.Library.CodeAnchors(a.Wanted.Code)
	if len(anchors) == 0 {
		return &Unproven{Code: CodeManyKeys, Why: fmt.Sprintf(
			"the library has over %d keys, and the code %s has no number to find its keys by: declare codes: %[2]s", maxListed, a.Wanted.Code)}
	}
	for _, code := range spellings(a.Wanted.Code) {
		err := a.under(ctx, a.Library.Prefix+code)
		if errors.Is(err, errTooMany) {
			return &Unproven{Code: CodeManyKeys, Why: fmt.Sprintf("over %d keys begin with %s", maxListed, code)}
		}
		if err != nil {
			return err
		}
	}
	err := a.filed(ctx, anchors, func(ctx context.Context, key string) error {
		if !placement.Names(a.relative(key), a.Wanted) {
			return nil
		}
		return a.key(ctx, key)
	})
	if err != nil {
		return err
	}
	return a.respelled(ctx)
}

// respelled checks the files that are indexed under another spelling of the wanted code. For
// example, if the wanted code is HRT-1212, it checks the files of HRT1212. The wanted code may have
// full-width letters; they count as the usual letters.
func (a *Absence) respelled(ctx context.Context) error {
	apart := parts(norm.NFKC.String(creative.CanonicalCode(a.Wanted.Code)))
	for _, separator := range []string{"", "-", "_", " "} {
		c := creative.Creative{Code: strings.Join(apart, separator), Variation: a.Wanted.Variation}
		if c.Same(a.Wanted) || c.Check() != nil || !a.Library.Declares(c.Code) {
			continue
		}
		doc, _, err := a.Index.Document(ctx, a.Library, c)
		if err != nil {
			return err
		}
		for _, key := range doc.Keys() {
			if err := a.key(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// filed lists the unplaced keys in the given folders of the index, all folders at the same time.
// Then it calls the function ask for each key, until ask returns an error.
func (a *Absence) filed(ctx context.Context, folders []string, ask func(context.Context, string) error) error {
	listed, steps := make([][]string, len(folders)), []func() error{}
	for i, folder := range folders {
		steps = append(steps, func() (err error) {
			listed[i], err = a.Index.UnplacedIn(ctx, a.Lines, a.Library, folder, maxFiled)
			return err
		})
	}
	err := together(steps...)
	if errors.Is(err, masters.ErrCrowded) {
		return &Unproven{Code: CodeManyKeys, Why: fmt.Sprintf("over %d unplaced keys may be of %s: see masterhand unplaced", maxFiled, a.Wanted.Code)}
	}
	if err != nil {
		return err
	}
	for _, key := range slices.Concat(listed...) {
		if err := ask(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// under calls the method entry for each object whose key has the prefix.
func (a *Absence) under(ctx context.Context, prefix string) error {
	listed := 0
	for entry, err := range a.Bucket.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if listed++; listed > maxListed {
			return errTooMany
		}
		if err := a.entry(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// key calls the method entry for the object with this key, if there is one.
func (a *Absence) key(ctx context.Context, key string) error {
	for entry, err := range a.Bucket.List(ctx, key) {
		switch {
		case err != nil:
			return err
		case entry.Key == key:
			return a.entry(ctx, entry)
		}
		return nil
	}
	return nil
}

// entry returns nil if the document lists the object, or if the object is certainly not a master of
// the creative. Otherwise it returns an error.
func (a *Absence) entry(ctx context.Context, entry masters.Entry) error {
	if m := a.doc.Find(entry.Key); m != nil && m.ETag == entry.ETag {
		return nil
	}
	place := a.Library.Place(entry.Key, entry.Size)
	mine := place.Creative.Same(a.Wanted)
	if !mine && (place.Never != "" || !placement.Names(a.relative(entry.Key), a.Wanted)) {
		return nil
	}
	if a.records++; a.records > maxRecords {
		return &Unproven{Code: CodeManyKeys, Why: fmt.Sprintf("over %d keys name the creative", maxRecords)}
	}
	placed, _, err := a.Index.Placed(ctx, a.Library, entry.Key)
	switch {
	case err != nil:
		return err
	case placed.Unread != "" && placed.ETag == "":
		return &Unproven{Code: CodeUnplaced, Key: entry.Key, Why: entry.Key + " may be a master, but it cannot be looked at: " + placed.Unread}
	case placed.ETag != entry.ETag || placed.Rules != a.Library.RuleSet():
		return &Unproven{Code: CodeIndex, Key: entry.Key, Why: entry.Key + " is not indexed as it is now"}
	case placed.NoMaster() || a.isOther(placed):
		return nil
	}
	return a.blocked(placed)
}

// isOther reports whether the indexer's record of a key's current version shows that the key
// belongs to another creative, by its labels or by its name. A name proves nothing if the code in
// it contains the wanted code: CLIENT-HRT-1212 may mean HRT-1212.
func (a *Absence) isOther(placed masters.Placed) bool {
	return placed.Unplaced == "" && len(placed.Documents) > 0 && !slices.ContainsFunc(placed.Documents, func(c creative.Creative) bool {
		return c.Same(a.Wanted) || placed.Rule != masters.RuleLabels && !placement.Elsewhere(c, a.Wanted)
	})
}

// labels returns an error if a key's labels are unusable and could be meant for the creative. If an
// object fails a HEAD request, its labels are unknown and could be meant for any creative.
func (a *Absence) labels(ctx context.Context, key string) error {
	placed, _, err := a.Index.Placed(ctx, a.Library, key)
	// if the call of Placed failed, Unseen returns false, and err is returned further below
	if placed.Unseen() {
		return &Unproven{Code: CodeUnplaced, Key: key, Why: key + " may be a master, but it cannot be looked at: " + placed.Unread}
	}
	// if the call of Placed failed, Stated is nil, and its error err is returned here
	if placed.Stated == nil || !placed.Stated.MayMean(a.relative(key), a.Wanted) {
		return err
	}
	return a.blocked(placed)
}

// blocked returns an error for a key that blocks the proof. The error names the key and says how a
// person can unblock the proof.
func (a *Absence) blocked(placed masters.Placed) error {
	key := placed.Key
	why, otherwise := placed.Unplaced, "ignore "+legible.ShellWords(key)
	if why == "" && len(placed.Documents) > 0 {
		other := placed.Documents[0].String()
		why, otherwise = "placed at "+other, "place "+legible.ShellWords(key, other)
	}
	if why != "" {
		why = " (" + why + ")"
	}
	why = fmt.Sprintf("%s may be a master of %s%s; if it is, masterhand place %s, else masterhand %s",
		key, a.Wanted, why, legible.ShellWords(key, a.Wanted.String()), otherwise)
	if shape := placement.ShapeOf(a.Wanted.Code); len(a.Library.Codes) == 0 && shape != "" {
		why += "; or declare codes: " + shape
	}
	return &Unproven{Code: CodeUnplaced, Key: key, Why: why}
}

func (a *Absence) relative(key string) string { return strings.TrimPrefix(key, a.Library.Prefix) }
