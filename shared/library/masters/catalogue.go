package masters

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

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
// meanwhile may be missed.
func (x Index) EachDocument(ctx context.Context, names Lister, lib Library, code string, visit func(Document)) error {
	return each(ctx, names, DocumentPrefix(lib)+url.PathEscape(strings.ToUpper(code)), func(ctx context.Context, name string) (func(), error) {
		c, err := CreativeOf(lib, name)
		if err != nil {
			return nil, err
		}
		doc, _, err := x.Document(ctx, lib, c)
		return func() { visit(doc) }, err
	})
}

// EachUnplaced visits the placements of a library's keys that no rule places, or that could
// not be read, as EachDocument does. A key that was placed since, or is gone, is passed over: of the list
// and the placement, the placement has the last word.
func (x Index) EachUnplaced(ctx context.Context, names Lister, lib Library, visit func(Placed)) error {
	return each(ctx, names, UnplacedPrefix(lib), func(ctx context.Context, name string) (func(), error) {
		p, err := x.UnplacedLine(ctx, name)
		if p.Listed() {
			p, _, err = x.Placed(ctx, lib, p.Key)
		}
		return func() {
			if p.Listed() {
				visit(p)
			}
		}, err
	})
}

// each reads what is listed, some at a time, and carries out what that comes to, one at
// a time.
func each(ctx context.Context, names Lister, prefix string, read func(context.Context, string) (func(), error)) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(readAhead)
	var one sync.Mutex
	for entry, err := range names.List(inner, prefix) {
		if err != nil {
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

// CreativeOf reads the name of a library's document. Errors: ErrDocument.
func CreativeOf(lib Library, name string) (creative.Creative, error) {
	relative := strings.TrimPrefix(name, DocumentPrefix(lib))
	code, codeErr := url.PathUnescape(path.Dir(relative))
	variation, variationErr := strconv.Atoi(strings.TrimSuffix(path.Base(relative), ".json"))
	c := creative.Creative{Code: code, Variation: variation}
	if codeErr != nil || variationErr != nil || c.Check() != nil || documentName(lib, c) != name {
		return creative.Creative{}, fmt.Errorf("%w: %s is not named after a creative", ErrDocument, name)
	}
	return c, nil
}
