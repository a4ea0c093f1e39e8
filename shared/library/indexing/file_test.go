package indexing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// errRefused is S3's error for an object that is encrypted with SSE-C or a disabled key.
var errRefused = errors.New("403 KMS.DisabledException")

// filed calls File for the keys and fails the test on an error. It returns, by key, the results of
// the keys that File recorded as unread.
func (b fixture) filed(t *testing.T, keys ...string) map[string]indexing.Result {
	t.Helper()
	results := map[string]indexing.Result{}
	b.indexer.Filed = func(_ context.Context, r indexing.Result) { results[r.Key] = r }
	for _, r := range b.indexer.File(t.Context(), keys) {
		if r.Err != nil {
			t.Errorf("%s is not filed: %v", r.Key, r.Err)
		}
	}
	return results
}

func (b fixture) refuse(looks, reads bool) {
	b.bucket.BeforeLook, b.bucket.BeforeRead = nil, nil
	if looks {
		b.bucket.BeforeLook = func(string) error { return errRefused }
	}
	if reads {
		b.bucket.BeforeRead = func(string) error { return errRefused }
	}
}

// If File cannot read an object, it lists the object, with the reason, in the document of the
// creative that the object's labels or key state. Missed returns such a key. Once the object can
// be read, the key can be indexed.
func TestWhatCannotBeReadIsFiledUnderItsCreative(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key          string
		tags         map[string]string
		looks, reads bool // whether S3 refuses the look-ups; whether it refuses the reads
		etag         string
	}{
		"read refused":         {key, nil, false, true, `"1"`},
		"look refused":         {key, nil, true, true, ""},
		"read refused, tagged": {"films/hero.png", map[string]string{"creative-code": "HRT-1212", "creative-variation": "2"}, false, true, `"1"`},
		"look refused, tagged": {"films/hero.png", map[string]string{"creative-code": "HRT-1212", "creative-variation": "2"}, true, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFixture()
			b.bucket.Put(c.key, picture(t, 9, 16), c.tags)
			b.refuse(c.looks, c.reads)
			if failed := b.indexer.Apply(t.Context(), []string{c.key}); len(failed) != 1 || len(b.masters(t, hrt2)) != 0 {
				t.Fatalf("before the last try: %v", failed)
			}
			if r := b.filed(t, c.key)[c.key]; !strings.Contains(r.Unread, "KMS.DisabledException") {
				t.Errorf("filed as %+v", r)
			}
			m := b.masters(t, hrt2)[c.key]
			if !strings.Contains(m.Unread, "KMS.DisabledException") || m.Seen() || m.ETag != c.etag || m.Kind != creative.Image {
				t.Errorf("listed as %+v", m)
			}
			placed, _, err := b.index.Placed(t.Context(), library, c.key)
			if err != nil || placed.Unread != m.Unread || placed.ETag != c.etag || len(placed.Documents) != 1 || !placed.Documents[0].Same(hrt2) {
				t.Errorf("record %+v, %v", placed, err)
			}
			b.lies(t, c.key, "none")
			belongs, err := b.indexer.Belongs(t.Context(), library, hrt2, c.key)
			exists, errExists := b.indexer.Exists(t.Context(), c.key)
			if !belongs || !exists || err != nil || errExists != nil {
				t.Errorf("belongs %t (%v), exists %t (%v)", belongs, err, exists, errExists)
			}
			missed, err := b.indexer.Missed(t.Context(), []string{c.key})
			if err != nil || len(missed) != 1 {
				t.Errorf("missed %v, %v", missed, err)
			}
			b.refuse(false, false)
			b.apply(t, c.key)
			if m := b.masters(t, hrt2)[c.key]; !m.Probed || m.Unread != "" || m.ETag != `"1"` {
				t.Errorf("once it can be read: %+v", m)
			}
			placed, _, err = b.index.Placed(t.Context(), library, c.key)
			if err != nil || placed.Listed() || len(placed.Folders) > 0 {
				t.Errorf("once it can be read: record %+v, %v", placed, err)
			}
		})
	}
}

// An object that cannot be read and that no rule places is recorded with two reasons: why it is
// unplaced and why it is unread. It is treated as possible media.
func TestWhatCannotBeReadAndHasNoPlace(t *testing.T) {
	t.Parallel()
	b := newFixture()
	const odd = "films/HRT-1212/2/3/hero"
	b.bucket.Put(odd, []byte("notes"), nil)
	b.refuse(false, true)
	r := b.filed(t, odd)[odd]
	placed, _, err := b.index.Placed(t.Context(), library, odd)
	if err != nil || r.Unread == "" || r.Unplaced == "" || placed.Unread != r.Unread || placed.Unplaced != r.Unplaced || placed.NoMedia {
		t.Errorf("%+v, record %+v, %v", r, placed, err)
	}
}

