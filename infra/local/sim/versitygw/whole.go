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

// whole refuses uploads that break off, as S3 does. The gateway takes the end of a
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
