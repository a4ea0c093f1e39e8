package indexing_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

var (
	library = masters.Library{Name: "default"}
	hrt2    = creative.Creative{Code: "HRT-1212", Variation: 2}
	hrt3    = creative.Creative{Code: "HRT-1212", Variation: 3}
)

const key = "HRT-1212/v2/en/9x16.png"

// picture returns a PNG of w by h pixels.
func picture(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type fixture struct {
	bucket  *masterstest.Bucket
	index   masters.Index
	indexer *indexing.Indexer
}

func newFixture() fixture {
	b := fixture{bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: &masterstest.Memory{}}}
	b.indexer = &indexing.Indexer{Documents: b.index, Bucket: b.bucket, Libraries: []masters.Library{library}}
	return b
}

func (b fixture) apply(t *testing.T, keys ...string) {
	t.Helper()
	if failed := b.indexer.Apply(t.Context(), keys); len(failed) > 0 {
		t.Fatalf("Apply: %v", failed)
	}
}

// masters returns the masters that the creative's document lists, by key.
func (b fixture) masters(t *testing.T, c creative.Creative) map[string]masters.Master {
	t.Helper()
	doc, _, err := b.index.Document(t.Context(), library, c)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]masters.Master{}
	for _, m := range doc.Masters {
		list[m.Key] = m
	}
	if len(list) != len(doc.Masters) {
		t.Errorf("a key stands twice in %+v", doc)
	}
	return list
}

func TestCreatedOverwrittenRetaggedDeleted(t *testing.T) {
	t.Parallel()
	b := newFixture()

	b.bucket.Put(key, picture(t, 90, 160), nil)
	b.apply(t, key, key)
	created := b.masters(t, hrt2)[key]
	if !created.Probed || created.Aspect != "9x16" || created.Extension != "png" || created.Locale != "en" || created.Problem != "" {
		t.Errorf("created: %+v", created)
	}

	b.bucket.Put(key, picture(t, 100, 100), nil)
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Aspect != "1x1" || m.NamedAspect != "9x16" || m.ETag == created.ETag {
		t.Errorf("overwritten: %+v", m)
	}

	b.bucket.Tag(key, map[string]string{"creative-code": "hrt-1212", "creative-variation": "3"})
	b.apply(t, key)
	if old, now := b.masters(t, hrt2), b.masters(t, hrt3); len(old) != 0 || now[key].Rule != masters.RuleLabels {
		t.Errorf("retagged: old %v, new %v", old, now)
	}

	b.bucket.Delete(key)
	b.apply(t, key)
	if now := b.masters(t, hrt3); len(now) != 0 {
		t.Errorf("deleted: %v", now)
	}
	placed, _, err := b.index.Placed(t.Context(), library, key)
	if err != nil || len(placed.Documents) != 0 || placed.ETag != "" {
		t.Errorf("deleted, placement: %+v, %v", placed, err)
	}
}

func TestWhatIsNoMasterIsListedAsSuch(t *testing.T) {
	t.Parallel()
	b := newFixture()
	for _, k := range []string{"HRT-1212/v2/en/9x16_thumbnail.jpg", "HRT-1212/v2/en/._9x16.mp4", "holiday.mp4"} {
		b.bucket.Put(k, []byte("x"), nil)
		b.apply(t, k)
		placed, _, err := b.index.Placed(t.Context(), library, k)
		if err != nil || placed.Unplaced == "" || len(placed.Documents) != 0 {
			t.Errorf("%s: %+v, %v", k, placed, err)
		}
	}
	b.bucket.Put(key, nil, nil)
	b.apply(t, key)
	if list := b.masters(t, hrt2); len(list) != 0 {
		t.Errorf("listed: %v", list)
	}
}

func TestUnreadableFilesAreListedWithTheirProblem(t *testing.T) {
	t.Parallel()
	b := newFixture()
	whole := picture(t, 900, 1600)
	b.bucket.Put(key, whole[:len(whole)-8], nil)
	b.bucket.Put("HRT-1212/v2/en/9x16.mp4", []byte("this is no video at all"), nil)
	b.apply(t, key, "HRT-1212/v2/en/9x16.mp4")
	list := b.masters(t, hrt2)
	if m := list[key]; m.Problem != masters.Truncated || m.Kind != creative.Image {
		t.Errorf("a cut PNG: %+v", m)
	}
	if m := list["HRT-1212/v2/en/9x16.mp4"]; m.Problem == "" || m.Kind != creative.Video {
		t.Errorf("text named .mp4: %+v", m)
	}
}

// A master has the type of its content. If the key's extension names another type, the master is
// marked as misnamed.
func TestAMisnamedFileGoesByItsContent(t *testing.T) {
	t.Parallel()
	b := newFixture()
	for name, misnamed := range map[string]bool{"HRT-1212/v2/en/9x16.mov": true, "HRT-1212/v2/en/1x1.png": false} {
		b.bucket.Put(name, picture(t, 90, 160), nil)
		b.apply(t, name)
		if m := b.masters(t, hrt2)[name]; m.Misnamed != misnamed || m.Extension != "png" || m.Problem != "" {
			t.Errorf("a PNG as %s: %+v", name, m)
		}
	}
}

