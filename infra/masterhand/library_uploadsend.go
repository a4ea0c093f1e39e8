package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"masterhand/infra/masterhand/screen"
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

// send uploads the files, some at a time. One that fails does not stop the others.
func (u *upload) send(ctx context.Context, pending []*file, bytes int64) error {
	bar := u.progress("uploading", bytes)
	var group errgroup.Group
	group.SetLimit(u.parallel)
	var one sync.Mutex // for tell
	for _, f := range pending {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			err := u.put(ctx, f, bar)
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
func (u *upload) put(ctx context.Context, f *file, bar *progress) error {
	content, err := os.Open(filepath.Join(u.folder, filepath.FromSlash(f.Path)))
	if err != nil {
		return err
	}
	defer content.Close()
	now, err := content.Stat()
	if err != nil {
		return err
	}
	if now.Size() != f.Size || !now.ModTime().Equal(f.info.ModTime()) {
		return errChanged
	}
	sums, err := f.sumUp(ctx, content)
	if err != nil {
		return err
	}
	if len(sums.parts) > 1 {
		return u.putInParts(ctx, f, content, sums, bar)
	}
	in := &s3.PutObjectInput{
		Bucket: &u.bucket, Key: &f.Key, Body: section(content, 0, f.Size), ContentLength: &f.Size, ContentType: &f.media,
		ChecksumCRC64NVME: &sums.whole, Metadata: sums.note(), // S3 refuses what differs from what was summed up
	}
	in.IfMatch, in.IfNoneMatch = f.condition()
	if _, err := u.s3().PutObject(ctx, in); err != nil {
		return err
	}
	bar.add(f.Size)
	return nil
}

// condition is what must be so when the file takes its key's place.
func (f *file) condition() (ifMatch, ifNoneMatch *string) {
	if f.replaced == "" {
		return nil, new("*")
	}
	return &f.replaced, nil
}

// tell notes how a file ended, and says so where there is no bar to show it.
func (u *upload) tell(f *file, err error) {
	f.State, f.Why = uploaded, ""
	if err != nil {
		f.State, f.Why = failed, reason(err)
	}
	switch {
	case u.asJSON:
	case err != nil:
		fmt.Fprintf(u.err, "%s %s: %s\n", u.Painted(screen.Bad, "failed"), printable(f.Path), printable(f.Why))
	case u.Width == 0 && f.Resumed > 0:
		u.printf("uploaded %s (%.1f of %.1f MB were there from a run before)\n", printable(f.Key), float64(f.Resumed)/1e6, float64(f.Size)/1e6)
	case u.Width == 0:
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
	case apiCode(err) == "BadDigest":
		text = errChanged.Error()
	case errors.As(err, &response) && response.HTTPStatusCode() == http.StatusPreconditionFailed:
		text = "somebody else wrote this key meanwhile"
	}
	return text
}

// sum says how many files were uploaded.
func (u *upload) sum(ctx context.Context, wanted int) error {
	done := u.count(uploaded)
	if u.asJSON {
		if err := printLines(u.terminal, u.files...); err != nil {
			return err
		}
	} else {
		u.printf("%d of %s uploaded; the index lists them within seconds\n", done, screen.Plural(wanted, "file"))
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", errNotAll, err)
	}
	if done < wanted {
		return errNotAll
	}
	return nil
}
