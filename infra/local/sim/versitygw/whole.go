package main

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"
)

// whole rejects truncated uploads, as S3 does, and never returns a mixture of two versions of an
// object. Versity's gateway itself takes the end of the connection as the end of the body. Without
// a digest of the body, for example with a pre-signed URL, it would store a truncated body.
type whole struct{ backend.Backend }

func (w whole) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	in.Body = announced(in.Body, in.ContentLength)
	return w.Backend.PutObject(ctx, in)
}

func (w whole) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	part := *in
	part.Body = announced(in.Body, in.ContentLength)
	return w.Backend.UploadPart(ctx, &part)
}

// GetObject returns an ETag and bytes of the same version of an object. Versity's gateway reads the
// ETag before it opens the file, and the object may be replaced in between. So GetObject reads the
// ETag again after the opening, and starts anew if the ETag has changed.
func (w whole) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	for {
		out, err := w.Backend.GetObject(ctx, in)
		if err != nil || in.VersionId != nil && *in.VersionId != "" || out.ETag == nil {
			return out, err
		}
		now, err := w.Backend.HeadObject(ctx, &s3.HeadObjectInput{Bucket: in.Bucket, Key: in.Key})
		if err == nil && now.ETag != nil && *now.ETag == *out.ETag {
			return out, nil
		}
		if out.Body != nil {
			_ = out.Body.Close() // the error is ignored: nothing was read from this body
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// announced returns a reader of the body that fails if the body ends before the announced length.
// It returns a body in signed chunks unchanged, because such a body marks its own end, and because
// Versity's code needs the Go type of such a body.
func announced(body io.Reader, length *int64) io.Reader {
	if _, chunked := body.(middlewares.ChecksumReader); chunked || body == nil || length == nil {
		return body
	}
	return &exact{body, *length}
}

type exact struct {
	io.Reader
	left int64 // number of announced bytes that have not arrived yet
}

// Read implements [io.Reader].
func (e *exact) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = s3err.GetAPIError(s3err.ErrIncompleteBody)
	}
	return n, err
}
