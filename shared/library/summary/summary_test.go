package summary_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/summary"
)

var library = masters.Library{Name: "default"}

// counting is an index store that counts its reads.
type counting struct {
	masterstest.Memory
	mu    sync.Mutex
	loads map[string]int // number of reads, by the first part of the object's name
}

func (c *counting) Load(ctx context.Context, name string) ([]byte, string, error) {
	first, _, _ := strings.Cut(name, "/")
	c.mu.Lock()
	if c.loads == nil {
		c.loads = map[string]int{}
	}
	c.loads[first]++
	c.mu.Unlock()
	return c.Memory.Load(ctx, name)
}

type fixture struct {
	*testing.T
	blobs  *counting
	index  masters.Index
	keeper summary.Keeper
}

func newFixture(t *testing.T) fixture {
	blobs := &counting{}
	index := masters.Index{Blobs: blobs}
	return fixture{t, blobs, index, summary.Keeper{Index: index, Names: &blobs.Memory}}
}

func of(n int) creative.Creative {
	return creative.Creative{Code: fmt.Sprintf("HRT-%d", n), Variation: 1}
}

// save writes the document of the n-th creative, with a master for each of the keys. It returns the
// creative.
func (f fixture) save(n int, keys ...string) creative.Creative {
	f.Helper()
	doc, revision, err := f.index.Document(f.Context(), library, of(n))
	if err != nil {
		f.Fatal(err)
	}
	doc.Masters = []masters.Master{}
	for _, key := range keys {
		doc = doc.Put(masters.Master{Key: key, Kind: creative.Video, Locale: "en", Aspect: "9x16", Probed: true, Width: 9, Height: 16, Extension: "mp4"})
	}
	if err := f.index.SaveDocument(f.Context(), library, doc, revision); err != nil {
		f.Fatal(err)
	}
	return of(n)
}

// holds fails the test unless the summary lists, for each creative, exactly the keys in want.
func (f fixture) holds(what string, want map[creative.Creative]string) {
	f.Helper()
	s, _, err := summary.Load(f.Context(), f.blobs, library)
	got := map[creative.Creative]string{}
	for _, e := range s.Entries {
		got[creative.Creative{Code: e.Document.Code, Variation: e.Document.Variation}] = strings.Join(e.Document.Keys(), " ")
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		f.Errorf("%s: the summary holds %v, %v, want %v", what, got, err, want)
	}
}

func (f fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Error(err)
	}
}

func TestASummaryFollowsTheDocuments(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	f.holds("before anything", map[creative.Creative]string{})
	one, two := f.save(1, "a"), f.save(2, "b")
	f.must(f.keeper.Update(ctx, library, nil))
	f.holds("nothing was written", map[creative.Creative]string{})
	f.must(f.keeper.Update(ctx, library, []creative.Creative{two}))
	f.holds("the first update, of the whole library", map[creative.Creative]string{one: "a", two: "b"})
	f.save(1, "a", "c")
	three := f.save(3, "d")
	f.must(f.keeper.Update(ctx, library, []creative.Creative{one}))
	f.holds("an update of one", map[creative.Creative]string{one: "a c", two: "b"})
	f.must(f.keeper.Refresh(ctx, library))
	f.holds("a document that nobody told of", map[creative.Creative]string{one: "a c", two: "b", three: "d"})
	f.save(2)
	f.must(f.keeper.Refresh(ctx, library))
	f.holds("an emptied document", map[creative.Creative]string{one: "a c", two: "", three: "d"})
}

// Refresh must read only the changed documents. Update must read only the documents of the given
// creatives.
func TestASummaryReadsOnlyChangedDocuments(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	for n := range 300 {
		f.save(n, "k")
	}
	f.must(f.keeper.Refresh(ctx, library))
	reads := func(what string, documents, summaries int, do func() error) {
		t.Helper()
		f.blobs.loads = nil
		f.must(do())
		if f.blobs.loads["index"] != documents || f.blobs.loads["summary"] != summaries {
			t.Errorf("%s reads %v, want %d documents and %d summaries", what, f.blobs.loads, documents, summaries)
		}
	}
	reads("nothing new", 0, 1, func() error { return f.keeper.Refresh(ctx, library) })
	f.save(7, "k", "l")
	reads("one change", 1, 1, func() error { return f.keeper.Refresh(ctx, library) })
	f.save(8, "k", "l")
	reads("one update", 1, 1, func() error { return f.keeper.Update(ctx, library, []creative.Creative{of(8)}) })
	reads("looking at the library", 0, 1, func() error {
		_, _, err := summary.Load(ctx, f.blobs, library)
		return err
	})
}

