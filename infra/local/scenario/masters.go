package scenario

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// Masters is the bucket of a library together with the index of its masters.
type Masters struct {
	Client  *s3.Client
	Bucket  string
	Index   masters.Index
	Library masters.Library
}

// Put writes a master with its labels and returns its ETag.
func (m Masters) Put(ctx context.Context, key string, data []byte, labels masters.Labels) (etag string, err error) {
	in := &s3.PutObjectInput{Bucket: &m.Bucket, Key: &key, Body: bytes.NewReader(data), Metadata: labels.Metadata}
	if len(labels.Tags) > 0 {
		tags := url.Values{}
		for name, value := range labels.Tags {
			tags.Set(name, value)
		}
		in.Tagging = new(tags.Encode())
	}
	out, err := m.Client.PutObject(ctx, in, func(o *s3.Options) {
		// The local S3 (versitygw) answers MethodNotAllowed if the key is deleted at the same time.
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "MethodNotAllowed")
	})
	if err != nil {
		return "", fmt.Errorf("uploading %s: %w", key, err)
	}
	return *out.ETag, nil
}

// PutParts writes a master by a multipart upload with parts of size bytes, and returns its ETag. If
// sent is not nil, PutParts calls it with the size of each part after the part is uploaded.
func (m Masters) PutParts(ctx context.Context, key string, data io.Reader, size int64, sent func(int)) (etag string, err error) {
	upload, err := m.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &m.Bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
	})
	if err != nil {
		return "", fmt.Errorf("uploading %s: %w", key, err)
	}
	var parts []types.CompletedPart
	for number := int32(1); ; number++ {
		content, err := io.ReadAll(io.LimitReader(data, size))
		if err != nil {
			return "", err
		}
		if len(content) == 0 {
			break
		}
		part, err := m.Client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &m.Bucket, Key: &key, UploadId: upload.UploadId, PartNumber: &number,
			Body: bytes.NewReader(content), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c,
		})
		if err != nil {
			return "", fmt.Errorf("uploading part %d of %s: %w", number, key, err)
		}
		parts = append(parts, types.CompletedPart{ETag: part.ETag, PartNumber: &number, ChecksumCRC32C: part.ChecksumCRC32C})
		if sent != nil {
			sent(len(content))
		}
	}
	done, err := m.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &m.Bucket, Key: &key, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	if err != nil {
		return "", fmt.Errorf("uploading %s: %w", key, err)
	}
	return *done.ETag, nil
}

// Indexed waits until the current object of the key is indexed. It returns what the index states
// about the key: its creatives, or the reason why it belongs to no creative.
func (m Masters) Indexed(ctx context.Context, key string) (placed masters.Placed, err error) {
	head, err := m.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &m.Bucket, Key: &key})
	if err != nil {
		return placed, err
	}
	err = Await(ctx, "the index learns of "+key, func(ctx context.Context) (bool, error) {
		placed, _, err = m.Index.Placed(ctx, m.Library, key)
		return placed.ETag == *head.ETag, err
	})
	return placed, err
}

// Listed waits until the index document of a creative lists the key with this ETag. If etag is "",
// it waits until the document does not list the key.
func (m Masters) Listed(ctx context.Context, c creative.Creative, key, etag string) error {
	what := fmt.Sprintf("the document of %s lists %s with ETag %q", c, key, etag)
	return Await(ctx, what, func(ctx context.Context) (bool, error) {
		doc, _, err := m.Index.Document(ctx, m.Library, c)
		if found := doc.Find(key); found != nil {
			return found.ETag == etag, err
		}
		return etag == "", err
	})
}

// Describe returns a text for people: the index's data about the master with this key, or the
// reason why the key belongs to no creative.
func (m Masters) Describe(ctx context.Context, p masters.Placed) string {
	for _, c := range p.Documents {
		doc, _, err := m.Index.Document(ctx, m.Library, c)
		if err != nil {
			return err.Error()
		}
		found := doc.Find(p.Key)
		if found == nil {
			continue
		}
		size := "not probed"
		if found.Probed {
			size = fmt.Sprintf("%d×%d", found.Width, found.Height)
		}
		if found.Problem != "" {
			size = string(found.Problem)
		}
		return fmt.Sprintf("%s %s %s %s, %s, by %s", c, found.Locale, found.Kind, found.Aspect, size, found.Rule)
	}
	return p.Unplaced
}
