package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// shelf is the masters in the bucket, and what they were at which time.
type shelf struct {
	system  *system.System
	client  *s3.Client
	samples map[string][]byte
	random  *rand.ChaCha8 // makes the masters' bytes; used by one goroutine at a time
	keys    []string      // every master's, in the order in which they are put
	part    map[string]string
	bytes   int64 // put in by fill

	mu       sync.Mutex
	versions map[string][]version // the oldest first
}

// version is what a master was for a time. That it was is certain only inside of the
// time; when it was replaced, the next one's may overlap.
type version struct {
	sum         [32]byte
	from, until time.Time // until is zero for the last one
}

func newShelf(s *system.System, seed uint64) (*shelf, error) {
	samples, err := samples()
	if err != nil {
		return nil, err
	}
	var chacha [32]byte
	binary.LittleEndian.PutUint64(chacha[:], seed)
	shelf := &shelf{
		system: s, client: s.Clients().S3(), samples: samples, random: rand.NewChaCha8(chacha),
		part: map[string]string{}, versions: map[string][]version{},
	}
	for n := range creatives {
		for _, part := range parts {
			key := masterKey(n, part)
			shelf.keys, shelf.part[key] = append(shelf.keys, key), part
		}
	}
	return shelf, nil
}

// fill puts all masters in and waits until the index knows them.
func (s *shelf) fill(ctx context.Context) error {
	etags := map[string]string{}
	for _, key := range s.keys {
		etag, size, err := s.put(ctx, key)
		if err != nil {
			return err
		}
		etags[key] = etag
		s.bytes += size
	}
	for _, key := range s.keys {
		if err := s.awaitIndexed(ctx, key, etags[key]); err != nil {
			return err
		}
	}
	return nil
}

// put writes a master anew, with bytes that it never had before.
func (s *shelf) put(ctx context.Context, key string) (etag string, size int64, err error) {
	data, err := film(s.part[key], s.samples[s.part[key]], s.random)
	if err != nil {
		return "", 0, err
	}
	s.known(key, version{sum: sha256.Sum256(data), from: time.Now()}) // first: it may be delivered before we have the answer
	out, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: new(services.MastersBucket), Key: &key, Body: bytes.NewReader(data)})
	if err != nil {
		return "", 0, fmt.Errorf("uploading %s: %w", key, err)
	}
	s.replaced(key, time.Now())
	return aws.ToString(out.ETag), int64(len(data)), nil
}

// known adds a version; the one before it is not over yet.
func (s *shelf) known(key string, v version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[key] = append(s.versions[key], v)
}

// replaced ends all versions but the last.
func (s *shelf) replaced(key string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.versions[key]
	for i := range list[:len(list)-1] {
		if list[i].until.IsZero() {
			list[i].until = at
		}
	}
}

// lag is how long after its replacement a version may still be given to a request that
// comes new: the index learns of it within moments.
const lag = 10 * time.Second

// was reports whether a master had these bytes when a request for it came, or later.
func (s *shelf) was(key string, sum [32]byte, asked time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.versions[key] {
		if v.sum == sum && (v.until.IsZero() || v.until.Add(lag).After(asked)) {
			return true
		}
	}
	return false
}

// indexPatience bounds the wait for the index.
const indexPatience = time.Minute

// awaitIndexed waits until the index has seen the master as it was put.
func (s *shelf) awaitIndexed(ctx context.Context, key, etag string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, indexPatience, errors.New("not indexed in time"))
	defer cancel()
	for {
		placed, _, err := s.system.Index.Placed(ctx, s.system.Library, key)
		if err == nil && placed.ETag == etag {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the index to learn of %s: %w", key, errors.Join(context.Cause(ctx), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// overwriteEvery is the pause between two overwritten masters.
const overwriteEvery = 3 * time.Second

// overwrite replaces masters, one after the other, until ctx ends. One that was not
// taken is put again in its turn.
func (s *shelf) overwrite(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-tick.C:
			_, _, _ = s.put(ctx, s.keys[turn*7%len(s.keys)]) // 7: from creative to creative
		case <-ctx.Done():
			return
		}
	}
}