func TestTheSummaryOfALargeLibraryWaitsForTheSchedule(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	for n := range summary.MaxLive + 1 {
		f.save(n, "k")
	}
	for range 2 { // two calls, because one call reads a limited number of documents
		f.must(f.keeper.Refresh(ctx, library))
	}
	changed := f.save(7, "k", "l")
	keys := func() (keys int) {
		s, _, err := summary.Load(ctx, f.blobs, library)
		f.must(err)
		for _, e := range s.Entries {
			if e.Document.Code == changed.Code {
				keys = len(e.Document.Masters)
			}
		}
		return keys
	}
	f.must(f.keeper.Update(ctx, library, []creative.Creative{changed}))
	if n := keys(); n != 1 {
		t.Errorf("an update wrote the summary: %d keys", n)
	}
	f.must(f.keeper.Refresh(ctx, library))
	if n := keys(); n != 2 {
		t.Errorf("a refresh left the change out: %d keys", n)
	}
}

func TestWritersAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	f.must(f.keeper.Refresh(ctx, library))
	want := map[creative.Creative]string{}
	var all sync.WaitGroup
	for n := range 6 {
		want[of(n)] = "second"
		all.Go(func() {
			for _, key := range []string{"first", "second"} {
				f.must(f.keeper.Update(ctx, library, []creative.Creative{f.save(n, key)}))
			}
		})
	}
	all.Wait()
	f.holds("after six writers", want)
}

// If a stored summary is damaged, Load must return an empty summary, and the next Update must rebuild
// the summary from all documents.
func TestAForeignSummaryIsReplaced(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	one := f.save(1, "a")
	if _, err := f.blobs.Save(ctx, "summary/default.json.gz", []byte("no summary"), ""); err != nil {
		t.Fatal(err)
	}
	f.holds("unreadable", map[creative.Creative]string{})
	two := f.save(2, "b")
	f.must(f.keeper.Update(ctx, library, []creative.Creative{two}))
	f.holds("after an update of one document", map[creative.Creative]string{one: "a", two: "b"})
}

// [masters.Choose] must choose the same master from a summary's entry as from the document. So the
// fields that a summary leaves out must not affect the choice.
func TestASummaryChoosesAsTheDocumentsDo(t *testing.T) {
	t.Parallel()
	f, ctx := newFixture(t), t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	documents := map[creative.Creative]masters.Document{}
	slots := func(c creative.Creative) (all []creative.Slot) {
		for _, locale := range []creative.Locale{"en", "pt-br"} {
			all = append(all, creative.Slot{Project: "p", Creative: c, Locale: locale, Kind: creative.Video, Aspect: "9x16"},
				creative.Slot{Project: "p", Creative: c, Locale: locale, Kind: creative.Video, Family: creative.Feed})
		}
		return all
	}
	for n := range 300 {
		doc := masters.NewDocument(of(n))
		for k := range random.IntN(5) {
			m := masters.Master{
				Key: fmt.Sprint(k), ETag: pick(`"a"`, `"b"`), VersionID: "v", Size: int64(1 + random.IntN(2)), Modified: time.Unix(int64(random.IntN(3)), 0).UTC(),
				Kind: creative.Kind(pick("video", "video", "image", "")), Locale: creative.Locale(pick("en", "pt", "pt-br", "")), LocaleUnclear: pick("", "", "", "UK"),
				Aspect: creative.Aspect(pick("9x16", "1x1", "4x5", "")), Extension: pick("mp4", "mp4", ""), MediaType: "video/mp4", Codec: "avc1", Duration: time.Second, Rotation: 90,
				SHA256: pick("0f", "f0", ""), Problem: masters.Problem(pick("", "", "", "corrupt")), Copy: random.IntN(4) == 0,
			}
			if m.Probed = random.IntN(3) > 0; m.Probed {
				m.Width, m.Height = 90*random.IntN(3), 160
			}
			m.StorageClass = pick("", "", "", "GLACIER")
			doc = doc.Put(m)
		}
		if random.IntN(2) == 0 {
			slot := slots(of(n))[random.IntN(4)]
			doc.Refusals = []masters.Refusal{{Slot: masters.RefusalSlot(slot), Key: "0", ETag: `"a"`, Size: 1, SHA256: "0f"}}
		}
		documents[of(n)] = doc
		if err := f.index.SaveDocument(ctx, library, doc, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.must(f.keeper.Refresh(ctx, library))
	s, _, err := summary.Load(ctx, f.blobs, library)
	if err != nil || len(s.Entries) != len(documents) {
		t.Fatalf("%d entries, %v", len(s.Entries), err)
	}
	verdicts := map[masters.Verdict]int{}
	for _, e := range s.Entries {
		c := creative.Creative{Code: e.Document.Code, Variation: e.Document.Variation}
		for _, slot := range slots(c) {
			got, want := masters.Choose(e.Document, slot, library), masters.Choose(documents[c], slot, library)
			verdicts[want.Verdict]++
			if got.Verdict != want.Verdict || got.Reason != want.Reason || got.Master.Key != want.Master.Key {
				t.Errorf("%s: %v %s %q, want %v %s %q", slot, got.Verdict, got.Reason, got.Master.Key, want.Verdict, want.Reason, want.Master.Key)
			}
		}
	}
	if len(verdicts) != 5 {
		t.Errorf("the documents come to the verdicts %v, want all five", verdicts)
	}
}
