package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// staleAfter is the age after which the command aborts an incomplete upload of the same key that it
// does not continue. A younger upload is kept, because another process may still be working on it.
const staleAfter = 24 * time.Hour

// resume selects the incomplete upload of the key that the command will continue. All parts of that
// upload must match the file. If there are several such uploads, resume selects the one with the
// most bytes. A file that takes over labels continues no upload, see putInParts. Of the key's other uploads with the same kind of checksum, it aborts those that are
// older than staleAfter.
//
// If no upload can be continued, p.id stays empty, so that a new upload starts. The same holds if
// the credentials have no permission to list uploads.
func (p *inParts) resume(ctx context.Context) error {
	found, err := p.begun(ctx)
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusForbidden {
		p.file.note("started from the beginning: no permission to list incomplete uploads")
		return nil
	}
	if err != nil {
		return err
	}
	for _, begun := range found {
		done, kept, err := p.partsOf(ctx, value(begun.UploadId))
		if err != nil {
			return err
		}
		if kept > p.file.Resumed && !p.file.labelled() {
			p.id, p.done, p.file.Resumed = value(begun.UploadId), done, kept
		}
	}
	for _, begun := range found {
		if id := value(begun.UploadId); id != p.id && begun.Initiated != nil && p.now().Sub(*begun.Initiated) > staleAfter {
			if err := p.abort(ctx, p.file.Key, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// begun returns the incomplete uploads of the key that use the same kind of checksum as this
// command.
func (p *inParts) begun(ctx context.Context) (found []types.MultipartUpload, err error) {
	pages := s3.NewListMultipartUploadsPaginator(p.s3(), &s3.ListMultipartUploadsInput{Bucket: &p.bucket, Prefix: &p.file.Key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the incomplete uploads: %w", err)
		}
		for _, u := range page.Uploads {
			if value(u.Key) == p.file.Key && u.ChecksumAlgorithm == types.ChecksumAlgorithmCrc64nvme && u.ChecksumType == types.ChecksumTypeFullObject {
				found = append(found, u)
			}
		}
	}
	return found, nil
}

// partsOf returns the parts of a multipart upload and their total size in bytes. If any part does
// not match the file's size and checksum, it returns no parts.
func (p *inParts) partsOf(ctx context.Context, id string) (done []types.CompletedPart, bytes int64, err error) {
	done = make([]types.CompletedPart, len(p.sums.parts))
	pages := s3.NewListPartsPaginator(p.s3(), &s3.ListPartsInput{Bucket: &p.bucket, Key: &p.file.Key, UploadId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if apiCode(err) == noUpload {
			return nil, 0, nil // return no parts and no error: somebody has completed or aborted the upload meanwhile
		}
		if err != nil {
			return nil, 0, fmt.Errorf("listing the parts of an incomplete upload: %w", err)
		}
		for _, part := range page.Parts {
			i := int(aws.ToInt32(part.PartNumber)) - 1
			if i < 0 || i >= len(done) || aws.ToInt64(part.Size) != p.file.part(i) || value(part.ChecksumCRC64NVME) != p.sums.parts[i] {
				return nil, 0, nil
			}
			done[i] = types.CompletedPart{PartNumber: part.PartNumber, ETag: part.ETag, ChecksumCRC64NVME: part.ChecksumCRC64NVME}
			bytes += p.file.part(i)
		}
	}
	return done, bytes, nil
}
