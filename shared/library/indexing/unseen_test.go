package indexing_test

import (
	"context"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"testing"
)

// withMeta is a bucket whose objects have the metadata meta. If tagErr is set, Tags returns it.
type withMeta struct {
	indexing.Bucket
	meta   map[string]string
	tagErr error
}

func (b withMeta) Look(ctx context.Context, key string) (masters.Object, error) {
	o, err := b.Bucket.Look(ctx, key)
	if err == nil && b.meta != nil {
		o.Labels.Metadata = b.meta
	}
	return o, err
}
func (b withMeta) Tags(ctx context.Context, key string) (map[string]string, error) {
	if b.tagErr != nil {
		return nil, b.tagErr
	}
	return b.Bucket.Tags(ctx, key)
}

func TestAFileThatNobodyCanLookAtStaysInItsDocument(t *testing.T) {
	t.Parallel()
	const hero = "films/hero.png"
	labels := map[string]string{"creative-code": "HRT-1212", "creative-variation": "2"}
	for name, c := range map[string]struct {
		tags, meta map[string]string
		tagErr     error
	}{
		"metadata":     {nil, labels, nil},
		"tags refused": {labels, nil, errRefused},
	} {
		b := newFixture()
		b.bucket.Put(hero, picture(t, 9, 16), c.tags)
		b.indexer.Bucket = withMeta{b.bucket, c.meta, nil}
		b.apply(t, hero)
		if m := b.masters(t, hrt2); len(m) != 1 {
			t.Fatalf("%s: before: %v", name, m)
		}
		b.indexer.Bucket = withMeta{b.bucket, c.meta, c.tagErr}
		// as with a disabled encryption key, look-ups and reads fail, but the object stays the same
		b.refuse(true, true)
		b.filed(t, hero)
		placed, _, err := b.index.Placed(t.Context(), library, hero)
		if m := b.masters(t, hrt2); len(m) != 1 {
			t.Errorf("%s: after: document lists %d, record documents %v folders %q unplaced %q unread %q %v", name, len(m), placed.Documents, placed.Folders, placed.Unplaced, placed.Unread, err)
		}
	}
}
