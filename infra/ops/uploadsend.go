package main

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	managed "github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"
)

// compare looks what the bucket has under the file's key.
func (u *upload) compare(ctx context.Context, f *file, content *os.File) error {
	head, err := u.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &u.bucket, Key: &f.Key, ChecksumMode: types.ChecksumModeEnabled})
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		f.State = fresh
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking at %s in the bucket: %w", f.Key, err)
	}
	f.State, f.replaced = replaces, value(head.ETag)
	if head.ContentLength == nil || *head.ContentLength != f.Size {
		return nil
	}
	same, err := sameBytes(content, f.Size, head)
	if same {
		f.State = there
	}
	return err
}

// nvme is the table of S3's CRC-64. Its polynomial is the NVM Express Command Set
// Specification's, reversed.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// labelSHA256 is the metadata in which an upload notes what it uploaded, in hex.
const labelSHA256 = "sha256"

// sameBytes reports whether an object of the same size has the same bytes: by what an
// upload of this command noted, by the CRC that S3 keeps of the whole, or by an ETag that
// is an MD5. Where there is none, it cannot be told, and the file goes up again.
func sameBytes(content io.ReaderAt, size int64, head *s3.HeadObjectOutput) (bool, error) {
	noted, etag, crc := head.Metadata[labelSHA256], strings.Trim(value(head.ETag), `"`), value(head.ChecksumCRC64NVME)
	switch {
	case noted != "":
		got, err := sumOf(content, size, sha256.New())
		return hex.EncodeToString(got) == noted, err
	case crc != "" && head.ChecksumType == types.ChecksumTypeFullObject:
		got, err := sumOf(content, size, crc64.New(nvme))
		return base64.StdEncoding.EncodeToString(got) == crc, err
	case len(etag) == hex.EncodedLen(md5.Size) && head.ServerSideEncryption != types.ServerSideEncryptionAwsKms:
		got, err := sumOf(content, size, md5.New())
		return hex.EncodeToString(got) == etag, err
	}
	return false, nil
}

func sumOf(content io.ReaderAt, size int64, h hash.Hash) ([]byte, error) {
	_, err := io.Copy(h, io.NewSectionReader(content, 0, size))
	return h.Sum(nil), err
}

// abortTime bounds how long what was begun may take to be withdrawn.
const abortTime = 10 * time.Second

// send uploads the files, some at a time. One that fails does not stop the others.
func (u *upload) send(ctx context.Context, pending []*file, bytes int64) error {
	bar := u.progress("uploading", bytes)
	manager := transfermanager.New(u.s3(), func(o *transfermanager.Options) {
		o.FailTimeout = abortTime
		o.ChecksumAlgorithm = managed.ChecksumAlgorithmCrc32 // S3 refuses what differs from what was read
	})
	var group errgroup.Group
	group.SetLimit(u.parallel)
	var one sync.Mutex // of what is told
	for _, f := range pending {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			err := u.put(ctx, manager, f, bar)
			one.Lock()
			defer one.Unlock()
			u.tell(f, err)
			return nil
		})
	}
	_ = group.Wait() // each file has its own error
	bar.end()
	return u.sum(ctx, len(pending))
}

// errChanged is a file that somebody wrote to while it was read.
var errChanged = errors.New("changed while it was uploaded: upload it again")

// put uploads one file, if the bucket still has under its key what it had.
func (u *upload) put(ctx context.Context, manager *transfermanager.Client, f *file, bar *progress) error {
	content, err := os.Open(filepath.Join(u.folder, filepath.FromSlash(f.Path)))
	if err != nil {
		return err
	}
	defer content.Close()
	sum, err := sumOf(content, f.Size, sha256.New())
	if err != nil {
		return err
	}
	in := &transfermanager.UploadObjectInput{
		Bucket: &u.bucket, Key: &f.Key, Body: bar.reader(content), ContentLength: &f.Size, ContentType: &f.media,
		ChecksumType: managed.ChecksumTypeFullObject, Metadata: map[string]string{labelSHA256: hex.EncodeToString(sum)},
	}
	if f.replaced == "" {
		in.IfNoneMatch = new("*")
	} else {
		in.IfMatch = &f.replaced
	}
	if _, err := manager.UploadObject(ctx, in); err != nil {
		return errors.Join(err, u.withdraw(ctx, f, err))
	}
	now, err := content.Stat()
	if err == nil && (now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime())) {
		err = errChanged
	}
	return err
}

// errPartsLeft is an upload that neither ended nor could be withdrawn.
var errPartsLeft = errors.New("parts of it are left in the bucket, unseen but paid for; the bucket's rule for incomplete uploads takes them")

// abortPause is how long an abort rests before it is repeated.
const abortPause = 200 * time.Millisecond

// withdraw makes sure that nothing is left of an upload in parts that failed. One abort
// is not enough: a part that was on its way then may arrive after it (Amazon S3 API
// Reference, AbortMultipartUpload).
func (u *upload) withdraw(ctx context.Context, f *file, failed error) error {
	parts, inParts := errors.AsType[transfermanager.MultipartUploadError](failed)
	if !inParts {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
	defer cancel()
	client, id := u.s3(), parts.UploadID()
	for {
		_, err := client.ListParts(ctx, &s3.ListPartsInput{Bucket: &u.bucket, Key: &f.Key, UploadId: &id})
		if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchUpload" {
			return nil
		}
		_, _ = client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.bucket, Key: &f.Key, UploadId: &id})
		if u.pause(ctx, abortPause) != nil {
			return errPartsLeft
		}
	}
}

// tell notes how a file ended, and says so where there is no bar to show it.
func (u *upload) tell(f *file, err error) {
	f.State, f.Why = uploaded, ""
	if err != nil {
		f.State, f.Why = failed, reason(err)
	}
	switch {
	case u.json:
	case err != nil:
		fmt.Fprintf(u.err, "%s %s: %s\n", u.painted(bad, "failed"), printable(f.Path), printable(f.Why))
	case !u.screen:
		u.printf("uploaded %s\n", printable(f.Key))
	}
}

// reason says why an upload failed, in as few words as there are.
func reason(err error) string {
	var response *smithyhttp.ResponseError
	text := err.Error()
	switch {
	case errors.Is(err, errPartsLeft):
	case errors.Is(err, context.Canceled):
		text = "interrupted"
	case errors.As(err, &response) && response.HTTPStatusCode() == http.StatusPreconditionFailed:
		text = "somebody else wrote this key meanwhile"
	}
	return text
}

// sum tells how it ended.
func (u *upload) sum(ctx context.Context, wanted int) error {
	done := u.count(uploaded)
	if u.json {
		if err := u.printJSON(); err != nil {
			return err
		}
	} else {
		u.printf("%d of %d files uploaded; the index knows them within seconds\n", done, wanted)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", errNotAll, err)
	}
	if done < wanted {
		return errNotAll
	}
	return nil
}
