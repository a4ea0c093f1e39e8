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

// Lister lists what the index keeps, by the names' beginning. An error ends it.
type Lister interface {
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
}

// readAhead is how many documents of a whole library are read at once.
const readAhead = 32

// EachDocument visits the documents of a library whose creative's code begins with code,
// in any case; "" is all. They come in no order, one at a time. A document written
// meanwhile may be missed. Documents that older code named by a decomposed code are passed
// over: no request reads them any more.
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

// EachUnplaced visits the placements of a library's keys that are not placed, or that could
// not be read, as EachDocument does. A key that was placed since, or is gone, is passed over: of the list
// and the placement, the placement has the last word.
func (x Index) EachUnplaced(ctx context.Context, names Lister, lib Library, visit func(Placed)) error {
	seen := map[string]bool{} // a key has a line of one name in each of its folders
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

// ErrCrowded is a folder of the list of unplaced keys that holds more keys than can be read.
var ErrCrowded = errors.New("folder of unplaced keys too crowded")

// UnplacedIn returns the keys in a folder of the list of unplaced keys, sorted. Some may be
// placed or gone by now. Errors: ErrCrowded for more keys than most, ErrDocument, faults.
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

// holdsKey reports whether a line of the list of unplaced keys holds a key, by its size.
func holdsKey(lib Library, e Entry) bool {
	return InFolder(lib, e.Key) && e.Size != int64(len(emptyLine))
}

// only leaves out entries.
func only(entries iter.Seq2[Entry, error], keep func(Entry) bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for e, err := range entries {
			if (err != nil || keep(e)) && !yield(e, err) {
				return
			}
		}
	}
}

// each reads what is listed, some at a time, and carries out what that comes to, one at
// a time.
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

// DocumentPrefix is what the names of a library's documents begin with.
func DocumentPrefix(lib Library) string { return fmt.Sprintf("index/%s/", lib.Name) }

// isDecomposed reports whether the name of a document holds a code that is not composed.
func isDecomposed(name string) bool {
	text, err := url.PathUnescape(name)
	return err == nil && !norm.NFC.IsNormalString(text)
}

// CreativeOf reads the name of a library's document. Errors: ErrDocument.
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
