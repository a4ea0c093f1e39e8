package indexing_test

import (
	"context"
	"errors"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

// onLook makes the bucket call the function do before its n-th look-up. If do returns an error,
// the look-up returns that error.
func (b fixture) onLook(n int, do func() error) {
	looks := 0
	b.bucket.BeforeLook = func(string) error {
		if looks++; looks == n {
			return do()
		}
		return nil
	}
}

// Index looks up an object a second time between the read and the write of the document. If the
// object is gone by then, the document never lists it. If a deleted object exists again by then,
// the document keeps it.
func TestTheSecondLookDecides(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.onLook(2, func() error { b.bucket.Delete(key); return nil })
	b.apply(t, key)
	if w.documents() != 0 || len(b.masters(t, hrt2)) != 0 {
		t.Errorf("gone: %d writes, listed %v", w.documents(), b.masters(t, hrt2))
	}
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.apply(t, key)
	b.bucket.Delete(key)
	b.onLook(2, func() error { b.bucket.Put(key, picture(t, 90, 160), nil); return nil })
	b.apply(t, key)
	if m := b.masters(t, hrt2)[key]; m.Width != 90 || w.documents() != 2 {
		t.Errorf("come back: %d writes, listed as %+v", w.documents(), m)
	}
}

// Index looks up an object a second time before it writes the document. If this look-up fails,
// Apply returns the error for the key, and the document is not written.
func TestAFailedSecondLookIsReturned(t *testing.T) {
	t.Parallel()
	b, w := newWatched()
	refuse := func() error { return errRefused }
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.onLook(2, refuse)
	if failed := b.indexer.Apply(t.Context(), []string{key}); !errors.Is(failed[key], errRefused) || w.documents() != 0 {
		t.Errorf("created: %v, %d writes", failed, w.documents())
	}
	b.apply(t, key)
	b.bucket.Delete(key)
	b.onLook(2, refuse)
	if failed := b.indexer.Apply(t.Context(), []string{key}); !errors.Is(failed[key], errRefused) || w.documents() != 1 {
		t.Errorf("deleted: %v, %d writes", failed, w.documents())
	}
}

// File makes the last try to index a key. If its first look-up of the object fails and the second
// one succeeds, File reads the object, and does not record it as unread.
func TestWhatCanBeLookedAtAgainIsRead(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.bucket.Put(key, picture(t, 90, 160), nil)
	b.onLook(1, func() error { return errRefused })
	if filed := b.filed(t, key); len(filed) != 0 {
		t.Errorf("filed %v", filed)
	}
	if m := b.masters(t, hrt2)[key]; m.Width != 90 || m.Unread != "" {
		t.Errorf("listed as %+v", m)
	}
}

// If an object changes between the look-up and the read, Index reads it again. File, which makes
// the last try to index a key, does the same.
func TestWhatChangesBeforeTheReadIsReadAnew(t *testing.T) {
	t.Parallel()
	for _, k := range []string{key, odd} {
		for _, last := range []bool{false, true} {
			b := newFixture()
			b.bucket.Put(k, []byte("text"), nil)
			changed := false
			b.bucket.BeforeRead = func(string) error {
				if !changed {
					changed = true
					b.bucket.Put(k, picture(t, 90, 160), nil)
				}
				return nil
			}
			results := b.indexer.Index
			if last {
				results = b.indexer.File
			}
			for _, r := range results(t.Context(), []string{k}) {
				if r.Err != nil || r.Unread != "" {
					t.Errorf("%s, last try %t: %+v", k, last, r)
				}
			}
			placed, _, err := b.index.Placed(t.Context(), library, k)
			if err != nil || placed.ETag != `"2"` || placed.NoMedia {
				t.Errorf("%s, last try %t: record %+v, %v", k, last, placed, err)
			}
		}
	}
}

// versioned is a bucket that keeps versions; all its objects have the version ID id.
type versioned struct {
	*masterstest.Bucket
	id string
}

// Look implements [indexing.Bucket].
func (v *versioned) Look(ctx context.Context, key string) (masters.Object, error) {
	o, err := v.Bucket.Look(ctx, key)
	o.VersionID = v.id
	return o, err
}

// A document keeps a master's SHA-256 digest only while the object's version stays the same.
func TestADigestIsOfOneVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(v *versioned)
		kept   bool
	}{
		"the same":        {func(*versioned) {}, true},
		"another storage": {func(v *versioned) { v.Archive(key) }, true},
		"other labels":    {func(v *versioned) { v.Tag(key, map[string]string{"creative-locale": "de"}) }, true},
		"another version": {func(v *versioned) { v.id = "v2" }, false},
		"other bytes":     {func(v *versioned) { v.Put(key, picture(t, 90, 160), nil) }, false},
	} {
		b := newFixture()
		v := &versioned{b.bucket, "v1"}
		b.indexer.Bucket = v
		b.bucket.Put(key, picture(t, 9, 16), nil)
		b.apply(t, key)
		doc, revision, err := b.index.Document(t.Context(), library, hrt2)
		if err != nil {
			t.Fatal(err)
		}
		doc.Masters[0].SHA256 = "digest"
		if err := b.index.SaveDocument(t.Context(), library, doc, revision); err != nil {
			t.Fatal(err)
		}
		c.change(v)
		b.apply(t, key)
		if m := b.masters(t, hrt2)[key]; (m.SHA256 == "digest") != c.kept || m.VersionID != v.id {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// If a document was written by older rules and a master is added to it, the document must state the
// present version of the rules.
func TestADocumentNamesTheRulesOfItsLastMaster(t *testing.T) {
	t.Parallel()
	b := newFixture()
	old := masters.NewDocument(hrt2)
	old.Rules--
	if err := b.index.SaveDocument(t.Context(), library, old, ""); err != nil {
		t.Fatal(err)
	}
	b.bucket.Put(key, picture(t, 9, 16), nil)
	b.apply(t, key)
	if doc, _, err := b.index.Document(t.Context(), library, hrt2); err != nil || doc.Rules != masters.RulesVersion || len(doc.Masters) != 1 {
		t.Errorf("%+v, %v", doc, err)
	}
}
