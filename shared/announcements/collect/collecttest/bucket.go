// Package collecttest helps to test package collect: [Bucket] is a bucket in memory, and [Run]
// is the suite that every implementation of [collect.Bucket] must pass.
//
//	bucket := collecttest.NewBucket()
package collecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/library/masters"
)

// Bucket is a bucket in memory. Create it with NewBucket. It is safe for concurrent use.
type Bucket struct {
	mu      sync.Mutex
	objects map[string]Stored
	uploads map[string]*upload
	begun   int
	failing error
}

// Stored is an object of the bucket with its content.
type Stored struct {
	collect.Object
	Data []byte
}

type upload struct {
	object collect.Object
	parts  map[int][]byte
}

// NewBucket returns an empty bucket.
func NewBucket() *Bucket {
	return &Bucket{objects: map[string]Stored{}, uploads: map[string]*upload{}}
}

// Put stores an object.
func (b *Bucket) Put(key string, data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.objects[key] = Stored{Object: collect.Object{Key: key}, Data: data}
}

// Objects returns all objects by key.
func (b *Bucket) Objects() map[string]Stored {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.objects)
}

// Uploads returns the number of open uploads (neither completed nor aborted), and the number of
// all uploads ever begun.
func (b *Bucket) Uploads() (open, begun int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.uploads), b.begun
}

// Fail makes every later call of the bucket's methods return err. After Fail(nil) the calls succeed again.
func (b *Bucket) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failing = err
}

func (b *Bucket) fault(ctx context.Context) error {
	if b.failing != nil {
		return b.failing
	}
	return ctx.Err()
}

// Size implements [collect.Bucket].
func (b *Bucket) Size(ctx context.Context, key string) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if err := b.fault(ctx); err != nil {
		return 0, err
	}
	if !ok {
		return 0, masters.ErrAbsent
	}
	return int64(len(o.Data)), nil
}

// Begin implements [collect.Bucket].
func (b *Bucket) Begin(ctx context.Context, o collect.Object) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault(ctx); err != nil {
		return "", err
	}
	b.begun++
	id := fmt.Sprint("upload-", b.begun)
	b.uploads[id] = &upload{object: o, parts: map[int][]byte{}}
	return id, nil
}

// Part implements [collect.Bucket].
func (b *Bucket) Part(ctx context.Context, key, id string, number int, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault(ctx); err != nil {
		return err
	}
	u, ok := b.uploads[id]
	if !ok || u.object.Key != key {
		return collect.ErrNoUpload
	}
	u.parts[number] = bytes.Clone(data)
	return nil
}

var errParts = errors.New("upload has other parts than were uploaded")

// Complete implements [collect.Bucket].
func (b *Bucket) Complete(ctx context.Context, key, id string, parts int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault(ctx); err != nil {
		return err
	}
	u, ok := b.uploads[id]
	if !ok || u.object.Key != key {
		return collect.ErrNoUpload
	}
	if len(u.parts) != parts {
		return errParts
	}
	if _, taken := b.objects[key]; taken {
		return collect.ErrExists
	}
	whole := Stored{Object: u.object}
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		whole.Data = append(whole.Data, u.parts[number]...)
	}
	b.objects[key] = whole
	delete(b.uploads, id)
	return nil
}

// Abort implements [collect.Bucket].
func (b *Bucket) Abort(ctx context.Context, _, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.fault(ctx); err != nil {
		return err
	}
	delete(b.uploads, id)
	return nil
}
