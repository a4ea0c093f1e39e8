package collect

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/announcements/timeline"
)

// copying copies a download to an S3 upload, part by part. It reads the next part while it uploads
// the earlier ones.
type copying struct {
	bucket   Bucket
	partSize int
	from     *download
	name     func(head []byte) (Object, error) // checks the file's first bytes and returns the object to create
	// finish is called after all parts are uploaded and before the object is created; if it returns
	// an error, the object is not created.
	finish func(ctx context.Context, done timeline.Copy) error

	key, upload string
	parts       int
	hash        hash.Hash
	started     int64 // the offset in the file at which this run began to read
}

// resume continues the upload that another run left. It returns false if that is not possible.
func (c *copying) resume(p *timeline.Progress) bool {
	c.hash = sha256.New()
	if p == nil || p.Validator == "" || p.Offset <= 0 || p.Offset%int64(c.partSize) != 0 ||
		c.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(p.Hash) != nil {
		c.hash = sha256.New()
		return false
	}
	c.key, c.upload, c.parts = p.Key, p.Upload, int(p.Offset/int64(c.partSize))
	c.from.offset, c.from.size, c.from.validator, c.from.tag = p.Offset, p.Size, p.Validator, p.Tag
	c.started = p.Offset
	return true
}

// run copies the whole file. If that fails, it returns the progress from which another run can
// continue, or it aborts the upload and returns nil.
func (c *copying) run(ctx context.Context) (*timeline.Progress, error) {
	err := c.all(ctx)
	c.from.close()
	var f *fault
	if c.upload == "" || err == nil {
		return nil, err
	}
	resumable := errors.As(err, &f) && f.verdict != forever && f.code != CodeChanged && f.code != CodeBucket
	if resumable && c.parts > 0 && c.from.validator != "" {
		state, marshalling := c.hash.(encoding.BinaryMarshaler).MarshalBinary()
		if marshalling == nil {
			return &timeline.Progress{
				Upload: c.upload, Key: c.key, Offset: int64(c.parts) * int64(c.partSize), Hash: state,
				Validator: c.from.validator, Tag: c.from.tag, Size: c.from.size,
			}, err
		}
	}
	aborting, cancel := afterwards(ctx)
	defer cancel()
	if failed := c.bucket.Abort(aborting, c.key, c.upload); failed != nil {
		// The upload could not be aborted. It takes space until the bucket's lifecycle rule removes
		// it.
		err = errors.Join(err, failed)
	}
	return nil, err
}

func (c *copying) all(ctx context.Context) error {
	writing, cancel := lasting(ctx)
	defer cancel()
	if err := c.move(ctx, writing); err != nil {
		return err
	}
	done := timeline.Copy{Key: c.key, SHA256: hex.EncodeToString(c.hash.Sum(nil)), Size: c.from.offset}
	if err := c.finish(writing, done); err != nil {
		return err
	}
	return c.complete(writing, done.Size)
}

// lasting returns a context that ends 15 s after ctx. In these 15 s the parts that are in memory
// can still be uploaded, so that another run can continue after them.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	const enough = 15 * time.Second
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(enough, cancel) })
	return longer, func() { stop(); cancel() }
}

// move reads the download to its end and uploads all of its parts.
func (c *copying) move(ctx, writing context.Context) error {
	buffers := make(chan []byte, uploads+1)
	for range cap(buffers) {
		buffers <- nil // the buffers are nil at first; the method read allocates each one when it needs it
	}
	group, writing := errgroup.WithContext(writing)
	reading := c.read(ctx, writing, group, buffers)
	if err := group.Wait(); err != nil {
		return &fault{code: CodeBucket, verdict: later, cause: err}
	}
	return reading
}

// The method read reads one part after another from the download. For each part it starts a
// goroutine of the group, which uploads the part while the method reads the next one.
func (c *copying) read(ctx, writing context.Context, group *errgroup.Group, buffers chan []byte) error {
	for writing.Err() == nil {
		buffer := <-buffers
		if buffer == nil {
			buffer = make([]byte, c.partSize)
		}
		n, err := c.from.read(ctx, buffer)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		if c.upload == "" {
			if err := c.begin(writing, buffer[:n]); err != nil {
				return err
			}
		}
		if n > 0 {
			c.hash.Write(buffer[:n])
			c.parts++
			number := c.parts
			group.Go(func() error {
				defer func() { buffers <- buffer }()
				return c.bucket.Part(writing, c.key, c.upload, number, buffer[:n])
			})
		}
		if last {
			return nil
		}
	}
	return nil // no error here: the upload of a part failed, and group.Wait returns that error
}

func (c *copying) begin(ctx context.Context, head []byte) error {
	object, err := c.name(head)
	if err != nil {
		return err
	}
	c.key = object.Key
	if c.upload, err = c.bucket.Begin(ctx, object); err != nil {
		return &fault{code: CodeBucket, verdict: later, cause: err}
	}
	return nil
}

// complete creates the object. Only this file has this key, so an existing object of the same size
// is this file: an earlier try succeeded, but its answer was lost.
func (c *copying) complete(ctx context.Context, size int64) error {
	err := c.bucket.Complete(ctx, c.key, c.upload, c.parts)
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrExists) || errors.Is(err, ErrNoUpload) {
		there, looking := c.bucket.Size(ctx, c.key)
		switch {
		case looking == nil && there == size:
			aborting, cancel := afterwards(ctx)
			defer cancel()
			// The error is ignored: after ErrNoUpload there is nothing to abort, and the bucket's
			// lifecycle rule removes an upload that Abort could not remove.
			_ = c.bucket.Abort(aborting, c.key, c.upload)
			return nil
		case looking == nil:
			return faulty(CodeExists, forever, "%d bytes there, %d fetched", there, size)
		}
	}
	return &fault{code: CodeBucket, verdict: later, cause: err}
}
