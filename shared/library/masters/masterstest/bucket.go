package masterstest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"masterhand/shared/library/masters"
)

// Bucket is a masters bucket in memory. It keeps no versions: an overwritten object is gone. The
// zero value is ready to use.
type Bucket struct {
	// BeforeLook, unless nil, is called with the key before each look-up. A test uses it to
	// change the object at that moment or to return an error.
	BeforeLook func(key string) error

	// BeforeRead, unless nil, is called with the key before each read of an object. A test uses
	// it to return an error.
	BeforeRead func(key string) error

	mu      sync.Mutex
	objects map[string]stored
	puts    int
}

type stored struct {
	masters.Object
	data []byte
}

// Put writes an object with tags.
func (b *Bucket) Put(key string, data []byte, tags map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects == nil {
		b.objects = map[string]stored{}
	}
	b.puts++
	b.objects[key] = stored{data: data, Object: masters.Object{
		Key: key, ETag: fmt.Sprintf(`"%d"`, b.puts), Size: int64(len(data)),
		Modified: time.Unix(int64(b.puts), 0).UTC(), Labels: masters.Labels{Tags: maps.Clone(tags)},
	}}
}

// Tag replaces an object's tags; its ETag does not change.
func (b *Bucket) Tag(key string, tags map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[key]
	o.Labels.Tags = maps.Clone(tags)
	b.objects[key] = o
}

// Archive moves an object to a storage class whose objects cannot be read.
func (b *Bucket) Archive(key string) { b.Store(key, masters.Storage{StorageClass: "GLACIER"}) }

// Store moves an object to other storage; its ETag does not change.
func (b *Bucket) Store(key string, storage masters.Storage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[key]
	o.Storage = storage
	b.objects[key] = o
}

// Copy writes a copy of an object under another key. Both have the same ETag, as in S3 after a
// copy of an object that was uploaded in one part.
func (b *Bucket) Copy(from, to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.objects[from]
	o.Key = to
	b.objects[to] = o
}

// Delete removes an object.
func (b *Bucket) Delete(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, key)
}

// Look returns the object under key, or masters.ErrAbsent.
func (b *Bucket) Look(_ context.Context, key string) (masters.Object, error) {
	if b.BeforeLook != nil {
		if err := b.BeforeLook(key); err != nil {
			return masters.Object{}, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if !ok {
		return masters.Object{}, masters.ErrAbsent
	}
	return o.Object, nil
}

// Tags returns the tags of the object under key, or masters.ErrAbsent.
func (b *Bucket) Tags(_ context.Context, key string) (map[string]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if !ok {
		return nil, masters.ErrAbsent
	}
	return maps.Clone(o.Labels.Tags), nil
}

// ReadRange returns n bytes, from offset off, of exactly this version of the object. It returns
// masters.ErrChanged if the bucket holds another version or none, and masters.ErrDenied if the
// object is archived.
func (b *Bucket) ReadRange(_ context.Context, o masters.Object, off, n int64) ([]byte, error) {
	if b.BeforeRead != nil {
		if err := b.BeforeRead(o.Key); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now, ok := b.objects[o.Key]
	if !ok || now.ETag != o.ETag {
		return nil, masters.ErrChanged
	}
	if now.Archived() {
		return nil, masters.ErrDenied
	}
	if off < 0 || off+n > int64(len(now.data)) {
		return nil, fmt.Errorf("range %d+%d beyond %d bytes", off, n, len(now.data))
	}
	return bytes.Clone(now.data[off : off+n]), nil
}

// Open returns a reader of n bytes, from offset off, of exactly this version of the object. It
// returns masters.ErrChanged if the bucket holds another version or none.
func (b *Bucket) Open(ctx context.Context, key, _, etag string, off, n int64) (io.ReadCloser, error) {
	data, err := b.ReadRange(ctx, masters.Object{Key: key, ETag: etag}, off, n)
	return io.NopCloser(bytes.NewReader(data)), err
}

// List yields the objects whose keys begin with prefix, sorted by key.
func (b *Bucket) List(_ context.Context, prefix string) iter.Seq2[masters.Entry, error] {
	b.mu.Lock()
	defer b.mu.Unlock()
	var entries []masters.Entry
	for _, key := range slices.Sorted(maps.Keys(b.objects)) {
		if o := b.objects[key]; strings.HasPrefix(key, prefix) {
			entries = append(entries, masters.Entry{Key: key, ETag: o.ETag, Size: o.Size})
		}
	}
	return func(yield func(masters.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}
