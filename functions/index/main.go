// Command index is the function that updates the index of the masters bucket. It processes two queues:
// one with object events and one with the steps of reindexes. On a schedule it checks whether a
// library must be reindexed.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/sqsclient"
	"masterhand/shared/kit/bootstrap"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/summary"
)

func main() {
	c, err := library.LoadIndex(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	aws := awsclient.New(c.Region, c.Endpoints, os.LookupEnv)
	s3 := s3client.New(aws)
	index := masters.Index{Blobs: s3store.Blobs{Client: s3, Bucket: c.IndexBucket}}
	bucket := s3store.Bucket{Client: s3, Name: c.MastersBucket}
	indexer := &indexing.Indexer{Documents: index, Bucket: bucket, Libraries: c.Libraries}
	reporter := telemetry.New(lambdacontext.NewLogger(), os.Stdout, c.MetricsNamespace)
	indexer.Filed = func(ctx context.Context, r indexing.Result) { indexing.ReportFiled(ctx, reporter, r) }
	documents := s3store.Bucket{Client: s3, Name: c.IndexBucket}
	h := handler{
		bucket:    c.MastersBucket,
		queue:     path.Base(c.ReindexQueueURL),
		report:    reporter,
		indexer:   indexer,
		summaries: summary.Keeper{Index: index, Names: documents},
		worker: reindex.Worker{
			Control: reindex.Control{
				Index: index, Queue: sqsqueue.Queue{Client: sqsclient.New(aws), URL: c.ReindexQueueURL}, Now: time.Now, NewID: rand.Text,
			},
			Masters: bucket, Documents: documents, Indexer: indexer, Libraries: c.Libraries,
		},
	}
	bootstrap.Start(h.handle)
}
