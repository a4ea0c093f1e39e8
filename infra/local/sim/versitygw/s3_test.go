package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// status returns the HTTP status of a call's answer: 200 if err is nil.
func status(err error) int {
	if err == nil {
		return 200
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// bothBuckets runs a test twice: in a bucket with versions and in a bucket without versions.
func bothBuckets(t *testing.T, test func(t *testing.T, c *s3.Client, bucket string)) {
	c := start(t, t.TempDir(), "").client()
	versioned(t, c, "versioned")
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("plain")}); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"versioned", "plain"} {
		t.Run(bucket, func(t *testing.T) { test(t, c, bucket) })
	}
}

// TestOneWriterWins makes 50 writes with the same condition at the same time. Exactly one of them
// must succeed.
func TestOneWriterWins(t *testing.T) {
	t.Parallel()
	bothBuckets(t, func(t *testing.T, c *s3.Client, bucket string) {
		race := func(ifMatch, ifNoneMatch *string) map[int]int {
			statuses := map[int]int{}
			var mu sync.Mutex
			var writers sync.WaitGroup
			for i := range 50 {
				writers.Go(func() {
					_, err := c.PutObject(t.Context(), &s3.PutObjectInput{
						Bucket: &bucket, Key: new("one"), Body: strings.NewReader(fmt.Sprint(ifMatch != nil, i)),
						IfMatch: ifMatch, IfNoneMatch: ifNoneMatch,
					})
					mu.Lock()
					defer mu.Unlock()
					statuses[status(err)]++
				})
			}
			writers.Wait()
			return statuses
		}
		want := map[int]int{200: 1, 412: 49}
		if got := race(nil, new("*")); !maps.Equal(got, want) {
			t.Errorf("If-None-Match: *: statuses %v, want %v", got, want)
		}
		head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: new("one")})
		if err != nil {
			t.Fatal(err)
		}
		if got := race(head.ETag, nil); !maps.Equal(got, want) {
			t.Errorf("If-Match: statuses %v, want %v", got, want)
		}
		if got := race(head.ETag, nil); !maps.Equal(got, map[int]int{412: 50}) {
			t.Errorf("If-Match with an old ETag: statuses %v, want 412 alone", got)
		}
		_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: new("none"), Body: strings.NewReader("x"), IfMatch: head.ETag})
		if status(err) != 404 {
			t.Errorf("If-Match on an absent key: %v, want 404", err)
		}
	})
}

// TestNeverMixed reads ranges with If-Match while the object is overwritten. Either the read
// fails, or the bytes must belong to the ETag. No read may report that the object is missing.
func TestNeverMixed(t *testing.T) {
	t.Parallel()
	const size, parts, overwrites = 2 << 20, 4, 15
	fill := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, size) }
	bothBuckets(t, func(t *testing.T, c *s3.Client, bucket string) {
		put := func(i int) string {
			out, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: new("big"), Body: bytes.NewReader(fill(i))})
			if err != nil {
				t.Errorf("overwriting: %v", err)
				return ""
			}
			return *out.ETag
		}
		letter := map[string]byte{} // by the ETag of a version: the letter that fills the whole version
		for i := range overwrites + 1 {
			letter[put(i)] = byte('a' + i)
		}
		written := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			defer close(written)
			for i := range overwrites {
				put(i)
			}
		})
		counts := map[int]int{}
		var mu sync.Mutex
		read := func() {
			head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: new("big")})
			if err != nil {
				t.Errorf("the object is absent while it is overwritten: %v", err)
				return
			}
			for from := 0; from < size; from += size / parts {
				got, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: new("big"), IfMatch: head.ETag,
					Range: new(fmt.Sprintf("bytes=%d-%d", from, from+size/parts-1))})
				mu.Lock()
				counts[status(err)]++
				mu.Unlock()
				if status(err) == 412 {
					return
				}
				if err != nil {
					t.Errorf("range: %v", err)
					return
				}
				data, err := io.ReadAll(got.Body)
				got.Body.Close()
				if want := bytes.Repeat([]byte{letter[*head.ETag]}, size/parts); err != nil || !bytes.Equal(data, want) {
					t.Errorf("range from %d of ETag %s: %d bytes, %v: not that version's bytes", from, *head.ETag, len(data), err)
				}
			}
		}
		for range 2 {
			all.Go(func() {
				for {
					read()
					select {
					case <-written:
						return
					default:
					}
				}
			})
		}
		all.Wait()
		t.Logf("answers to ranges: %v", counts)
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir(), "").client()
	versioned(t, c, "masters")
	ctx, bucket, key := t.Context(), new("masters"), new("HRT-1212/v2/en/9x16.mp4")
	var versions []*string
	for _, text := range []string{"first", "second"} {
		put, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(text)})
		if err != nil || put.VersionId == nil {
			t.Fatalf("%v, %+v: want a version id", err, put)
		}
		versions = append(versions, put.VersionId)
	}
	content := func(version *string) string {
		got, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key, VersionId: version})
		if err != nil {
			return fmt.Sprint(status(err))
		}
		defer got.Body.Close()
		data, err := io.ReadAll(got.Body)
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}
	check := func(when, first, second, now string) {
		t.Helper()
		if a, b, c := content(versions[0]), content(versions[1]), content(nil); a != first || b != second || c != now {
			t.Errorf("%s: got %s, %s and now %s; want %s, %s and now %s", when, a, b, c, first, second, now)
		}
	}
	check("overwritten", "first", "second", "second")
	head, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key})
	if err != nil || *head.VersionId != *versions[1] {
		t.Fatalf("HEAD: %v, %+v; want version %s", err, head, *versions[1])
	}
	marker, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	if err != nil || marker.DeleteMarker == nil || !*marker.DeleteMarker {
		t.Fatalf("deleting: %v, %+v; want a delete marker", err, marker)
	}
	check("deleted", "first", "second", "404")
	if _, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key}); status(err) != 404 {
		t.Errorf("HEAD after a delete: %v, want 404", err)
	}
	for _, version := range []*string{marker.VersionId, versions[1]} {
		if _, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: version}); err != nil {
			t.Fatal(err)
		}
	}
	check("marker and second version deleted", "first", "404", "first")
}
