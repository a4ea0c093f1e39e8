// Package listing lists S3 buckets, whatever characters their keys contain.
//
// A key may contain characters that XML cannot contain, such as control characters. An answer
// with such a key cannot be parsed unless the listing asks for URL encoding.
//
// Invariants:
//
//   - Every listing asks for URL encoding.
//   - A key is decoded only if the answer says that its keys are encoded.
//   - A key that cannot be decoded is an error, never another key.
//   - A listing that says that more follows, but not where, is an error, never the end.
//
// For example:
//
//	for page, err := range listing.Objects(ctx, client, &s3.ListObjectsV2Input{Bucket: &bucket}) {
//		…
//	}
package listing

import (
	"context"
	"errors"
	"iter"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The errors that end a listing.
var (
	ErrEncoding = errors.New("listing with a key that is not URL-encoded, although the answer says so")
	ErrCut      = errors.New("listing that says that more follows, but not where to continue")
)

// Page returns one page of a bucket's objects. Page itself sets the encoding type. The input in must
// have no delimiter. Errors are ErrEncoding, ErrCut and those of the client.
func Page(ctx context.Context, client s3.ListObjectsV2APIClient, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	encoded := *in
	encoded.EncodingType = types.EncodingTypeUrl
	page, err := client.ListObjectsV2(ctx, &encoded)
	if err != nil {
		return nil, err
	}
	d := decoder{encoding: page.EncodingType}
	for i := range page.Contents {
		d.decode(&page.Contents[i].Key)
	}
	if d.err == nil && isTrue(page.IsTruncated) && page.NextContinuationToken == nil {
		d.err = ErrCut
	}
	return page, d.err
}

// Objects yields the pages of a bucket's objects in the form that [Page] returns. An error ends
// the sequence.
func Objects(ctx context.Context, client s3.ListObjectsV2APIClient, in *s3.ListObjectsV2Input) iter.Seq2[*s3.ListObjectsV2Output, error] {
	return func(yield func(*s3.ListObjectsV2Output, error) bool) {
		next := *in
		for {
			page, err := Page(ctx, client, &next)
			if !yield(page, err) || err != nil || page.NextContinuationToken == nil {
				return
			}
			next.ContinuationToken = page.NextContinuationToken
		}
	}
}

// Versions yields the pages of a bucket's versions and delete markers. An error ends the
// sequence.
func Versions(ctx context.Context, client s3.ListObjectVersionsAPIClient, in *s3.ListObjectVersionsInput) iter.Seq2[*s3.ListObjectVersionsOutput, error] {
	return func(yield func(*s3.ListObjectVersionsOutput, error) bool) {
		next := *in
		next.EncodingType = types.EncodingTypeUrl
		for {
			page, err := client.ListObjectVersions(ctx, &next)
			if err != nil {
				yield(nil, err)
				return
			}
			d := decoder{encoding: page.EncodingType}
			for i := range page.Versions {
				d.decode(&page.Versions[i].Key)
			}
			for i := range page.DeleteMarkers {
				d.decode(&page.DeleteMarkers[i].Key)
			}
			d.decode(&page.NextKeyMarker)
			if d.err == nil && isTrue(page.IsTruncated) && page.NextKeyMarker == nil {
				d.err = ErrCut
			}
			if !yield(page, d.err) || d.err != nil || !isTrue(page.IsTruncated) {
				return
			}
			next.KeyMarker, next.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
		}
	}
}

// decoder decodes the keys of one answer and keeps the first error that occurs.
type decoder struct {
	encoding types.EncodingType
	err      error
}

func (d *decoder) decode(key **string) {
	if d.encoding != types.EncodingTypeUrl || *key == nil {
		return
	}
	text, err := url.QueryUnescape(**key)
	if err != nil && d.err == nil {
		d.err = ErrEncoding
	}
	*key = &text
}

func isTrue(b *bool) bool { return b != nil && *b }
