package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/kit/listing"
)

// errUndeleted is the error for an object version that S3 refused to delete.
var errUndeleted = errors.New("version that could not be deleted")

// empty deletes all versions and delete markers in a bucket, page by page, and returns how many it
// deleted. After an error the caller can call it again.
func (s *session) empty(ctx context.Context, bucket string) (deleted int, err error) {
	client := s.s3()
	for page, err := range listing.Versions(ctx, client, &s3.ListObjectVersionsInput{Bucket: &bucket}) {
		if err != nil {
			return deleted, fmt.Errorf("listing bucket %s: %w", bucket, err)
		}
		n, err := deleteAll(ctx, client, bucket, identifiers(page))
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// deleteAll deletes at most 1,000 versions and returns how many it deleted. It sends the keys as a
// list in XML. A key with characters that XML does not allow needs a call of its own, because the
// SDK would replace those characters in the list.
func deleteAll(ctx context.Context, client *s3.Client, bucket string, ids []types.ObjectIdentifier) (deleted int, err error) {
	var many []types.ObjectIdentifier
	for _, id := range ids {
		if fitsXML(value(id.Key)) {
			many = append(many, id)
			continue
		}
		if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: id.Key, VersionId: id.VersionId}); err != nil {
			return deleted, fmt.Errorf("emptying bucket %s: %w", bucket, err)
		}
		deleted++
	}
	if len(many) == 0 {
		return deleted, nil
	}
	out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &bucket, Delete: &types.Delete{Objects: many, Quiet: new(true)},
	})
	if err != nil {
		return deleted, fmt.Errorf("emptying bucket %s: %w", bucket, err)
	}
	deleted += len(many) - len(out.Errors)
	if len(out.Errors) > 0 {
		first := out.Errors[0]
		return deleted, fmt.Errorf("bucket %s: %s, the first of which is a %w: %s: %s", bucket, screen.Plural(len(out.Errors), "error"), errUndeleted,
			printable(value(first.Key)), value(first.Code))
	}
	return deleted, nil
}

// fitsXML reports whether all characters of a text are allowed in XML 1.0.
func fitsXML(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}

// identifiers returns the versions and delete markers of one page of a listing. There are at most
// 1,000, as many as one call can delete.
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
