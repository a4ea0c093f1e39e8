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

// notice is the message about a change of an object. It is sent to the receiver as JSON.
type notice struct {
	// Operation is the S3 operation that changed the object: PutObject, POST Object, CopyObject,
	// CompleteMultipartUpload, DeleteObject (also for each key of a DeleteObjects), PutObjectTagging
	// or DeleteObjectTagging.
	Operation string `json:"operation"`
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`                 // key of the object, not URL-encoded
	Size      *int64 `json:"size,omitempty"`      // size in bytes; absent if unknown
	ETag      string `json:"etag,omitempty"`      // ETag without quotes
	VersionID string `json:"versionId,omitempty"` // version id; absent in a bucket without versions
	// DeleteMarker says whether VersionID is the id of a new delete marker.
	DeleteMarker bool      `json:"deleteMarker,omitempty"`
	Time         time.Time `json:"time"`
	// Sequencer is a number in 16 hexadecimal digits, which increases with each notice.
	Sequencer string `json:"sequencer"`
	RequestID string `json:"requestId,omitempty"`
	SourceIP  string `json:"sourceIp,omitempty"`
}

// notifier sends a notice of each change in the store.
//
// It does not use the webhook of Versity's gateway. That webhook sends an event once and unordered,
// drops it when the receiver is busy, and never closes the body of an answer. Its events lack
// version ids, the sizes of copies and multipart uploads, and the keys that a DeleteObjects has
// really deleted.
//
// A notice is sent after its change is readable. If a key changes twice at the same time, the later
// notice may describe the change that the other change has overwritten. As with S3, a receiver must
// therefore read the object itself.
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

// head reads the metadata of the object that a notice is about. It returns nil if the object no
// longer exists.
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

// sized adds the size of the object to the notice of a write, and then sends the notice. It is for
// writes for which the store returns no size.
func (n *notifier) sized(ctx context.Context, made notice) {
	if object := n.head(ctx, made); object != nil && unquoted(value(object.ETag)) == unquoted(made.ETag) {
		// The size is set only if the ETags are equal. Different ETags mean that the object was
		// overwritten meanwhile.
		made.Size = object.ContentLength
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

// tagged sends the notice of a change of tags. It first sets two fields of the notice: the ETag and
// the id of the version whose tags have changed.
func (n *notifier) tagged(ctx context.Context, changed notice) {
	if object := n.head(ctx, changed); object != nil {
		changed.ETag, changed.VersionID = value(object.ETag), value(object.VersionId)
	}
	n.send(ctx, changed)
}

// send adds the id of the S3 request and the client's IP address to a notice, and sends the notice.
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

// emptyETag is the MD5 of no bytes. S3 reports it as the ETag of a delete marker.
const emptyETag = "d41d8cd98f00b204e9800998ecf8427e"

func unquoted(etag string) string { return strings.Trim(etag, `"`) }

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
