package services_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"masterhand/infra/local/sim/services"
)

// status returns the HTTP status of a call's answer: 200 if err is nil.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return http.StatusOK
	}
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok {
		t.Fatal(err)
	}
	return response.HTTPStatusCode()
}

// buckets lists a bucket with versions (masters) and one without versions (index). Conditional
// writes must work in both.
var buckets = []string{services.MastersBucket, services.IndexBucket}

func TestConditionalWrites(t *testing.T) {
	t.Parallel()
	client := running(t).Clients().S3()
	for _, bucket := range buckets {
		t.Run(bucket, func(t *testing.T) {
			t.Parallel()
			key := aws.String("conditional-" + rand.Text())
			write := func(body string, ifMatch, ifNoneMatch *string) (*s3.PutObjectOutput, int) {
				out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: key, Body: strings.NewReader(body), IfMatch: ifMatch, IfNoneMatch: ifNoneMatch})
				return out, status(t, err)
			}
			if _, got := write("x", aws.String(`"d41d8cd98f00b204e9800998ecf8427e"`), nil); got != http.StatusNotFound {
				t.Errorf("If-Match on nothing: %d", got)
			}
			made, got := write("first", nil, aws.String("*"))
			if got != http.StatusOK {
				t.Fatalf("If-None-Match on nothing: %d", got)
			}
			if _, got := write("again", nil, aws.String("*")); got != http.StatusPreconditionFailed {
				t.Errorf("If-None-Match on something: %d", got)
			}
			if _, got := write("second", made.ETag, nil); got != http.StatusOK {
				t.Errorf("If-Match: %d", got)
			}
			if _, got := write("third", made.ETag, nil); got != http.StatusPreconditionFailed {
				t.Errorf("If-Match on what has changed: %d", got)
			}
			out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: key})
			if err != nil {
				t.Fatal(err)
			}
			defer out.Body.Close()
			if body, err := io.ReadAll(out.Body); string(body) != "second" || err != nil {
				t.Errorf("what stands is %q, %v", body, err)
			}
		})
	}
}

// When several goroutines increase a counter by compare-and-swap, no increase may be lost.
func TestCompareAndSwap(t *testing.T) {
	t.Parallel()
	client := running(t).Clients().S3()
	const workers, each = 8, 5
	for _, bucket := range buckets {
		t.Run(bucket, func(t *testing.T) {
			t.Parallel()
			key := "counter-" + rand.Text()
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					for range each {
						for !increment(t, client, bucket, key) {
						}
					}
				})
			}
			all.Wait()
			if n, _ := count(t, client, bucket, key); n != workers*each {
				t.Errorf("counted %d, want %d", n, workers*each)
			}
		})
	}
}

