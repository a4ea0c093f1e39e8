package s3store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/services"
	"masterhand/infra/local/system"
	"masterhand/shared/awsclient"
	"masterhand/shared/config"
	"masterhand/shared/masters/s3store"
)

// shared is the S3 of all tests, each of which has buckets of its own.
var shared struct {
	once    sync.Once
	running *services.Services
	folder  string
	err     error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.running != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		if err := shared.running.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(shared.folder)
	os.Exit(code)
}

// running returns a real S3, and skips the test where it cannot run, except in CI.
func running(t *testing.T) *services.Services {
	t.Helper()
	root, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "fauxqs")); err != nil && os.Getenv("CI") == "" {
		t.Skip(`services cannot run: run "npm ci" first`)
	}
	shared.once.Do(func() { shared.err = start(root) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.running
}

func start(root string) (err error) {
	if shared.folder, err = os.MkdirTemp("", "s3store-test-"); err != nil {
		return err
	}
	programs, err := system.Build(context.Background(), root)
	if err != nil {
		return err
	}
	destinations := filepath.Join(shared.folder, "destinations.json")
	if err := os.WriteFile(destinations, []byte("[]"), 0o600); err != nil {
		return err
	}
	shared.running, err = services.Start(context.Background(), services.Config{
		Root: root, Gateway: programs.Gateway, Data: filepath.Join(shared.folder, "data"), Destinations: destinations, Log: io.Discard,
	})
	return err
}

// denied returns a client that S3 refuses.
func denied(t *testing.T) *s3.Client {
	s := running(t)
	return awsclient.New(services.Region, config.Endpoints{S3: s.S3}, func(name string) (string, bool) {
		return map[string]string{"AWS_ACCESS_KEY_ID": s.AccessKey, "AWS_SECRET_ACCESS_KEY": "another"}[name], true
	}).S3()
}

// newBucket makes a bucket, which keeps versions if told so.
func newBucket(t *testing.T, versioned bool) s3store.Bucket {
	t.Helper()
	b := s3store.Bucket{Client: running(t).Clients().S3(), Name: "test-" + strings.ToLower(rand.Text())}
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

// put writes an object with labels; nil are none.
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

// isNot fails the test unless err is set and none of what it must not be taken for.
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
