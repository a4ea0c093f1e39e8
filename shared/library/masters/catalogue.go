package masters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// Lister lists the names in the index store that begin with a prefix. The sequence ends at the
// first error.
type Lister interface {
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
}

// readAhead is how many documents EachDocument and EachUnplaced read at the same time.
const readAhead = 32

// EachDocument calls visit for the document of each creative in a library whose code begins with
// the text code, in upper or lower case; "" means all documents. The order is random, and the
// calls never overlap. EachDocument may miss a document that is written at the same time. It skips
// documents whose names hold decomposed Unicode, because older code wrote them and no request
// reads them any more.
func (x Index) EachDocument(ctx context.Context, names Lister, lib Library, code string, visit func(Document)) error {
	prefix := DocumentPrefix(lib) + url.PathEscape(creative.CanonicalCode(code))
	composed := only(names.List(ctx, prefix), func(e Entry) bool { return !isDecomposed(e.Key) })
	return each(ctx, composed, func(ctx context.Context, name string) (func(), error) {
		c, err := CreativeOf(lib, name)
		if err != nil {
			return nil, err
		}
		doc, _, err := x.Document(ctx, lib, c)
		return func() { visit(doc) }, err
	})
}

// EachUnplaced calls visit, as EachDocument does, for the placement of each key that is not
// placed or could not be read. It skips keys that were deleted or placed since they were listed:
// if the list and a placement disagree, the placement decides.
func (x Index) EachUnplaced(ctx context.Context, names Lister, lib Library, visit func(Placed)) error {
	// a key has a line of the same name in each of its folders, but must be visited only once
	seen := map[string]bool{}
	lines := only(names.List(ctx, UnplacedPrefix(lib)), func(e Entry) bool {
		name := path.Base(e.Key)
		again := seen[name]
		seen[name] = again || holdsKey(lib, e)
		return !again && seen[name]
	})
	return each(ctx, lines, func(ctx context.Context, name string) (func(), error) {
		var p Placed
		key, err := x.UnplacedKey(ctx, lib, name)
		if key != "" && err == nil {
			p, _, err = x.Placed(ctx, lib, key)
		}
		return func() {
			if p.Listed() {
				visit(p)
			}
		}, err
	})
}

// ErrCrowded means that a folder of the list of unplaced keys holds more keys than the caller's
// limit.
var ErrCrowded = errors.New("folder of unplaced keys too crowded")

// UnplacedIn returns the keys in one folder of the list of unplaced keys, sorted. Some keys may
// be placed or deleted by now. The parameter most is the largest number of keys to return. If the
// folder holds more keys, UnplacedIn returns ErrCrowded. If the list has a malformed line, it
// returns ErrDocument.
func (x Index) UnplacedIn(ctx context.Context, names Lister, lib Library, folder string, most int) (keys []string, err error) {
	lines := 0
	listed := only(names.List(ctx, folderPrefix(lib, folder)), func(e Entry) bool {
		if holdsKey(lib, e) {
			lines++
		}
		return holdsKey(lib, e) && lines <= most
	})
	err = each(ctx, listed, func(ctx context.Context, name string) (func(), error) {
		key, err := x.UnplacedKey(ctx, lib, name)
		return func() {
			if key != "" {
				keys = append(keys, key)
			}
		}, err
	})
	if lines > most && err == nil {
		err = fmt.Errorf("%w: %s has over %d keys", ErrCrowded, folder, most)
	}
	slices.Sort(keys)
	return keys, err
}

// holdsKey reports whether a line of the list of unplaced keys holds a key. It recognises an empty
// line by its size.
func holdsKey(lib Library, e Entry) bool {
	return InFolder(lib, e.Key) && e.Size != int64(len(emptyLine))
}

// only yields the entries for which the function keep returns true, and every error.
func only(entries iter.Seq2[Entry, error], keep func(Entry) bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range entries {
			if (err != nil || keep(e)) && !yield(e, err) {
				return
			}
		}
	}
}

// each calls the function read for every listed name; up to 32 of these calls run at the same time.
// As soon as read returns a function, each calls this function, too; only one of these calls runs
// at a time.
func each(ctx context.Context, entries iter.Seq2[Entry, error], read func(context.Context, string) (func(), error)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readAhead)
	var one sync.Mutex
	for entry, err := range entries {
		if err = cmp.Or(err, inner.Err()); err != nil {
			group.Go(func() error { return err })
			break
		}
		group.Go(func() error {
			visit, err := read(inner, entry.Key)
			if err != nil {
				return err
			}
			one.Lock()
			defer one.Unlock()
			visit()
			return nil
		})
	}
	return group.Wait()
}

// DocumentPrefix returns the prefix of the names of a library's documents.
func DocumentPrefix(lib Library) string { return fmt.Sprintf("index/%s/", lib.Name) }

// isDecomposed reports whether the name of a document holds a code that is not in Unicode's
// composed form (NFC).
func isDecomposed(name string) bool {
	text, err := url.PathUnescape(name)
	return err == nil && !norm.NFC.IsNormalString(text)
}

// CreativeOf returns the creative that the name of a library's document states. Errors:
// ErrDocument.
func CreativeOf(lib Library, name string) (creative.Creative, error) {
	relative := strings.TrimPrefix(name, DocumentPrefix(lib))
	code, codeErr := url.PathUnescape(path.Dir(relative))
	variation, variationErr := strconv.Atoi(strings.TrimSuffix(path.Base(relative), ".json"))
	c := creative.Creative{Code: code, Variation: variation}
	if codeErr != nil || variationErr != nil || c.Check() != nil || DocumentName(lib, c) != name {
		return creative.Creative{}, fmt.Errorf("%w: %s is not named after a creative", ErrDocument, name)
	}
	return c, nil
}
