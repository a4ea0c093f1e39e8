package indexing_test

import (
	"context"
	"fmt"

	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

func Example() {
	bucket, index := &masterstest.Bucket{}, masters.Index{Blobs: &masterstest.Memory{}}
	bucket.Put("HRT-1212/v2/en/9x16.mp4", []byte("no video"), nil)
	indexer := indexing.Indexer{Documents: index, Bucket: bucket, Libraries: []masters.Library{{Name: "default"}}}
	failed := indexer.Apply(context.Background(), []string{"HRT-1212/v2/en/9x16.mp4"})
	doc, _, err := index.Document(context.Background(), indexer.Libraries[0], hrt2)
	fmt.Println(len(failed), doc.Keys(), doc.Masters[0].Problem, err)
	// Output: 0 [HRT-1212/v2/en/9x16.mp4] no_media <nil>
}
