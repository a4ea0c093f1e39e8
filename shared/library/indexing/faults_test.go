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

// errStore is the error of a store that fails.
var errStore = errors.New("503 SlowDown")

// failing returns a function that makes a test store fail: it returns err for each document whose
// name begins with prefix.
func failing(prefix string, err error) func(name string) error {
	return func(name string) error {
		if strings.HasPrefix(name, prefix) {
			return err
		}
		return nil
	}
}

// once returns a function that makes a test store fail once: it returns err at the first call with
// a name that begins with prefix, and nil at later calls.
func once(prefix string, err error) func(name string) error {
	var calls atomic.Int32
	return func(name string) error {
		if strings.HasPrefix(name, prefix) && calls.Add(1) == 1 {
			return err
		}
		return nil
	}
}

// odd is a key that no rule places. Its content must be read to find out whether it is media.
const odd = "films/HRT-1212/2/3/hero"

// stores lists every kind of read and write in the index store. Each entry has the key whose
// indexing causes it, the prefix of the document's name, whether it is a read, and a function
// that prepares the bucket (nil for none).
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

// deleted indexes the objects under the two keys of the test and then deletes these objects.
func deleted(t *testing.T, b fixture) {
	b.apply(t, key, odd)
	b.bucket.Delete(key)
	b.bucket.Delete(odd)
}

// filledUp fills the creative's document so far that another master does not fit into it.
func filledUp(t *testing.T, b fixture) {
	doc := grown(t, masters.NewDocument(hrt2), masters.MaxDocument-100)
	if err := b.index.SaveDocument(t.Context(), library, doc, ""); err != nil {
		t.Fatal(err)
	}
}

// If the store fails, Index and File return the error for the key. File, which makes the last
// try, records as unread only an object that cannot be read. After the fault, the key can be
// indexed.
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
			fault := func() { // let all writes fail or, in a case about reads, only the first read
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

// Index calls Wrote after each write of a document. It does not call Wrote after a failed write,
// or if the document did not change.
func TestWroteIsCalledForEachWrittenDocument(t *testing.T) {
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

// If another writer changes a document before a conditional write, the write is repeated, and
// Apply returns no error.
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

// A changed label moves a key to another document. If the new document cannot be written, the key
// stays in its old document, and the indexer does not even read the old document.
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

// The reason that is stored for a filed key is short, is valid UTF-8 and contains no URL.
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

// An archived master that moves to another creative keeps its content fields. Only the old
// document has them, and that document cannot be read at first.
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