// count reads a counter from an object. It also returns the parameters of a PutObject that S3
// accepts only if nobody has changed the counter since then.
func count(t *testing.T, client *s3.Client, bucket, key string) (int, s3.PutObjectInput) {
	out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if _, absent := errors.AsType[*types.NoSuchKey](err); absent {
		return 0, s3.PutObjectInput{Bucket: &bucket, Key: &key, IfNoneMatch: aws.String("*")}
	}
	if err != nil {
		t.Error(err)
		return 0, s3.PutObjectInput{}
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	n, conversion := strconv.Atoi(string(body))
	if err := errors.Join(err, conversion); err != nil {
		t.Error(err)
	}
	return n, s3.PutObjectInput{Bucket: &bucket, Key: &key, IfMatch: out.ETag}
}

// increment tries to increase the counter. It returns false if another goroutine has written the
// counter meanwhile.
func increment(t *testing.T, client *s3.Client, bucket, key string) bool {
	n, in := count(t, client, bucket, key)
	in.Body = strings.NewReader(strconv.Itoa(n + 1))
	_, err := client.PutObject(t.Context(), &in)
	switch response, ok := errors.AsType[*smithyhttp.ResponseError](err); {
	case err == nil:
		return true
	case ok && (response.HTTPStatusCode() == http.StatusPreconditionFailed || response.HTTPStatusCode() == http.StatusConflict):
		return false
	default:
		t.Error(err)
		return true
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	s := running(t)
	client, bucket, key := s.Clients().S3(), aws.String(services.MastersBucket), aws.String("versions-"+rand.Text())
	first, second := put(t, s, *key, "first"), put(t, s, *key, "other")
	if aws.ToString(first.VersionId) == "" || *first.VersionId == *second.VersionId {
		t.Fatalf("versions %q and %q", aws.ToString(first.VersionId), aws.ToString(second.VersionId))
	}
	read := func(version, etag *string) (string, int) {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key, VersionId: version, IfMatch: etag, Range: aws.String("bytes=1-2")})
		if err != nil {
			return "", status(t, err)
		}
		defer out.Body.Close()
		body, err := io.ReadAll(out.Body)
		if err != nil {
			t.Error(err)
		}
		return string(body), http.StatusOK
	}
	if body, got := read(first.VersionId, first.ETag); body != "ir" || got != http.StatusOK {
		t.Errorf("the version before: %q, %d", body, got)
	}
	if _, got := read(nil, first.ETag); got != http.StatusPreconditionFailed {
		t.Errorf("what stands, where it is to be the version before: %d", got)
	}
	head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: key})
	if err != nil || *head.VersionId != *second.VersionId {
		t.Errorf("HEAD: %+v, %v", head, err)
	}
	must[*s3.DeleteObjectOutput](t)(client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key}))
	if _, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: key}); status(t, err) != http.StatusNotFound {
		t.Errorf("HEAD after a delete: %v", err)
	}
	listed, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket, Prefix: key})
	if err != nil || len(listed.Contents) != 0 {
		t.Errorf("listed after a delete: %+v, %v", listed, err)
	}
	if body, got := read(second.VersionId, second.ETag); body != "th" || got != http.StatusOK {
		t.Errorf("the version deleted: %q, %d", body, got)
	}
	if _, got := read(aws.String("01ARZ3NDEKTSV4RRFFQ69G5FAV"), nil); got != http.StatusNotFound {
		t.Errorf("a version that never was: %d", got)
	}
}

// A reader of a certain version must get exactly the bytes of that version, even while others
// overwrite the key.
func TestReadWhileOverwritten(t *testing.T) {
	t.Parallel()
	s := running(t)
	client, bucket, key := s.Clients().S3(), aws.String(services.MastersBucket), "overwritten-"+rand.Text()
	const size, overwrites = 256 << 10, 20
	content := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, size) }
	first, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(content(0))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for _, version := range []*string{first.VersionId, nil} {
		readers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := whole(t.Context(), client, &s3.GetObjectInput{Bucket: bucket, Key: &key, VersionId: version}, version != nil); err != nil {
					t.Errorf("read %d: %v", n, err)
					return
				}
			}
		})
	}
	for i := range overwrites {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(content(i + 1))}); err != nil {
			t.Error(err)
		}
	}
	stop()
	readers.Wait()
}

// whole checks that all bytes of an object are equal, because a mixture of versions has different
// bytes. If first is true, the bytes must also be 0, like those of the first version.
func whole(ctx context.Context, client *s3.Client, in *s3.GetObjectInput, first bool) error {
	out, err := client.GetObject(ctx, in)
	if err != nil {
		return err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return err
	}
	if first && body[0] != 0 || bytes.Count(body, body[:1]) != len(body) {
		return fmt.Errorf("bytes %d and %d where one was written", body[0], body[len(body)-1])
	}
	return nil
}

func TestSignaturesAreChecked(t *testing.T) {
	t.Parallel()
	s := running(t)
	_, err := s.Clients().S3().ListBuckets(t.Context(), &s3.ListBucketsInput{}, func(o *s3.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.AccessKey, SecretAccessKey: "another"}, nil
		})
	})
	if got := status(t, err); got != http.StatusForbidden {
		t.Errorf("a wrong key: %d", got)
	}
}
