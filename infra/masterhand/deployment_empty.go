package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/masterhand/screen"
)

// errUndeleted is a version that S3 would not delete.
var errUndeleted = errors.New("version that could not be deleted")

// empty deletes all versions and delete markers of a bucket, a page at a time, and
// returns how many there were. It may be run again after an error.
func (s *session) empty(ctx context.Context, bucket string) (deleted int, err error) {
	client := s.s3()
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return deleted, fmt.Errorf("listing bucket %s: %w", bucket, err)
		}
		ids := identifiers(page)
		if len(ids) == 0 {
			continue
		}
		out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &bucket, Delete: &types.Delete{Objects: ids, Quiet: new(true)},
		})
		if err != nil {
			return deleted, fmt.Errorf("emptying bucket %s: %w", bucket, err)
		}
		deleted += len(ids) - len(out.Errors)
		if len(out.Errors) > 0 {
			first := out.Errors[0]
			return deleted, fmt.Errorf("bucket %s: %s, the first of which is a %w: %s: %s", bucket, screen.Plural(len(out.Errors), "error"), errUndeleted,
				printable(value(first.Key)), value(first.Code))
		}
	}
	return deleted, nil
}

// identifiers names the versions of a page: at most 1,000, as many as one call deletes.
func identifiers(page *s3.ListObjectVersionsOutput) []types.ObjectIdentifier {
	var ids []types.ObjectIdentifier
	for _, v := range page.Versions {
		ids = append(ids, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
	}
	for _, m := range page.DeleteMarkers {
		ids = append(ids, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
	}
	return ids
}
