// Package s3upload uploads collected files to an S3 bucket, in parts.
//
//	bucket := s3upload.Bucket{Client: client, Name: "masters"}
package s3upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/library/masters"
)

// Bucket implements [collect.Bucket]. Both fields are required.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// checksum is the algorithm with which the SDK and S3 check each part.
const checksum = types.ChecksumAlgorithmCrc32c

// Size implements [collect.Bucket].
func (b Bucket) Size(ctx context.Context, key string) (int64, error) {
	out, err := b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
	switch {
	case status(err) == http.StatusNotFound && !isCode(err, "NoSuchBucket"):
		return 0, masters.ErrAbsent
	case err != nil:
		return 0, fmt.Errorf("heading an object: %w", err)
	case out.ContentLength == nil:
		return 0, nil
	}
	return *out.ContentLength, nil
}

// Begin implements [collect.Bucket].
func (b Bucket) Begin(ctx context.Context, o collect.Object) (string, error) {
	in := &s3.CreateMultipartUploadInput{
		Bucket: &b.Name, Key: &o.Key, ContentType: &o.ContentType, Metadata: o.Metadata, ChecksumAlgorithm: checksum,
	}
	if len(o.Tags) > 0 {
		tags := url.Values{}
		for name, value := range o.Tags {
			tags.Set(name, value)
		}
		in.Tagging = new(tags.Encode())
	}
	out, err := b.Client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return "", fmt.Errorf("beginning an upload: %w", err)
	}
	return *out.UploadId, nil
}

// Part implements [collect.Bucket].
func (b Bucket) Part(ctx context.Context, key, upload string, number int, data []byte) error {
	_, err := b.Client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &b.Name, Key: &key, UploadId: &upload, PartNumber: new(int32(number)),
		Body: bytes.NewReader(data), ContentLength: new(int64(len(data))), ChecksumAlgorithm: checksum,
	})
	if err != nil {
		return fmt.Errorf("putting part %d: %w", number, gone(err))
	}
	return nil
}

// errParts says that the parts that S3 lists for an upload differ from the parts that were
// uploaded. Complete then creates no object.
var errParts = errors.New("upload has other parts than were uploaded")

// Complete implements [collect.Bucket].
func (b Bucket) Complete(ctx context.Context, key, upload string, parts int) error {
	list, err := b.parts(ctx, key, upload)
	if err != nil {
		return err
	}
	if len(list) != parts {
		return fmt.Errorf("%w: %d of %d", errParts, len(list), parts)
	}
	_, err = b.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &b.Name, Key: &key, UploadId: &upload, IfNoneMatch: new("*"),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: list},
	})
	switch {
	case status(err) == http.StatusPreconditionFailed:
		return collect.ErrExists
	case err != nil:
		return fmt.Errorf("completing an upload: %w", gone(err))
	}
	return nil
}

// parts returns the parts of an upload that S3 has received, in the order of their numbers.
func (b Bucket) parts(ctx context.Context, key, upload string) ([]types.CompletedPart, error) {
	var list []types.CompletedPart
	pages := s3.NewListPartsPaginator(b.Client, &s3.ListPartsInput{Bucket: &b.Name, Key: &key, UploadId: &upload})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing an upload's parts: %w", gone(err))
		}
		for _, p := range page.Parts {
			list = append(list, types.CompletedPart{PartNumber: p.PartNumber, ETag: p.ETag, ChecksumCRC32C: p.ChecksumCRC32C})
		}
	}
	return list, nil
}

// Abort implements [collect.Bucket].
func (b Bucket) Abort(ctx context.Context, key, upload string) error {
	_, err := b.Client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.Name, Key: &key, UploadId: &upload})
	if err = gone(err); err != nil && !errors.Is(err, collect.ErrNoUpload) {
		return fmt.Errorf("aborting an upload: %w", err)
	}
	return nil
}

// gone returns [collect.ErrNoUpload] if the error says that the upload no longer exists; otherwise it
// returns the error unchanged.
func gone(err error) error {
	if isCode(err, "NoSuchUpload") {
		return collect.ErrNoUpload
	}
	return err
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// status returns the HTTP status of the answer that caused an error; 0 if there was no answer.
func status(err error) int {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}
