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

// copying moves a download into an upload, part by part. While one part is read those
// before it are put.
type copying struct {
	bucket   Bucket
	partSize int
	from     *download
	name     func(head []byte) (Object, error) // judges what it is and says where it goes
	// finish is told of the whole before it is made an object.
	finish func(ctx context.Context, done timeline.Copy) error

	key, upload string
	parts       int
	hash        hash.Hash
	started     int64 // the offset that this run began at
}

// resume takes up what another run left.
func (c *copying) resume(p *timeline.Progress) bool {
	c.hash = sha256.New()
	if p == nil || p.Validator == "" || p.Offset <= 0 || p.Offset%int64(c.partSize) != 0 ||
		c.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(p.Hash) != nil {
		c.hash = sha256.New()
		return false
	}
	c.key, c.upload, c.parts = p.Key, p.Upload, int(p.Offset/int64(c.partSize))
	c.from.offset, c.from.size, c.from.validator, c.started = p.Offset, p.Size, p.Validator, p.Offset
	return true
}

// run copies until the end. Where that cannot be reached it returns how far it came, if
// another run can go on from there; what is no use to one is done away with.
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
				Validator: c.from.validator, Size: c.from.size,
			}, err
		}
	}
	aborting, cancel := afterwards(ctx)
	defer cancel()
	if failed := c.bucket.Abort(aborting, c.key, c.upload); failed != nil {
		err = errors.Join(err, failed) // the bucket's lifecycle does away with it in the end
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

// lasting outlives ctx by a little: what was read by then is put, so that another run can
// go on from there.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	const enough = 15 * time.Second
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(enough, cancel) })
	return longer, func() { stop(); cancel() }
}

// move puts all parts.
func (c *copying) move(ctx, writing context.Context) error {
	buffers := make(chan []byte, uploads+1)
	for range cap(buffers) {
		buffers <- nil // made when it is needed
	}
	group, writing := errgroup.WithContext(writing)
	reading := c.read(ctx, writing, group, buffers)
	if err := group.Wait(); err != nil {
		return &fault{code: CodeBucket, verdict: later, cause: err}
	}
	return reading
}

// read reads part after part, and has each put while it goes on.
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
	return nil // a part failed, and says so
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

// complete makes the object. One that is there with the same size under a key which only
// this file has is this one: the answer to an earlier try was missed.
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
			_ = c.bucket.Abort(aborting, c.key, c.upload) // of ErrExists; else it is gone anyway
			return nil
		case looking == nil:
			return faulty(CodeExists, forever, "%d bytes there, %d fetched", there, size)
		}
	}
	return &fault{code: CodeBucket, verdict: later, cause: err}
}
