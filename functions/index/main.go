// Command index is the function behind the queue of object events: it keeps the index
// in step with the masters bucket.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"

	"masterhand/shared/awsclient"
	"masterhand/shared/config"
	"masterhand/shared/indexing"
	"masterhand/shared/masters"
	"masterhand/shared/masters/s3store"
)

func main() {
	c, err := config.LoadIndex(os.LookupEnv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s3 := awsclient.New(c.Region, c.Endpoints, os.LookupEnv).S3()
	h := handler{
		bucket: c.MastersBucket,
		log:    slog.New(slog.NewJSONHandler(os.Stdout, nil)),
		indexer: &indexing.Indexer{
			Index:     masters.Index{Blobs: s3store.Blobs{Client: s3, Bucket: c.IndexBucket}},
			Bucket:    s3store.Bucket{Client: s3, Name: c.MastersBucket},
			Libraries: c.Libraries,
		},
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	lambda.StartWithOptions(h.handle, lambda.WithContext(ctx))
}