// File still indexes an object that can be read, and reports that a deleted object is gone.
func TestFilingReadsWhatItCan(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	if filed := b.filed(t, key, "HRT-1212/v2/en/gone.png"); len(filed) != 0 {
		t.Errorf("filed %v", filed)
	}
	if m := b.masters(t, hrt2)[key]; !m.Probed || m.Unread != "" {
		t.Errorf("%+v", m)
	}
}

// A master that is recorded as unread keeps its content fields, such as width and height, if the
// content was read before.
func TestWhatWasSeenBeforeIsKept(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 100, 100), nil)
	b.apply(t, key)
	b.refuse(false, true)
	b.filed(t, key)
	if m := b.masters(t, hrt2)[key]; !m.Probed || m.Aspect != "1x1" || m.Unread == "" {
		t.Errorf("%+v", m)
	}
}

// Missed returns a key if only the storage class of its object has changed, because the index
// must record that the object is archived.
func TestMissedComparesStorage(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	for _, storage := range []masters.Storage{
		{StorageClass: "GLACIER"}, {StorageClass: "GLACIER", Restored: true}, {StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}, {},
	} {
		b.apply(t, key)
		if missed, err := b.indexer.Missed(t.Context(), []string{key}); err != nil || len(missed) != 0 {
			t.Errorf("%+v: missed before, %v", storage, err)
		}
		b.bucket.Store(key, storage)
		if missed, err := b.indexer.Missed(t.Context(), []string{key}); err != nil || len(missed) != 1 {
			t.Errorf("%+v: missed %v, %v", storage, missed, err)
		}
	}
}

// If a document has no room for another master, the indexer marks the document as full and
// returns no error for the event. Masters that no longer belong in the document are still removed.
func TestAFullDocumentSaysSo(t *testing.T) {
	t.Parallel()
	b := newFixture()
	other := "HRT-1212/v2/en/1x1.png"
	b.bucket.Put(other, picture(t, 9, 9), nil)
	b.apply(t, other)
	doc, revision, err := b.index.Document(t.Context(), library, hrt2)
	if err != nil {
		t.Fatal(err)
	}
	doc = grown(t, doc, masters.MaxDocument-200)
	if err := b.index.SaveDocument(t.Context(), library, doc, revision); err != nil {
		t.Fatal(err)
	}
	b.bucket.Put(key, picture(t, 9, 16), nil)
	for range 2 {
		if r := b.indexer.Index(t.Context(), []string{key})[0]; r.Err != nil || !strings.Contains(r.Unread, "HRT-1212-2 is full") {
			t.Errorf("%+v", r)
		}
	}
	b.bucket.Delete(other)
	b.apply(t, other, key)
	full, _, err := b.index.Document(t.Context(), library, hrt2)
	if err != nil || !full.Full || full.Find(key) != nil || full.Find(other) != nil || len(full.Masters) != len(doc.Masters)-1 {
		t.Errorf("full %t with %d masters, %v", full.Full, len(full.Masters), err)
	}
	placed, _, err := b.index.Placed(t.Context(), library, key)
	if err != nil || !strings.Contains(placed.Unread, "is full") {
		t.Errorf("record %+v, %v", placed, err)
	}
}

// A deleted master is removed from a full document, even if the document is still larger than the
// normal size limit afterwards.
func TestADeletedMasterLeavesAFullDocument(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.apply(t, key)
	doc, revision, err := b.index.Document(t.Context(), library, hrt2)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.index.SaveFull(t.Context(), library, grown(t, doc, masters.MaxDocument+600), revision); err != nil {
		t.Fatal(err)
	}
	b.bucket.Delete(key)
	b.apply(t, key)
	if full, _, err := b.index.Document(t.Context(), library, hrt2); err != nil || !full.Full || full.Find(key) != nil || len(full.Masters) < 10 {
		t.Errorf("full %t with %d masters, %v", full.Full, len(full.Masters), err)
	}
}

// grown adds masters to a document until its JSON has the given size. Their keys are long, so
// that a few masters suffice.
func grown(t *testing.T, doc masters.Document, size int) masters.Document {
	t.Helper()
	length := func(v any) int {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	size -= length(doc)
	for n := 0; size > 0; n++ {
		m := masters.Master{Key: fmt.Sprintf("HRT-1212/v2/en/%06d-", n), ETag: "x", Locale: "en", Kind: creative.Image, Aspect: "9x16"}
		m.Key += strings.Repeat("k", max(0, min(1<<20, size-length(m)-1)))
		doc.Masters = append(doc.Masters, m)
		size -= length(m) + 1
	}
	return doc
}
