package collect_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"

	"masterhand/shared/announcements/collect"
)

// slow is a bucket that delays the upload of every part. It records the largest number of uploads that
// waited at the same time.
type slow struct {
	collect.Bucket
	waiting, most atomic.Int32
}

// Part implements [collect.Bucket].
func (s *slow) Part(ctx context.Context, key, upload string, number int, data []byte) error {
	s.most.Store(max(s.most.Load(), s.waiting.Add(1)))
	defer s.waiting.Add(-1)
	for range 100 {
		runtime.Gosched()
	}
	return s.Bucket.Part(ctx, key, upload, number, data)
}

// Only a few parts may be in memory, whatever the file's size and however slow the bucket.
func TestFewPartsAtATime(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(25*part)
	bucket := &slow{Bucket: d.bucket}
	d.Bucket = bucket
	if o := d.collect(t, d.export(t, server(t, serving(content, `"v1"`)))); !o.Done {
		t.Fatalf("%+v", o)
	}
	d.fetched(t, content)
	if most := bucket.most.Load(); most < 1 || most > 4 {
		t.Errorf("%d parts were in memory at once", most)
	}
}
