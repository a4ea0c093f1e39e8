// Package s3store stores the index in one S3 bucket and reads masters from another.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"masterhand/shared/library/masters"
)

// Blobs implements [masters.Blobs] on an S3 bucket; a revision is an ETag.
type Blobs struct {
	Client *s3.Client
	Bucket string
}

// Load implements [masters.Blobs]. Only the error NoSuchKey means that a document is absent. S3
// also answers 403 for an absent object, if the caller may not list the bucket. Load returns an
// error for 403, because the object may exist.
func (b Blobs) Load(ctx context.Context, name string) ([]byte, string, error) {
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Bucket, Key: &name})
	var absent *types.NoSuchKey
	if errors.As(err, &absent) {
		return nil, "", masters.ErrAbsent
	}
	if err != nil {
		return nil, "", fmt.Errorf("getting %s: %w", name, err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(io.LimitReader(out.Body, masters.MaxBlob+1))
	if err != nil {
		return nil, "", fmt.Errorf("getting %s: %w", name, err)
	}
	return data, value(out.ETag), nil
}

// Save implements [masters.Blobs]. It returns masters.ErrStale if S3 answers 412 (the revision
// differs), 409 (two conditional writes collide) or 404 (the object is gone).
func (b Blobs) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	in := &s3.PutObjectInput{
		Bucket: &b.Bucket, Key: &name, Body: bytes.NewReader(data), ContentType: new("application/json"),
	}
	if revision == "" {
		in.IfNoneMatch = new("*")
	} else {
		in.IfMatch = &revision
	}
	out, err := b.Client.PutObject(ctx, in)
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict, http.StatusNotFound:
		if isCode(err, "NoSuchBucket") {
			break
		}
		return "", masters.ErrStale
	}
	if err != nil {
		return "", fmt.Errorf("putting %s: %w", name, err)
	}
	return value(out.ETag), nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// status returns the HTTP status of an S3 error, or 0 if the error has none.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func isCode(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, code := range codes {
		if api.ErrorCode() == code {
			return true
		}
	}
	return false
}
