package s3store_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters/s3store"
)

// shared is the S3 server of all tests. Each test has its own buckets.
var shared servicestest.Shared

func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }

// denied returns a client whose every call S3 refuses.
func denied(t *testing.T) *s3.Client {
	s := shared.Open(t)
	return s3client.New(awsclient.New(services.Region, variables.Endpoints{S3: s.S3}, func(name string) (string, bool) {
		return map[string]string{"AWS_ACCESS_KEY_ID": s.AccessKey, "AWS_SECRET_ACCESS_KEY": "another"}[name], true
	}))
}

// newBucket creates a bucket, with versioning if versioned is set.
func newBucket(t *testing.T, versioned bool) s3store.Bucket {
	t.Helper()
	b := s3store.Bucket{Client: shared.Open(t).Clients().S3(), Name: "test-" + strings.ToLower(rand.Text())}
	_, err := b.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.Name})
	if err == nil && versioned {
		_, err = b.Client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: &b.Name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put writes an object with the given tags and metadata; nil means no tags or no metadata.
func put(t *testing.T, b s3store.Bucket, key, text string, tags, metadata map[string]string) {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &b.Name, Key: &key, Body: bytes.NewReader([]byte(text)), Metadata: metadata}
	if tags != nil {
		values := url.Values{}
		for k, v := range tags {
			values.Set(k, v)
		}
		in.Tagging = aws.String(values.Encode())
	}
	if _, err := b.Client.PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, b s3store.Bucket, key, version string) {
	t.Helper()
	in := &s3.DeleteObjectInput{Bucket: &b.Name, Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	if _, err := b.Client.DeleteObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

// isNot fails the test if err is nil or is one of the errors in others.
func isNot(t *testing.T, err error, others ...error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
	}
	for _, other := range others {
		if errors.Is(err, other) {
			t.Errorf("%v counts as %q", err, other)
		}
	}
}
