package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"
)

// partsAtOnce is how many parts of one file go up at once.
const partsAtOnce = 4

// inParts is an upload in parts, begun now or by a run before this one.
type inParts struct {
	*upload
	file    *file
	content *os.File
	sums    sums
	id      string
	done    []types.CompletedPart // by number less one; of those to be uploaded, the zero value
}

// putInParts uploads a file in parts, from where a run before this one was interrupted.
// Interrupted itself, it leaves its parts for the next run; what can come to nothing it
// withdraws.
func (u *upload) putInParts(ctx context.Context, f *file, content *os.File, s sums, bar *progress) error {
	p := &inParts{upload: u, file: f, content: content, sums: s}
	if err := p.resume(ctx); err != nil {
		return err
	}
	resumed := p.id != ""
	bar.add(f.Resumed)
	err := p.send(ctx, bar)
	if err == nil {
		err = p.complete(ctx)
	}
	switch {
	case spoilt(err):
		return errors.Join(err, p.withdraw(ctx))
	case err == nil && resumed:
		return p.check(ctx)
	}
	return err
}

// begin starts an upload in which nothing is yet.
func (p *inParts) begin(ctx context.Context) error {
	out, err := p.s3().CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &p.bucket, Key: &p.file.Key, ContentType: &p.file.media, Metadata: p.sums.note(),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		return err
	}
	p.id, p.done = value(out.UploadId), make([]types.CompletedPart, len(p.sums.parts))
	return nil
}

// send uploads the parts that are not there, some at a time.
func (p *inParts) send(ctx context.Context, bar *progress) error {
	if p.id == "" {
		if err := p.begin(ctx); err != nil {
			return err
		}
	}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for i := range p.done {
		if p.done[i].PartNumber != nil {
			continue
		}
		if inner.Err() != nil {
			break
		}
		group.Go(func() error {
			err := p.sendPart(inner, i)
			if err == nil {
				bar.add(p.file.part(i))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// sendPart uploads a part straight from the file. S3 refuses what is not, or no longer,
// what was summed up.
func (p *inParts) sendPart(ctx context.Context, i int) error {
	number, size := int32(i+1), p.file.part(i)
	out, err := p.s3().UploadPart(ctx, &s3.UploadPartInput{
		Bucket: &p.bucket, Key: &p.file.Key, UploadId: &p.id, PartNumber: &number,
		Body: section(p.content, i, size), ContentLength: &size, ChecksumCRC64NVME: &p.sums.parts[i],
	})
	if err != nil {
		return err
	}
	p.done[i] = types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC64NVME: &p.sums.parts[i]}
	return nil
}

// complete makes an object of the parts, if the bucket still has under its key what it
// had. S3 holds the checksum of the whole against it.
func (p *inParts) complete(ctx context.Context) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &p.bucket, Key: &p.file.Key, UploadId: &p.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: p.done},
		ChecksumCRC64NVME: &p.sums.whole, ChecksumType: types.ChecksumTypeFullObject,
	}
	in.IfMatch, in.IfNoneMatch = p.file.condition()
	_, err := p.s3().CompleteMultipartUpload(ctx, in)
	return err
}

// errBegun is an object of the right bytes whose upload somebody else began, or this
// command for another file: its metadata need not be right.
var errBegun = errors.New("goes on from an upload that was begun for something else: upload it again")

// check sees that an upload which was found was begun for just this file.
func (p *inParts) check(ctx context.Context) error {
	head, err := p.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.bucket, Key: &p.file.Key})
	if err != nil {
		return fmt.Errorf("looking at what was uploaded: %w", err)
	}
	if head.Metadata[labelSHA256] != p.sums.sha256 {
		return errBegun
	}
	return nil
}

// spoilt reports an upload that no run can bring to its end: the key was written
// meanwhile, or the file.
func spoilt(err error) bool {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch response.HTTPStatusCode() {
		case http.StatusPreconditionFailed, http.StatusConflict:
			return true
		}
	}
	switch apiCode(err) {
	case "BadDigest", "InvalidPart":
		return true
	}
	return false
}

// apiCode is the code of an AWS error, "" for any other error.
func apiCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// noUpload is AWS's word for an upload in parts that is not there.
const noUpload = "NoSuchUpload"

// errPartsLeft is an upload that neither ended nor could be withdrawn.
var errPartsLeft = errors.New("parts of it are left in the bucket, unseen but paid for; the bucket's rule for incomplete uploads takes them")

// How long what was begun may take to be withdrawn, and how long an abort rests before it
// is repeated.
const (
	abortTime  = 10 * time.Second
	abortPause = 200 * time.Millisecond
)

func (p *inParts) withdraw(ctx context.Context) error { return p.abort(ctx, p.file.Key, p.id) }

// abort makes sure that nothing is left of an upload in parts. One abort is not enough: a
// part that was on its way then may arrive after it (Amazon S3 API Reference,
// AbortMultipartUpload).
func (u *upload) abort(ctx context.Context, key, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	client := u.s3()
	for {
		_, err := client.ListParts(ctx, &s3.ListPartsInput{Bucket: &u.bucket, Key: &key, UploadId: &id})
		if apiCode(err) == noUpload {
			return nil
		}
		_, _ = client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.bucket, Key: &key, UploadId: &id})
		if u.pause(ctx, abortPause) != nil {
			return errPartsLeft
		}
	}
}
