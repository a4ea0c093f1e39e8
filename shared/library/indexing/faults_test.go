package indexing_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// errStore is the answer of a store that fails.
var errStore = errors.New("503 SlowDown")

// failing returns a fault of every document whose name begins with prefix.
func failing(prefix string, err error) func(name string) error {
	return func(name string) error {
		if strings.HasPrefix(name, prefix) {
			return err
		}
		return nil
	}
}

// once returns a fault of the first call about a name that begins with prefix.
func once(prefix string, err error) func(name string) error {
	var calls atomic.Int32
	return func(name string) error {
		if strings.HasPrefix(name, prefix) && calls.Add(1) == 1 {
			return err
		}
		return nil
	}
}

// odd is a key that no rule places, and whose content must be read to tell whether it is media.
const odd = "films/HRT-1212/2/3/hero"

// stores are the cases in which a store takes part: the prefix of the document's name, a read or
// a write, the key, and what happened before.
var stores = map[string]struct {
	key, prefix string
	reading     bool
	before      func(t *testing.T, b fixture)
}{
	"reading a placement":      {key, "placed/", true, nil},
	"writing a placement":      {key, "placed/", false, nil},
	"writing one of no master": {odd, "placed/", false, nil},
	"reading a document":       {key, "index/", true, nil},
	"writing a document":       {key, "index/", false, nil},
	"removing from a document": {key, "index/", false, deleted},
	"reading a line":           {odd, "unplaced/", true, nil},
	"writing a line":           {odd, "unplaced/", false, nil},
	"emptying a line":          {odd, "unplaced/", false, deleted},
	"reading a line to empty":  {odd, "unplaced/", true, deleted},
	"writing a full document":  {key, "index/", false, filledUp},
}

// deleted indexes the objects and deletes them.
func deleted(t *testing.T, b fixture) {
	b.apply(t, key, odd)
	b.bucket.Delete(key)
	b.bucket.Delete(odd)
}

// filledUp leaves the document no room for the object.
func filledUp(t *testing.T, b fixture) {
	doc := grown(t, masters.NewDocument(hrt2), masters.MaxDocument-100)
	if err := b.index.SaveDocument(t.Context(), library, doc, ""); err != nil {
		t.Fatal(err)
	}
}

// A fault of the store is given back with the key, also at the last try, which files only objects
// that cannot be read. Once the fault is over, the key is indexed.
func TestAFaultOfTheStoreIsGivenBack(t *testing.T) {
	t.Parallel()
	for name, c := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, w := newWatched()
			b.bucket.Put(key, picture(t, 9, 16), nil)
			b.bucket.Put(odd, picture(t, 9, 16), nil)
			if c.before != nil {
				c.before(t, b)
			}
			fault := func() { // a second read of the same document goes well
				if w.fault = failing(c.prefix, errStore); c.reading {
					w.fault, w.unreadable = nil, once(c.prefix, errStore)
				}
			}
			fault()
			results := b.indexer.Index(t.Context(), []string{c.key})
			fault()
			results = append(results, b.indexer.File(t.Context(), []string{c.key})...)
			if len(results) != 2 {
				t.Fatalf("%d results, want two", len(results))
			}
			for _, r := range results {
				if want := (indexing.Result{Key: c.key, Err: r.Err}); !errors.Is(r.Err, errStore) || r != want {
					t.Errorf("%+v, want the fault and nothing else", r)
				}
			}
			w.fault, w.unreadable = nil, nil
			b.apply(t, c.key)
		})
	}
}

// A document is told of once it is written: not after a fault, and not where it is as before.
func TestEachDocumentThatIsWrittenIsToldOf(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	var told []string
	b.indexer.Wrote = func(lib masters.Library, c creative.Creative) { told = append(told, lib.Name+" "+c.String()) }
	b.bucket.Put(key, picture(t, 9, 16), nil)
	w.fault = failing("index/", errStore)
	if failed := b.indexer.Apply(t.Context(), []string{key}); len(failed) != 1 || told != nil {
		t.Errorf("failed %v, told of %q", failed, told)
	}
	w.fault = nil
	b.apply(t, key)
	b.apply(t, key)
	if want := []string{"default HRT-1212-2"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
}

// A write that somebody else overtook is done anew, and is no failure.
func TestAnOvertakenWriteIsDoneAnew(t *testing.T) {
	t.Parallel()
	for name, c := range stores {
		if c.reading {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, w := newWatched()
			b.bucket.Put(key, picture(t, 9, 16), nil)
			b.bucket.Put(odd, picture(t, 9, 16), nil)
			if c.before != nil {
				c.before(t, b)
			}
			w.fault = once(c.prefix, masters.ErrStale)
			b.apply(t, c.key)
			if missed, err := b.indexer.Missed(t.Context(), []string{c.key}); err != nil || len(missed) != 0 && name != "writing a full document" {
				t.Errorf("missed %v, %v", missed, err)
			}
		})
	}
}

// A key whose new document cannot be written stays in its old one, which is not even read.
func TestAKeyThatFailedIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.apply(t, key)
	b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3"})
	w.forget()
	w.fault = failing("index/default/HRT-1212/3.json", errStore)
	if failed := b.indexer.Apply(t.Context(), []string{key}); !errors.Is(failed[key], errStore) {
		t.Errorf("failed: %v", failed)
	}
	if n := w.count(w.reads, "index/default/HRT-1212/2.json"); n != 0 || len(b.masters(t, hrt2)) != 1 {
		t.Errorf("the old document was read %d times and lists %v", n, b.masters(t, hrt2))
	}
}

// What is filed of a reason is bounded, is valid UTF-8 and shows no URL.
func TestAReasonIsFiledShort(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.BeforeRead = func(string) error {
		return errors.New("https://bucket.example/key?X-Amz-Signature=secret " + strings.Repeat("ä", 1000))
	}
	reason := b.filed(t, key)[key].Unread
	if len(reason) < 390 || len(reason) > 400 || !strings.HasSuffix(reason, "ä") || strings.Contains(reason, "secret") {
		t.Errorf("filed with %d bytes: %s", len(reason), reason)
	}
}

// A master that is archived and moved keeps its content, although the old document, which alone
// knows the content, cannot be read at first.
func TestContentSeenSurvivesAFaultOfTheStore(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 90, 90), nil)
	b.apply(t, key)
	b.bucket.Archive(key)
	b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3"})
	w.unreadable = once("index/default/HRT-1212/2.json", errStore)
	if failed := b.indexer.Apply(t.Context(), []string{key}); !errors.Is(failed[key], errStore) {
		t.Errorf("failed: %v", failed)
	}
	b.apply(t, key)
	if m := b.masters(t, hrt3)[key]; m.Width != 90 {
		t.Errorf("moved as %+v", m)
	}
}
