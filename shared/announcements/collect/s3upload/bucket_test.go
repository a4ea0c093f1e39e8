package s3upload_test

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/collecttest"
	"masterhand/shared/announcements/collect/s3upload"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// shared starts one S3 server for all tests. Each test has its own bucket there.
var shared servicestest.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// newBucket returns a new bucket on a real S3 server.
func newBucket(t *testing.T) s3upload.Bucket {
	t.Helper()
	b := s3upload.Bucket{Client: shared.Open(t).Clients().S3(), Name: "collect-" + strings.ToLower(rand.Text())}
	if _, err := b.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.Name}); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBucketKeepsTheContract(t *testing.T) {
	t.Parallel()
	collecttest.Run(t, func(t *testing.T) collecttest.Subject {
		b := newBucket(t)
		return collecttest.Subject{Bucket: b, Read: func(t *testing.T, key string) collecttest.Stored { return read(t, b, key) }}
	})
}

// read reads an object through the store of package masters, and returns its content, tags and metadata.
func read(t *testing.T, b s3upload.Bucket, key string) collecttest.Stored {
	t.Helper()
	there, err := s3store.Bucket{Client: b.Client, Name: b.Name}.Look(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return collecttest.Stored{Data: data, Object: collect.Object{
		Key: key, ContentType: *out.ContentType, Tags: there.Labels.Tags, Metadata: there.Labels.Metadata,
	}}
}

func TestFaultsAreNotAbsence(t *testing.T) {
	t.Parallel()
	b := newBucket(t)
	b.Name += "-not"
	_, size := b.Size(t.Context(), "k")
	_, begun := b.Begin(t.Context(), collect.Object{Key: "k", ContentType: "video/mp4"})
	for name, err := range map[string]error{
		"size": size, "begin": begun,
		"part":     b.Part(t.Context(), "k", "u", 1, []byte("x")),
		"complete": b.Complete(t.Context(), "k", "u", 1),
		"abort":    b.Abort(t.Context(), "k", "u"),
	} {
		if err == nil || errors.Is(err, collect.ErrNoUpload) || errors.Is(err, collect.ErrExists) || name != "size" && errors.Is(err, masters.ErrAbsent) {
			t.Errorf("%s in a bucket that is not: %v", name, err)
		}
	}
}
