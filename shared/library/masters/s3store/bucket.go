package s3store

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/kit/listing"
	"masterhand/shared/library/masters"
)

// Bucket reads the masters bucket.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// Look returns the current object under key with its labels. It returns masters.ErrAbsent if
// there is no object.
func (b Bucket) Look(ctx context.Context, key string) (masters.Object, error) {
	o, err := b.head(ctx, key)
	if err != nil {
		return masters.Object{}, err
	}
	if o.Labels.Tags, err = b.tags(ctx, key, o.VersionID); err != nil {
		return masters.Object{}, err
	}
	return o, nil
}

// Tags returns the tags of the object under key, even if S3 refuses Look for it. It returns
// masters.ErrAbsent if there is no object.
func (b Bucket) Tags(ctx context.Context, key string) (map[string]string, error) {
	return b.tags(ctx, key, "")
}

func (b Bucket) tags(ctx context.Context, key, versionID string) (map[string]string, error) {
	out, err := b.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
		Bucket: &b.Name, Key: &key, VersionId: optional(versionID),
	})
	switch {
	case isCode(err, "NoSuchTagSet"):
		return nil, nil
	case status(err) == http.StatusNotFound && isCode(err, "NoSuchKey", "NoSuchVersion"):
		return nil, masters.ErrAbsent // S3 answers "not found" because the object was deleted after the look-up
	case err != nil:
		return nil, fmt.Errorf("reading an object's tags: %w", err)
	}
	tags := make(map[string]string, len(out.TagSet))
	for _, tag := range out.TagSet {
		tags[strings.ToLower(value(tag.Key))] = value(tag.Value)
	}
	return tags, nil
}

func (b Bucket) head(ctx context.Context, key string) (masters.Object, error) {
	out, err := b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
	if status(err) == http.StatusNotFound && !isCode(err, "NoSuchBucket") {
		return masters.Object{}, masters.ErrAbsent
	}
	if err != nil {
		return masters.Object{}, fmt.Errorf("heading an object: %w", err)
	}
	o := masters.Object{
		Key: key, ETag: value(out.ETag), VersionID: version(out.VersionId),
		Storage: masters.Storage{
			StorageClass: string(out.StorageClass), ArchiveStatus: string(out.ArchiveStatus), Restored: restored(value(out.Restore)),
		},
	}
	if out.ContentLength != nil {
		o.Size = *out.ContentLength
	}
	if out.LastModified != nil {
		o.Modified = out.LastModified.UTC()
	}
	o.Labels.Metadata = make(map[string]string, len(out.Metadata))
	for name, text := range out.Metadata {
		o.Labels.Metadata[strings.ToLower(name)] = text
	}
	return o, nil
}

// restored reports whether x-amz-restore states a finished restore, for example
// `ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"`.
func restored(header string) bool { return strings.Contains(header, `ongoing-request="false"`) }

// ReadRange returns n bytes, from offset off, of exactly this version of the object. It returns
// masters.ErrChanged if the version was replaced or deleted.
func (b Bucket) ReadRange(ctx context.Context, o masters.Object, off, n int64) ([]byte, error) {
	body, err := b.Open(ctx, o.Key, o.VersionID, o.ETag, off, n)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := make([]byte, n)
	if _, err := io.ReadFull(body, data); err != nil {
		return nil, fmt.Errorf("reading a range: %w", err)
	}
	return data, nil
}

// Open returns a reader of n bytes, from offset off, of exactly this version of the object. It
// returns masters.ErrChanged if the version was deleted, was replaced or has another size. It
// returns masters.ErrDenied if access is refused. It never retries.
func (b Bucket) Open(ctx context.Context, key, versionID, etag string, off, n int64) (io.ReadCloser, error) {
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &b.Name, Key: &key, VersionId: optional(versionID), IfMatch: optional(etag),
		Range: new(fmt.Sprintf("bytes=%d-%d", off, off+n-1)),
	}, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	switch {
	case status(err) == http.StatusPreconditionFailed,
		isCode(err, "NoSuchKey", "NoSuchVersion", "InvalidRange"),
		versionID != "" && isCode(err, "InvalidArgument"): // S3's answer if the version ID is from another bucket
		return nil, masters.ErrChanged
	case status(err) == http.StatusForbidden:
		return nil, fmt.Errorf("%w: %w", masters.ErrDenied, err)
	case err != nil:
		return nil, fmt.Errorf("getting a range: %w", err)
	}
	if !strings.HasPrefix(value(out.ContentRange), fmt.Sprintf("bytes %d-%d/", off, off+n-1)) {
		out.Body.Close()
		return nil, masters.ErrChanged
	}
	return out.Body, nil
}

// List yields the objects whose keys begin with prefix, in pages of 1,000, strongly consistent.
// The sequence ends at the first error.
func (b Bucket) List(ctx context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	return func(yield func(masters.Entry, error) bool) {
		for page, err := range listing.Objects(ctx, b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix}) {
			if err != nil {
				yield(masters.Entry{}, b.unlisted(err))
				return
			}
			for _, o := range page.Contents {
				e := masters.Entry{Key: value(o.Key), ETag: value(o.ETag)}
				if o.Size != nil {
					e.Size = *o.Size
				}
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// Page returns the first n keys (at most 1,000, the limit of S3), in sorted order, that begin with
// prefix and come after the key given as after. It may return fewer. It reports whether more keys
// follow; if so, it returns at least one key. It is strongly consistent.
func (b Bucket) Page(ctx context.Context, prefix, after string, n int) (keys []string, more bool, err error) {
	in := &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix, StartAfter: optional(after), MaxKeys: new(int32(n))}
	for {
		page, err := listing.Page(ctx, b.Client, in)
		if err != nil {
			return nil, false, b.unlisted(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, value(o.Key))
		}
		if more = page.IsTruncated != nil && *page.IsTruncated; !more || len(keys) > 0 {
			return keys, more, nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}

// unlisted returns the error for a bucket that could not be listed. If the cause is lasting, such
// as a missing bucket, the error wraps masters.ErrBucket and states the cause in plain words. Any
// other error does not wrap masters.ErrBucket, because a later try may succeed.
func (b Bucket) unlisted(err error) error {
	why := ""
	switch {
	case status(err) == http.StatusMovedPermanently, isCode(err, "AuthorizationHeaderMalformed"):
		why = "it is in another region than this function"
	case isCode(err, "NoSuchBucket"):
		why = "there is no such bucket"
	case isCode(err, "AccessDenied", "AllAccessDisabled"):
		why = "access is refused: it is of another account, or a policy or its KMS key forbids it"
	default:
		return fmt.Errorf("listing %s: %w", b.Name, err)
	}
	return fmt.Errorf("%w: %s: %s (%w)", masters.ErrBucket, b.Name, why, err)
}

// version returns the text of a version ID. It returns "" for the ID that S3 uses in a bucket that
// keeps no versions.
func version(id *string) string {
	if v := value(id); v != "null" {
		return v
	}
	return ""
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
