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

// partsAtOnce is how many parts of one file are uploaded at the same time.
const partsAtOnce = 4

// inParts is a multipart upload of one file. This command or an earlier command has started it.
type inParts struct {
	*upload
	file    *file
	content *os.File
	sums    sums
	id      string
	done    []types.CompletedPart // done[i] is part i+1; its zero value means that the part is not uploaded yet
}

// putInParts uploads a file in parts. It reuses the parts that an earlier command uploaded. After
// an interrupt, the parts stay in S3 for the next command. If the upload can never succeed,
// putInParts aborts it, which deletes the parts. It also aborts an upload that carries labels of the
// object that the file replaces. S3 does not tell the labels of an incomplete upload, so a later
// command could not know whether they still count.
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
	case spoilt(err), err != nil && p.id != "" && f.labelled():
		return errors.Join(err, p.withdraw(ctx))
	case err == nil && resumed:
		return p.check(ctx)
	}
	return err
}

// begin starts a new multipart upload.
func (p *inParts) begin(ctx context.Context) error {
	out, err := p.s3().CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &p.bucket, Key: &p.file.Key, ContentType: &p.file.media,
		Metadata: p.file.stored.note(p.sums), Tagging: p.file.stored.tagging(),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		return err
	}
	p.id, p.done = value(out.UploadId), make([]types.CompletedPart, len(p.sums.parts))
	return nil
}

// send uploads the parts that are not uploaded yet, partsAtOnce at a time.
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

// sendPart uploads part i of the file. If the file has changed since its checksums were computed,
// S3 refuses the part.
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

// complete asks S3 to join the parts into an object. S3 refuses this in two cases: another program
// has changed the key's object since the file was compared with it, or the checksum of the whole
// file does not match. complete itself refuses it if the tags of that object have changed.
func (p *inParts) complete(ctx context.Context) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &p.bucket, Key: &p.file.Key, UploadId: &p.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: p.done},
		ChecksumCRC64NVME: &p.sums.whole, ChecksumType: types.ChecksumTypeFullObject,
	}
	in.IfMatch, in.IfNoneMatch = p.file.condition()
	if err := p.checkTags(ctx, p.file); err != nil {
		return err
	}
	_, err := p.s3().CompleteMultipartUpload(ctx, in)
	return err
}

// errBegun is the error for an uploaded object that has the right bytes but perhaps wrong metadata.
// This happens if its multipart upload was started for another file or by another program.
var errBegun = errors.New("the reused parts belonged to an upload for another file, so the metadata may be wrong: run the command again")

// check reads the object of a continued upload. If the object's metadata lacks the SHA-256 of this
// file, check returns errBegun. It removes the object's tags: an earlier command may have started the
// upload when the key's object had tags, but only a file that takes over no tags continues an upload.
func (p *inParts) check(ctx context.Context) error {
	head, err := p.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.bucket, Key: &p.file.Key})
	if err != nil {
		return fmt.Errorf("reading the uploaded object: %w", err)
	}
	if head.Metadata[labelSHA256] != p.sums.sha256 {
		return errBegun
	}
	made, err := p.storedOf(ctx, p.file.Key, head)
	if err != nil || len(made.kept()) == 0 {
		return err
	}
	if _, err := p.s3().DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &p.bucket, Key: &p.file.Key, VersionId: made.version}); err != nil {
		return fmt.Errorf("removing the tags that the reused parts brought: %w", err)
	}
	return nil
}

// spoilt reports whether an error means that the upload can never be completed, because the local
// file, or the key's object in the bucket or its tags, have changed.
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
	return errors.Is(err, errRetagged)
}

// apiCode returns the error code of an AWS error, or "" for any other error.
func apiCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// noUpload is the AWS error code for a multipart upload that does not exist.
const noUpload = "NoSuchUpload"

// errPartsLeft is the error for a multipart upload that failed and could not be aborted either.
var errPartsLeft = errors.New("invisible parts of the file are left in the bucket and cost money until the bucket's lifecycle rule for incomplete uploads deletes them")

// The time limit for aborting an upload, and the pause between two tries.
const (
	abortTime  = 10 * time.Second
	abortPause = 200 * time.Millisecond
)

func (p *inParts) withdraw(ctx context.Context) error { return p.abort(ctx, p.file.Key, p.id) }

// abort aborts a multipart upload repeatedly until S3 keeps no part of it. One call is not enough,
// because a part that is still being sent may arrive after the call. Source: Amazon S3 API
// Reference, AbortMultipartUpload.
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
