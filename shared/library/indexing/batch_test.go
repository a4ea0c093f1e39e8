package indexing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/placement"
)

// watched is a store that counts the reads and writes of each document and can make some of them
// fail.
type watched struct {
	masterstest.Memory
	mu            sync.Mutex
	reads, writes map[string]int
	unreadable    func(name string) error // returns the error of a document's read; nil lets the read succeed
	fault         func(name string) error // returns the error of a document's write; nil lets the write succeed
}

// Load implements [masters.Blobs].
func (w *watched) Load(ctx context.Context, name string) ([]byte, string, error) {
	w.mu.Lock()
	w.reads[name]++
	fault := w.unreadable
	w.mu.Unlock()
	if fault != nil {
		if err := fault(name); err != nil {
			return nil, "", err
		}
	}
	return w.Memory.Load(ctx, name)
}

// Save implements [masters.Blobs].
func (w *watched) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	w.mu.Lock()
	w.writes[name]++
	fault := w.fault
	w.mu.Unlock()
	if fault != nil {
		if err := fault(name); err != nil {
			return "", err
		}
	}
	return w.Memory.Save(ctx, name, data, revision)
}

// documents returns the number of writes to the documents of creatives.
func (w *watched) documents() int { return w.count(w.writes, "index/") }

// count adds up the reads, or the writes, of all documents whose names begin with prefix.
func (w *watched) count(of map[string]int, prefix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, times := range of {
		if strings.HasPrefix(name, prefix) {
			n += times
		}
	}
	return n
}

// forget sets all counts of reads and writes to 0.
func (w *watched) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.reads)
	clear(w.writes)
}

func newWatched() (fixture, *watched) {
	b, w := newFixture(), &watched{reads: map[string]int{}, writes: map[string]int{}}
	b.index = masters.Index{Blobs: w}
	b.indexer.Documents = b.index
	return b, w
}

// Indexing a batch of keys writes each document once, however many keys of the batch the document
// lists. A document that does not change is not written.
func TestOneWriteForEachDocument(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	var keys []string
	for i := range 50 {
		k := fmt.Sprintf("HRT-1212/v%d/en/%d.png", 2+i%2, i)
		b.bucket.Put(k, picture(t, 9, 16), nil)
		keys = append(keys, k)
	}
	b.apply(t, keys...)
	if n := w.documents(); n != 2 {
		t.Errorf("%d writes, want one for each of two documents", n)
	}
	if two, three := b.masters(t, hrt2), b.masters(t, hrt3); len(two) != 25 || len(three) != 25 {
		t.Errorf("listed %d and %d, want 25 and 25", len(two), len(three))
	}
	b.apply(t, keys...)
	if n := w.documents(); n != 2 {
		t.Errorf("the same again: %d more writes", n-2)
	}
}

// If the write of one document fails, Apply returns an error for the keys of that document, and
// for no other keys.
func TestAFaultOfOneDocument(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	denied := errors.New("access denied")
	w.fault = func(name string) error {
		if strings.HasPrefix(name, "index/") && strings.Contains(name, "/3.json") {
			return denied
		}
		return nil
	}
	other := "HRT-1212/v3/en/9x16.png"
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.Put(other, picture(t, 9, 16), nil)
	failed := b.indexer.Apply(t.Context(), []string{key, other})
	if len(failed) != 1 || !errors.Is(failed[other], denied) {
		t.Errorf("failed: %v, want %s", failed, other)
	}
	if list := b.masters(t, hrt2); len(list) != 1 {
		t.Errorf("listed %v", list)
	}
	w.fault = nil
	b.apply(t, other)
	if list := b.masters(t, hrt3); len(list) != 1 {
		t.Errorf("listed %v after the fault", list)
	}
}

// Each library has its own documents. A key outside of every library is skipped.
func TestEachLibraryHasItsOwnDocuments(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	red, blue := masters.Library{Name: "red", Rules: placement.Rules{Prefix: "red/"}}, masters.Library{Name: "blue", Rules: placement.Rules{Prefix: "blue/"}}
	b.indexer = &indexing.Indexer{Documents: b.index, Bucket: b.bucket, Libraries: []masters.Library{red, blue}}
	keys := map[string]string{"red": "red/" + key, "blue": "blue/" + key, "": key}
	for _, k := range keys {
		b.bucket.Put(k, picture(t, 9, 16), nil)
		b.apply(t, k)
	}
	for _, lib := range []masters.Library{red, blue, library} {
		doc, _, err := b.index.Document(t.Context(), lib, hrt2)
		if err != nil {
			t.Fatal(err)
		}
		// the only key that the library's document must list; "" means that the document must be
		// empty, because the indexer does not know the library
		want := keys[lib.Name]
		if (want == "") != (len(doc.Masters) == 0) || want != "" && (len(doc.Masters) != 1 || doc.Find(want) == nil) {
			t.Errorf("library %s lists %+v, want %q", lib.Name, doc.Masters, want)
		}
	}
	if n := w.documents(); n != 2 {
		t.Errorf("%d documents written, want two", n)
	}
}

// A key that moves is added to its new document before it is removed from the old one, so some
// document always lists it.
func TestAMovedKeyIsAlwaysInSomeDocument(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.apply(t, key)
	in := func(c creative.Creative) bool {
		doc, _, err := b.index.Document(t.Context(), library, c)
		if err != nil {
			t.Error(err)
		}
		return doc.Find(key) != nil
	}
	looked := 0
	w.fault = func(string) error {
		if looked++; !in(hrt2) && !in(hrt3) {
			t.Error("the key is in no document")
		}
		return nil
	}
	b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3"})
	b.apply(t, key)
	if in(hrt2) || !in(hrt3) || looked == 0 {
		t.Errorf("in the old document %v, in the new one %v, %d writes", in(hrt2), in(hrt3), looked)
	}
}
