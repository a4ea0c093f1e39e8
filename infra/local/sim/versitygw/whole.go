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

// whole refuses uploads that break off, as S3 does, and mixes no versions of an object. The gateway takes the end of a
// connection for the end of the body, and of a body that it has no digest of, such as
// one to a pre-signed URL, it keeps what has come.
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

// GetObject reads an object that was not replaced meanwhile: the gateway looks at the ETag
// first, and opens the file then.
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
			_ = out.Body.Close() // nothing was read
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// announced makes a body that ends before its length an error. One in signed chunks
// tells its end by itself, and must be left as it is for the gateway to know it.
func announced(body io.Reader, length *int64) io.Reader {
	if _, chunked := body.(middlewares.ChecksumReader); chunked || body == nil || length == nil {
		return body
	}
	return &exact{body, *length}
}

type exact struct {
	io.Reader
	left int64 // bytes that have not come
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
