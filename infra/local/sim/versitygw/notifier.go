package main

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/valyala/fasthttp"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3response"
)

// notice says that an object changed. Receivers know it by its JSON.
type notice struct {
	// Operation is the S3 operation that changed the object: PutObject, POST Object,
	// CopyObject, CompleteMultipartUpload, DeleteObject (each key of a DeleteObjects
	// too), PutObjectTagging, DeleteObjectTagging.
	Operation string `json:"operation"`
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`                 // as it is, not URL-encoded
	Size      *int64 `json:"size,omitempty"`      // bytes; absent where unknown
	ETag      string `json:"etag,omitempty"`      // without quotes
	VersionID string `json:"versionId,omitempty"` // absent in an unversioned bucket
	// DeleteMarker says that VersionID is a delete marker just made.
	DeleteMarker bool      `json:"deleteMarker,omitempty"`
	Time         time.Time `json:"time"`
	// Sequencer grows from notice to notice: 16 hexadecimal digits.
	Sequencer string `json:"sequencer"`
	RequestID string `json:"requestId,omitempty"`
	SourceIP  string `json:"sourceIp,omitempty"`
}

// notifier sends a notice of each change of an object that the store made.
//
// The gateway's own webhook is no ground to build on: it sends an event once and in
// no order, forgets it when the receiver is busy, never closes an answer, and leaves
// out version ids, the size of copies and multipart uploads, and which keys of a
// DeleteObjects were really deleted.
//
// A notice is sent when its change can be read. Of two changes of one key at the same
// time, the one whose notice is the later need not be the one that stands: a receiver
// must look at the object itself, as with S3.
type notifier struct {
	backend.Backend
	out *outbox
}

func (n *notifier) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := n.Backend.PutObject(ctx, in)
	if err == nil {
		operation := "PutObject"
		if r, ok := ctx.(*fasthttp.RequestCtx); ok && r.IsPost() {
			operation = "POST Object"
		}
		n.send(ctx, notice{Operation: operation, Bucket: value(in.Bucket), Key: value(in.Key),
			Size: out.Size, ETag: out.ETag, VersionID: out.VersionID})
	}
	return out, err
}

func (n *notifier) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := n.Backend.CopyObject(ctx, in)
	if err == nil {
		copied := notice{Operation: "CopyObject", Bucket: value(in.Bucket), Key: value(in.Key), VersionID: value(out.VersionId)}
		if out.CopyObjectResult != nil {
			copied.ETag = value(out.CopyObjectResult.ETag)
		}
		n.sized(ctx, copied)
	}
	return out, err
}

func (n *notifier) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := n.Backend.CompleteMultipartUpload(ctx, in)
	if err == nil {
		n.sized(ctx, notice{Operation: "CompleteMultipartUpload", Bucket: value(in.Bucket), Key: value(in.Key),
			ETag: value(out.ETag), VersionID: version})
	}
	return out, version, err
}

// head looks at the object that was changed; nil if it has gone since.
func (n *notifier) head(ctx context.Context, changed notice) *s3.HeadObjectOutput {
	in := &s3.HeadObjectInput{Bucket: &changed.Bucket, Key: &changed.Key}
	if changed.VersionID != "" {
		in.VersionId = &changed.VersionID
	}
	object, err := n.Backend.HeadObject(ctx, in)
	if err != nil {
		return nil
	}
	return object
}

// sized sends the notice of an object whose size the store did not say.
func (n *notifier) sized(ctx context.Context, made notice) {
	if object := n.head(ctx, made); object != nil && unquoted(value(object.ETag)) == unquoted(made.ETag) {
		made.Size = object.ContentLength // else it was overwritten meanwhile
	}
	n.send(ctx, made)
}

func (n *notifier) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	out, err := n.Backend.DeleteObject(ctx, in)
	if err == nil {
		deleted := notice{Operation: "DeleteObject", Bucket: value(in.Bucket), Key: value(in.Key)}
		if out != nil {
			deleted.VersionID, deleted.DeleteMarker = value(out.VersionId), value(in.VersionId) == "" && value(out.DeleteMarker)
		}
		n.send(ctx, deleted)
	}
	return out, err
}

func (n *notifier) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	out, err := n.Backend.DeleteObjects(ctx, in)
	for _, gone := range out.Deleted {
		deleted := notice{Operation: "DeleteObject", Bucket: value(in.Bucket), Key: value(gone.Key), VersionID: value(gone.VersionId)}
		if deleted.VersionID == "" && value(gone.DeleteMarker) {
			deleted.VersionID, deleted.DeleteMarker = value(gone.DeleteMarkerVersionId), true
		}
		n.send(ctx, deleted)
	}
	return out, err
}

func (n *notifier) PutObjectTagging(ctx context.Context, bucket, key, version string, tags map[string]string) error {
	err := n.Backend.PutObjectTagging(ctx, bucket, key, version, tags)
	if err == nil {
		n.tagged(ctx, notice{Operation: "PutObjectTagging", Bucket: bucket, Key: key, VersionID: version})
	}
	return err
}

func (n *notifier) DeleteObjectTagging(ctx context.Context, bucket, key, version string) error {
	err := n.Backend.DeleteObjectTagging(ctx, bucket, key, version)
	if err == nil {
		n.tagged(ctx, notice{Operation: "DeleteObjectTagging", Bucket: bucket, Key: key, VersionID: version})
	}
	return err
}

// tagged sends the notice of new tags, with the version that has them.
func (n *notifier) tagged(ctx context.Context, changed notice) {
	if object := n.head(ctx, changed); object != nil {
		changed.ETag, changed.VersionID = value(object.ETag), value(object.VersionId)
	}
	n.send(ctx, changed)
}

// send adds what the request knows.
func (n *notifier) send(ctx context.Context, changed notice) {
	changed.ETag = unquoted(changed.ETag)
	if changed.DeleteMarker {
		changed.ETag = emptyETag
	}
	if r, ok := ctx.(*fasthttp.RequestCtx); ok {
		changed.RequestID = string(r.Response.Header.Peek("X-Amz-Request-Id"))
		changed.SourceIP = r.RemoteIP().String()
	}
	n.out.send(changed)
}

// emptyETag is the MD5 of nothing, which S3 says of a delete marker.
const emptyETag = "d41d8cd98f00b204e9800998ecf8427e"

func unquoted(etag string) string { return strings.Trim(etag, `"`) }

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