func TestAnObjectThatChangesUnderOurHandsIsIndexedAsItIs(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 90, 160), nil)
	looks := 0
	b.bucket.BeforeLook = func(string) error {
		// replace the object at the second look-up, between the read and the write of the document
		if looks++; looks == 2 {
			b.bucket.Put(key, picture(t, 100, 100), nil)
		}
		return nil
	}
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Aspect != "1x1" {
		t.Errorf("indexed as it was: %+v", m)
	}
}

func TestAFaultIsReturnedAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 90, 160), nil)
	b.apply(t, key)
	before := b.masters(t, hrt2)
	denied := errors.New("403")
	b.bucket.BeforeLook = func(k string) error {
		if k == key {
			return denied
		}
		return nil
	}
	other := "HRT-1212/v2/en/1x1.png"
	b.bucket.Put(other, picture(t, 10, 10), nil)
	failed := b.indexer.Apply(t.Context(), []string{key, other})
	if len(failed) != 1 || !errors.Is(failed[key], denied) {
		t.Errorf("failed: %v, want the one key", failed)
	}
	after := b.masters(t, hrt2)
	if after[key] != before[key] || after[other].Key == "" {
		t.Errorf("after the fault: %v", after)
	}
}

func TestAKeyThatKeepsChangingIsAnError(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.BeforeLook = func(string) error { b.bucket.Put(key, picture(t, 90, 160), nil); return nil }
	if failed := b.indexer.Apply(t.Context(), []string{key}); failed[key] == nil {
		t.Errorf("failed: %v, want the key", failed)
	}
}

// Whatever happens to the bucket, and however often and in whatever order its events arrive, the
// documents describe the bucket once all events are processed.
func TestDocumentsConverge(t *testing.T) {
	t.Parallel()
	small := map[int][]byte{0: picture(t, 9, 16), 1: picture(t, 10, 10), 2: picture(t, 16, 9)}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newFixture()
		// the name of the last key states no creative: only labels can place it
		keys := []string{key, "HRT-1212/v3/en/9x16.png", "HRT-1212-2_de_1x1.png", "summer/ä 🍏+%.png"}
		var events []string
		for range 30 {
			k := keys[random.IntN(len(keys))]
			switch random.IntN(4) {
			case 0:
				b.bucket.Delete(k)
			case 1:
				b.bucket.Put(k, small[random.IntN(3)], map[string]string{
					"creative-code": "HRT-1212", "creative-variation": fmt.Sprint(2 + random.IntN(2)),
				})
			default:
				b.bucket.Put(k, small[random.IntN(3)], nil)
			}
			events = append(events, k)
			if random.IntN(3) == 0 {
				b.indexer.Apply(t.Context(), []string{k})
			}
		}
		random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		b.work(t, events)
		b.check(t, seed, keys)
	}
}

// work indexes the keys of the events in overlapping batches at the same time. It indexes failed
// keys again, as the queue would.
func (b fixture) work(t *testing.T, events []string) {
	var all sync.WaitGroup
	for start := 0; start < len(events); start += 3 {
		batch := events[start:min(start+5, len(events))]
		all.Go(func() {
			for len(batch) > 0 {
				failed := b.indexer.Apply(t.Context(), batch)
				batch = nil
				for k := range failed {
					batch = append(batch, k)
				}
			}
		})
	}
	all.Wait()
}

// check compares the documents with the placements that follow from the objects' keys and labels.
func (b fixture) check(t *testing.T, seed uint64, keys []string) {
	t.Helper()
	listed := map[creative.Creative]map[string]masters.Master{hrt2: b.masters(t, hrt2), hrt3: b.masters(t, hrt3)}
	for _, k := range keys {
		object, err := b.bucket.Look(t.Context(), k)
		place := masters.Place(library, k, object.Size, object.Labels)
		b.checkUnplaced(t, k, place.Unplaced)
		for c, list := range listed {
			m, is := list[k]
			should := err == nil && place.Unplaced == "" && place.Creative.Same(c)
			if is != should || is && m.ETag != object.ETag {
				t.Errorf("seed %d: %q in the document of %v: %v (ETag %s), should be %v (ETag %s)", seed, k, c, is, m.ETag, should, object.ETag)
			}
		}
	}
}

// checkUnplaced checks a key's placement and its lines in the list of unplaced keys. The argument
// reason must be "" for a key that is placed or gone. An extra line in the list is allowed; a
// missing line fails the test.
func (b fixture) checkUnplaced(t *testing.T, k, reason string) {
	t.Helper()
	placed, _, err := b.index.Placed(t.Context(), library, k)
	if err != nil || placed.ETag != "" && placed.Unplaced != reason {
		t.Errorf("%q: %v, unplaced because %q, want %q", k, err, placed.Unplaced, reason)
	}
	if placed.ETag == "" || reason == "" {
		return
	}
	if want := library.Folders(placed); !slices.Equal(placed.Folders, want) {
		t.Errorf("%q is filed in %q, want %q", k, placed.Folders, want)
	}
	b.lies(t, k, placed.Folders...)
}

