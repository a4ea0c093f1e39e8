package system_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/creative"
)

// A creative of a test's own has one story, an upright video of variation 1.
var (
	newCode  = scenariotest.NewCode
	story    = scenariotest.Story
	storyKey = scenariotest.StoryKey
	of       = scenariotest.Of
	film     = scenariotest.Film
)

// sample returns the sample master under a key.
func sample(t testing.TB, key string) []byte {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Key == key {
			return m.Data
		}
	}
	t.Fatalf("no sample master %s", key)
	return nil
}

const (
	upright = "HRT-121/v2/en/9x16.mp4" // 360x640
	square  = "HRT-1212/v2/en/1x1.mp4" // 480x480
)

// put writes a master and returns its ETag.
func (s *site) put(t *testing.T, key string, data []byte) (etag string) {
	t.Helper()
	return s.putLabelled(t, key, data, nil, nil)
}

func (s *site) putLabelled(t *testing.T, key string, data []byte, tags, metadata map[string]string) (etag string) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: new(services.MastersBucket), Key: &key, Body: bytes.NewReader(data), Metadata: metadata}
	if len(tags) > 0 {
		values := url.Values{}
		for k, v := range tags {
			values.Set(k, v)
		}
		in.Tagging = new(values.Encode())
	}
	out, err := s.Clients().S3().PutObject(t.Context(), in, func(o *s3.Options) {
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "MethodNotAllowed") // versitygw's answer where a delete of the key comes in between
	})
	if err != nil {
		t.Fatalf("putting %s: %v", key, err)
	}
	return *out.ETag
}

// delete deletes a master, or only the given version of it.
func (s *site) delete(t *testing.T, key string, version *string) {
	t.Helper()
	in := &s3.DeleteObjectInput{Bucket: new(services.MastersBucket), Key: &key, VersionId: version}
	if _, err := s.Clients().S3().DeleteObject(t.Context(), in); err != nil {
		t.Fatalf("deleting %s: %v", key, err)
	}
}

// known waits until the creative's document lists the key with this ETag.
func (s *site) known(t *testing.T, c creative.Creative, key, etag string) {
	t.Helper()
	eventually(t, "the index lists "+key, func(ctx context.Context) bool {
		doc, _, err := s.Index.Document(ctx, s.Library, c)
		if err != nil {
			t.Fatal(err)
		}
		m := doc.Find(key)
		return m != nil && m.ETag == etag
	})
}

// forgotten waits until the creative's document does not list the key.
func (s *site) forgotten(t *testing.T, c creative.Creative, key string) {
	t.Helper()
	eventually(t, "the index forgets "+key, func(ctx context.Context) bool {
		doc, _, err := s.Index.Document(ctx, s.Library, c)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find(key) == nil
	})
}

// unplaced waits until the index has seen the key's object and found it no master.
func (s *site) unplaced(t *testing.T, key, etag string) {
	t.Helper()
	eventually(t, "the index lists "+key+" as no master", func(ctx context.Context) bool {
		placed, _, err := s.Index.Placed(ctx, s.Library, key)
		if err != nil {
			t.Fatal(err)
		}
		return placed.ETag == etag && placed.Unplaced != ""
	})
}

// farObject reads what lies in the far storage, byte for byte.
func (s *site) farObject(t *testing.T, storageKey string) []byte {
	t.Helper()
	out, err := s.Clients().S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: new(services.PlatformBucket), Key: &storageKey})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
