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

// staleAfter is the age at which an upload of a key is aborted when the key is uploaded again, if
// it cannot be gone on with: a younger one may be somebody's who is at it.
const staleAfter = 24 * time.Hour

// resume looks for an upload of the key that a run before this one left, and keeps its
// parts: the upload with the most of them, all of which are byte for byte the file's. It
// leaves id empty where there is none, or none may be looked for: who may upload need not be
// allowed to list.
func (p *inParts) resume(ctx context.Context) error {
	found, err := p.begun(ctx)
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusForbidden {
		p.file.note("begun again: no permission to list incomplete uploads")
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
		if kept > p.file.Resumed {
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

// begun lists the uploads of the key that are not complete, and checked as this command's
// are.
func (p *inParts) begun(ctx context.Context) (found []types.MultipartUpload, err error) {
	pages := s3.NewListMultipartUploadsPaginator(p.s3(), &s3.ListMultipartUploadsInput{Bucket: &p.bucket, Prefix: &p.file.Key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("looking for an upload to go on with: %w", err)
		}
		for _, u := range page.Uploads {
			if value(u.Key) == p.file.Key && u.ChecksumAlgorithm == types.ChecksumAlgorithmCrc64nvme && u.ChecksumType == types.ChecksumTypeFullObject {
				found = append(found, u)
			}
		}
	}
	return found, nil
}

// partsOf returns the parts that an upload has, and their bytes: none where one of them is
// not the file's, by its size or its checksum.
func (p *inParts) partsOf(ctx context.Context, id string) (done []types.CompletedPart, bytes int64, err error) {
	done = make([]types.CompletedPart, len(p.sums.parts))
	pages := s3.NewListPartsPaginator(p.s3(), &s3.ListPartsInput{Bucket: &p.bucket, Key: &p.file.Key, UploadId: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if apiCode(err) == noUpload {
			return nil, 0, nil // it ended meanwhile
		}
		if err != nil {
			return nil, 0, fmt.Errorf("looking at the parts of an upload: %w", err)
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