// lies fails the test unless each of the folders in the list of unplaced keys holds the key.
func (b fixture) lies(t *testing.T, k string, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		keys, err := b.index.UnplacedIn(t.Context(), b.index.Blobs.(masters.Lister), library, folder, 100)
		if err != nil || !slices.Contains(keys, k) {
			t.Errorf("%q is not filed in %s: %q, %v", k, folder, keys, err)
		}
	}
}

// Remove leaves a key whose object exists again, and removes a key whose object does not exist.
func TestRemoveLeavesWhatBelongs(t *testing.T) {
	t.Parallel()
	b := newFixture()
	other := strings.Replace(key, "9x16", "1x1", 1)
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.Put(other, picture(t, 9, 9), nil)
	b.apply(t, key, other)
	for _, keys := range [][]string{{key}, {key, other}} {
		if err := b.indexer.Remove(t.Context(), library, hrt2, keys); err != nil || len(b.masters(t, hrt2)) != 2 {
			t.Fatalf("%v: %v", err, b.masters(t, hrt2))
		}
	}
	b.bucket.Delete(other)
	if err := b.indexer.Remove(t.Context(), library, hrt2, []string{key, other}); err != nil || len(b.masters(t, hrt2)) != 1 {
		t.Errorf("%v: %v", err, b.masters(t, hrt2))
	}
}

// A master keeps its content fields while it is archived, even if its labels change, until the
// object under its key has other bytes.
func TestContentSeenSurvivesTheArchive(t *testing.T) {
	t.Parallel()
	for name, storage := range map[string]masters.Storage{
		"GLACIER": {StorageClass: "GLACIER"}, "DEEP_ARCHIVE": {StorageClass: "DEEP_ARCHIVE"},
		"Intelligent-Tiering": {StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"},
	} {
		b := newFixture()
		b.bucket.Put(key, picture(t, 90, 90), nil)
		b.apply(t, key)
		seen := b.masters(t, hrt2)[key]
		b.bucket.Store(key, storage)
		b.apply(t, key)
		want := seen
		want.Storage = storage
		if m := b.masters(t, hrt2)[key]; m != want {
			t.Errorf("%s: archived: %+v, want %+v", name, m, want)
		}
		b.apply(t, key)

		b.bucket.Tag(key, map[string]string{"creative-code": "HRT-1212", "creative-variation": "3", "creative-locale": "de"})
		b.apply(t, key)
		if m := b.masters(t, hrt3)[key]; m.Width != 90 || m.Extension != "png" || m.Aspect != "1x1" || m.Locale != "de" || m.Rule != masters.RuleLabels {
			t.Errorf("%s: moved while archived: %+v", name, m)
		}
		b.bucket.Tag(key, nil)
		b.bucket.Put(key, picture(t, 100, 100), nil)
		b.bucket.Store(key, storage)
		b.apply(t, key)
		if m := b.masters(t, hrt2)[key]; m.Seen() || m.Aspect != "9x16" || !m.Archived() {
			t.Errorf("%s: other bytes, archived: %+v", name, m)
		}
	}
}

// Two calls index the same archived object, and only one of them can read it. The call that cannot
// read it keeps the content fields that the other call wrote.
func TestContentSeenSurvivesARace(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 90, 90), nil)
	overtaken := false
	w.fault = func(name string) error {
		if !overtaken && name == "index/default/HRT-1212/2.json" {
			overtaken = true
			b.bucket.Store(key, masters.Storage{})
			b.apply(t, key)
			b.bucket.Archive(key)
		}
		return nil
	}
	b.bucket.Archive(key)
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Width != 90 || !m.Archived() {
		t.Errorf("%+v", m)
	}
}

// An archived object with a restored copy is read like any other object.
func TestRestoredMastersAreRead(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 90, 90), nil)
	b.bucket.Archive(key)
	b.apply(t, key)
	b.bucket.Store(key, masters.Storage{StorageClass: "GLACIER", Restored: true})
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; !m.Probed || m.Aspect != "1x1" || m.Archived() {
		t.Errorf("restored: %+v", m)
	}
	b.bucket.Archive(key)
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; !m.Probed || m.Aspect != "1x1" || !m.Archived() {
		t.Errorf("the restored copy expired: %+v", m)
	}
}

// A master records whether a label or the name states its aspect.
func TestLabelledAspectsAreMarked(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), map[string]string{"creative-aspect": "1x1"})
	b.bucket.Archive(key)
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Aspect != "1x1" || !m.AspectLabelled {
		t.Errorf("labelled: %+v", m)
	}
	b.bucket.Tag(key, nil)
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Aspect != "9x16" || m.AspectLabelled {
		t.Errorf("named: %+v", m)
	}
}

// An archived master cannot be read, but its document still lists it.
func TestArchivedMastersAreListed(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.bucket.Archive(key)
	b.apply(t, key)
	m := b.masters(t, hrt2)[key]
	if m.Probed || m.Problem != "" || m.Kind != creative.Image || m.Aspect != "9x16" || m.StorageClass != "GLACIER" {
		t.Errorf("%+v", m)
	}
}
