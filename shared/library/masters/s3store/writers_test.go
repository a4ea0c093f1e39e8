package s3store_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"sync"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

// writers is the number of writers that write one document at the same time in the test.
var writers = flag.Int("writers", 50, "writers to one document at once")

// No update is lost if many writers write the same document at the same time by the conditional
// writes of S3.
func TestACrowdOfWriters(t *testing.T) {
	t.Parallel()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 16))); err != nil {
		t.Fatal(err)
	}
	var bucket masterstest.Bucket
	library := masters.Library{Name: "default"}
	index := masters.Index{Blobs: blobs(t, false)}
	indexer := indexing.Indexer{Documents: index, Bucket: &bucket, Libraries: []masters.Library{library}}
	began := time.Now()
	var all sync.WaitGroup
	for i := range *writers {
		key := fmt.Sprintf("HRT-1212/v2/en/%d.png", i)
		bucket.Put(key, picture.Bytes(), nil)
		all.Go(func() {
			if failed := indexer.Apply(t.Context(), []string{key}); len(failed) > 0 {
				t.Errorf("given up: %v", failed)
			}
		})
	}
	all.Wait()
	t.Logf("%d writers took %v", *writers, time.Since(began).Round(time.Millisecond))
	doc, _, err := index.Document(t.Context(), library, creative.Creative{Code: "HRT-1212", Variation: 2})
	if err != nil || len(doc.Masters) != *writers {
		t.Errorf("%d of %d are listed, %v", len(doc.Masters), *writers, err)
	}
}
