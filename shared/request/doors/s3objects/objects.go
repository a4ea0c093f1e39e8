// Package s3objects reads events that are stored in an S3 bucket.
package s3objects

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"masterhand/shared/request/doors"
)

// Objects is a bucket with stored events. It implements [doors.Objects].
type Objects struct {
	Client *s3.Client
	Bucket string
}

// Read implements [doors.Objects].
func (o Objects) Read(ctx context.Context, key, version string, limit int64) (doors.Object, error) {
	in := &s3.GetObjectInput{Bucket: &o.Bucket, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := o.Client.GetObject(ctx, in)
	if api := (smithy.APIError)(nil); errors.As(err, &api) && (api.ErrorCode() == "NoSuchKey" || api.ErrorCode() == "NoSuchVersion") {
		return doors.Object{}, doors.ErrGone
	}
	if err != nil {
		return doors.Object{}, fmt.Errorf("reading a stored event: %w", err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(io.LimitReader(out.Body, limit))
	if err != nil {
		return doors.Object{}, fmt.Errorf("reading a stored event: %w", err)
	}
	return doors.Object{Body: body, Metadata: out.Metadata}, nil
}
