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

// compare compares the file with the object that has its key, and sets the file's state. It reads
// that object's labels, which also place the file.
func (u *upload) compare(ctx context.Context, f *file, content *os.File) error {
	head, err := u.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &u.bucket, Key: &f.Key, ChecksumMode: types.ChecksumModeEnabled})
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusNotFound {
		f.State = fresh
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s in the bucket: %w", f.Key, err)
	}
	if f.stored, err = u.storedOf(ctx, f.Key, head); err != nil {
		return fmt.Errorf("%s in the bucket: %w", f.Key, err)
	}
	f.State = replaces
	if head.ContentLength == nil || *head.ContentLength != f.Size {
		return nil
	}
	same, err := sameBytes(content, f.Size, head)
	if same {
		f.State = there
	}
	return err
}

// send uploads the files, u.parallel at a time. A file that fails does not stop the others.
func (u *upload) send(ctx context.Context, pending []*file, bytes int64) error {
	bar := u.progress("uploading", bytes)
	var group errgroup.Group
	group.SetLimit(u.parallel)
	var one sync.Mutex // makes sure that only one goroutine at a time calls tell
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
	_ = group.Wait() // the error is ignored: it is always nil, because tell has stored the error of each file
	bar.end()
	return u.sum(ctx, len(pending))
}

// errChanged is the error for a file whose content changed during the upload.
var errChanged = errors.New("the file changed during the upload: run the command again")

// put uploads one file. If another program has changed the key's object since the file was compared
// with it, S3 refuses the file.
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
		ChecksumCRC64NVME: &sums.whole, // S3 refuses the file if its bytes do not match this checksum
		Metadata:          f.stored.note(sums), Tagging: f.stored.tagging(),
	}
	if err := u.checkTags(ctx, f); err != nil {
		return err
	}
	in.IfMatch, in.IfNoneMatch = f.condition()
	if _, err := u.s3().PutObject(ctx, in); err != nil {
		return err
	}
	bar.add(f.Size)
	return nil
}

// condition returns the values of the headers If-Match and If-None-Match. With them, S3 writes the
// file only if the key's object has not changed since the comparison, or if there is still none.
func (f *file) condition() (ifMatch, ifNoneMatch *string) {
	if f.stored.etag == "" {
		return nil, new("*")
	}
	return &f.stored.etag, nil
}

// tell stores the result of uploading a file. It also prints the result, unless a progress bar is
// shown.
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
		u.printf("uploaded %s (an earlier run had uploaded %.1f of %.1f MB)\n", printable(f.Key), float64(f.Resumed)/1e6, float64(f.Size)/1e6)
	case u.Width == 0:
		u.printf("uploaded %s\n", printable(f.Key))
	}
}

// reason returns a short text for the error of uploading a file.
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
		text = "the object of this key was changed or created meanwhile: run the command again"
	}
	return text
}

// sum prints how many files were uploaded. If fewer files than wanted were uploaded, it returns
// errNotAll.
func (u *upload) sum(ctx context.Context, wanted int) error {
	done := u.count(uploaded)
	if u.asJSON {
		if err := printLines(u.terminal, u.files...); err != nil {
			return err
		}
	} else {
		u.printf("%d of %s uploaded; the index has them within seconds\n", done, screen.Plural(wanted, "file"))
		if n := count(u.files, func(f *file) bool { return f.State == uploaded && f.noMaster }); n > 0 {
			u.printf("%d of these files became no master, because of the tags or metadata of the object before\n", n)
		}
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", errNotAll, err)
	}
	if done < wanted {
		return errNotAll
	}
	return nil
}
