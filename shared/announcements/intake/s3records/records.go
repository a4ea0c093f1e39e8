// Package s3records stores intake's records in an S3 bucket.
package s3records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/kit/listing"
)

// Records is an S3 bucket with records. It implements [intake.Store].
type Records struct {
	Client *s3.Client
	Bucket string
}

// Put implements [intake.Store].
func (r Records) Put(ctx context.Context, key string, data []byte) error {
	_, err := r.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &r.Bucket, Key: &key, Body: bytes.NewReader(data), ContentType: new("application/json"),
	})
	if err != nil {
		return fmt.Errorf("putting a record: %w", err)
	}
	return nil
}

// Get returns the record at a key. Errors: intake.ErrAbsent, intake.ErrRecord.
func (r Records) Get(ctx context.Context, key string) (intake.Record, error) {
	out, err := r.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &r.Bucket, Key: &key})
	if absent := (*types.NoSuchKey)(nil); errors.As(err, &absent) {
		return intake.Record{}, intake.ErrAbsent
	}
	if err != nil {
		return intake.Record{}, fmt.Errorf("getting a record: %w", err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(io.LimitReader(out.Body, intake.MaxRecord+1))
	if err != nil {
		return intake.Record{}, fmt.Errorf("getting a record: %w", err)
	}
	return intake.Decode(data)
}

// List yields the keys with a prefix in ascending order. It skips all keys up to and including the
// key in the parameter after; with "" it begins with the first key. After it has yielded an error,
// it yields nothing more.
func (r Records) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &r.Bucket, Prefix: &prefix}
		if after != "" {
			in.StartAfter = &after
		}
		for page, err := range listing.Objects(ctx, r.Client, in) {
			if err != nil {
				yield("", fmt.Errorf("listing records: %w", err))
				return
			}
			for _, object := range page.Contents {
				if !yield(*object.Key, nil) {
					return
				}
			}
		}
	}
}
