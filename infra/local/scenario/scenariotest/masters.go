package scenariotest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/creative"
)

var codes atomic.Int64

// NewCode returns a creative's code that no other test uses. None begins another.
func NewCode() string { return fmt.Sprintf("S%d-X", codes.Add(1)) }

// Story is the slot of a creative's upright video, variation 1.
func Story(code string) adplatform.Slot {
	return adplatform.Slot{Code: code, Variation: 1, Locale: "en", Kind: "video", Aspect: "9x16"}
}

// StoryKey is the key of that video.
func StoryKey(code string) string { return code + "/v1/en/9x16.mp4" }

// Of names the creative of a code's story.
func Of(code string) creative.Creative { return creative.Creative{Code: code, Variation: 1} }

// upright is the key of a small sample of 360x640.
const upright = "HRT-121/v2/en/9x16.mp4"

var seeds atomic.Uint64

// Film returns an upright video of at least size bytes that is like no other: a sample
// and behind it a box of random padding, which MP4 allows.
func Film(t testing.TB, size int) []byte {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Key == upright {
			return padded(m.Data, size)
		}
	}
	t.Fatalf("no sample master %s", upright)
	return nil
}

func padded(head []byte, size int) []byte {
	padding := make([]byte, max(size-len(head), 64))
	binary.BigEndian.PutUint32(padding, uint32(len(padding)))
	copy(padding[4:], "free")
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], seeds.Add(1))
	_, _ = rand.NewChaCha8(seed).Read(padding[8:]) // never fails
	return append(bytes.Clone(head), padding...)
}

// Put writes a master and returns its ETag.
func (s *Env) Put(t *testing.T, key string, data []byte) (etag string) {
	t.Helper()
	out, err := s.Clients().S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new(services.MastersBucket), Key: &key, Body: bytes.NewReader(data),
	})
	if err != nil {
		t.Fatalf("putting %s: %v", key, err)
	}
	return *out.ETag
}

// Known waits until the creative's document lists the key with this ETag.
func (s *Env) Known(t *testing.T, c creative.Creative, key, etag string) {
	t.Helper()
	Eventually(t, "the index lists "+key, func(ctx context.Context) bool {
		doc, _, err := s.Index.Document(ctx, s.Library, c)
		if err != nil {
			t.Fatal(err)
		}
		m := doc.Find(key)
		return m != nil && m.ETag == etag
	})
}

// Master writes a story's video of at least size bytes and waits until it is indexed.
func (s *Env) Master(t *testing.T, code string, size int) (data []byte) {
	t.Helper()
	data = Film(t, size)
	s.Known(t, Of(code), StoryKey(code), s.Put(t, StoryKey(code), data))
	return data
}
