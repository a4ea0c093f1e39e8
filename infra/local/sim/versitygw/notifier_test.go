package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// told holds the members of a notice that a test can predict.
type told struct {
	operation, bucket, key, etag, version string
	size                                  int64 // expected size in bytes; -1 means that the notice has no size
	marker                                bool
}

func tell(n notice) told {
	size := int64(-1)
	if n.Size != nil {
		size = *n.Size
	}
	return told{n.Operation, n.Bucket, n.Key, n.ETag, n.VersionID, size, n.DeleteMarker}
}

func unquote(s *string) string { return strings.Trim(value(s), `"`) }

// TestNotices makes every kind of change, in buckets with and without versions. It compares each
// notice with the answer that the S3 client got.
func TestNotices(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, accept)
	c := start(t, t.TempDir(), m.url).client()
	versioned(t, c, "versioned")
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("plain")}); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"versioned", "plain"} {
		n := noticed{t: t, c: c, m: m, bucket: bucket}
		n.put("a.mp4", "hello")
		n.put("a.mp4", "hello again")
		n.tag("a.mp4")
		n.untag("a.mp4")
		n.copy("a.mp4", "b.mp4")
		n.multipart("c.mp4", "one part")
		n.refused()
		n.delete("a.mp4")
		n.deleteMany("b.mp4", "c.mp4", "never there")
	}
}

// noticed makes changes in a bucket and checks the notices about them.
type noticed struct {
	t      *testing.T
	c      *s3.Client
	m      *mailbox
	bucket string
	last   string // id of the current version of a.mp4
}

// expect compares the notices that have arrived since the last call with want. Each notice arrives
// before the client gets its answer, so expect need not wait.
func (n *noticed) expect(err error, want ...told) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
	var got []told
	for _, one := range n.m.drain() {
		got = append(got, tell(one))
		if one.RequestID == "" || one.SourceIP != "127.0.0.1" || time.Since(one.Time) > time.Minute {
			n.t.Errorf("request %q from %q at %v", one.RequestID, one.SourceIP, one.Time)
		}
	}
	byKey := func(a, b told) int { return cmp.Compare(a.key, b.key) }
	slices.SortFunc(got, byKey)
	slices.SortFunc(want, byKey)
	if !slices.Equal(got, want) {
		n.t.Errorf("told %+v\nwant %+v", got, want)
	}
}

func (n *noticed) put(key, text string) {
	n.t.Helper()
	out, err := n.c.PutObject(n.t.Context(), &s3.PutObjectInput{Bucket: &n.bucket, Key: &key, Body: strings.NewReader(text), Tagging: new("a=b")})
	n.last = value(out.VersionId)
	n.expect(err, told{"PutObject", n.bucket, key, unquote(out.ETag), n.last, int64(len(text)), false})
}

func (n *noticed) tag(key string) {
	n.t.Helper()
	_, err := n.c.PutObjectTagging(n.t.Context(), &s3.PutObjectTaggingInput{Bucket: &n.bucket, Key: &key,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new("creative-code"), Value: new("HRT-1212")}}}})
	n.expect(err, told{"PutObjectTagging", n.bucket, key, n.etag(key), n.last, -1, false})
}

func (n *noticed) untag(key string) {
	n.t.Helper()
	_, err := n.c.DeleteObjectTagging(n.t.Context(), &s3.DeleteObjectTaggingInput{Bucket: &n.bucket, Key: &key})
	n.expect(err, told{"DeleteObjectTagging", n.bucket, key, n.etag(key), n.last, -1, false})
}

func (n *noticed) etag(key string) string {
	n.t.Helper()
	head, err := n.c.HeadObject(n.t.Context(), &s3.HeadObjectInput{Bucket: &n.bucket, Key: &key})
	if err != nil {
		n.t.Fatal(err)
	}
	return unquote(head.ETag)
}

func (n *noticed) copy(from, to string) {
	n.t.Helper()
	out, err := n.c.CopyObject(n.t.Context(), &s3.CopyObjectInput{Bucket: &n.bucket, Key: &to, CopySource: new(n.bucket + "/" + from)})
	n.expect(err, told{"CopyObject", n.bucket, to, n.etag(to), value(out.VersionId), int64(len("hello again")), false})
}

func (n *noticed) multipart(key, text string) {
	n.t.Helper()
	ctx := n.t.Context()
	upload, err := n.c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &n.bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	n.expect(err)
	part, err := n.c.UploadPart(ctx, &s3.UploadPartInput{Bucket: &n.bucket, Key: &key, UploadId: upload.UploadId, PartNumber: new(int32(1)),
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, Body: strings.NewReader(text)})
	n.expect(err)
	out, err := n.c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &n.bucket, Key: &key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: new(int32(1)), ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32}}}})
	n.expect(err, told{"CompleteMultipartUpload", n.bucket, key, unquote(out.ETag), value(out.VersionId), int64(len(text)), false})
}

// refused makes calls that must not change an object and must not cause a notice.
func (n *noticed) refused() {
	n.t.Helper()
	ctx, absent := n.t.Context(), new("absent")
	_, put := n.c.PutObject(ctx, &s3.PutObjectInput{Bucket: &n.bucket, Key: new("a.mp4"), Body: strings.NewReader("x"), IfNoneMatch: new("*")})
	_, tag := n.c.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: &n.bucket, Key: absent, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new("a"), Value: new("b")}}}})
	_, untag := n.c.DeleteObjectTagging(ctx, &s3.DeleteObjectTaggingInput{Bucket: &n.bucket, Key: absent})
	_, copied := n.c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &n.bucket, Key: new("d.mp4"), CopySource: new(n.bucket + "/absent")})
	for what, err := range map[string]error{"put": put, "tag": tag, "untag": untag, "copy": copied} {
		if err == nil {
			n.t.Errorf("%s was not refused", what)
		}
	}
	_, err := n.c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &n.bucket, Key: new("b.mp4")})
	n.expect(err)
}

func (n *noticed) delete(key string) {
	n.t.Helper()
	ctx := n.t.Context()
	out, err := n.c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &n.bucket, Key: &key})
	if n.bucket == "plain" {
		n.expect(err, told{"DeleteObject", n.bucket, key, "", "", -1, false})
		return
	}
	n.expect(err, told{"DeleteObject", n.bucket, key, emptyETag, value(out.VersionId), -1, true})
	// First the earlier version is deleted, and then the delete marker.
	for _, version := range []*string{&n.last, out.VersionId} {
		_, err = n.c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &n.bucket, Key: &key, VersionId: version})
		n.expect(err, told{"DeleteObject", n.bucket, key, "", *version, -1, false})
	}
}

func (n *noticed) deleteMany(keys ...string) {
	n.t.Helper()
	in := &s3.DeleteObjectsInput{Bucket: &n.bucket, Delete: &types.Delete{}}
	for _, key := range keys {
		in.Delete.Objects = append(in.Delete.Objects, types.ObjectIdentifier{Key: &key})
	}
	out, err := n.c.DeleteObjects(n.t.Context(), in)
	if err != nil {
		n.t.Fatal(err)
	}
	var want []told
	for _, gone := range out.Deleted {
		one := told{"DeleteObject", n.bucket, *gone.Key, "", "", -1, false}
		if value(gone.DeleteMarker) {
			one.etag, one.version, one.marker = emptyETag, *gone.DeleteMarkerVersionId, true
		}
		want = append(want, one)
	}
	if len(want) != len(keys) {
		n.t.Errorf("%d of %d deleted", len(want), len(keys))
	}
	n.expect(nil, want...)
}

// TestAwkwardKeys writes keys that a wrong encoding would change, for example keys with spaces and
// emoji. The notices must contain exactly the same keys.
func TestAwkwardKeys(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, accept)
	c := start(t, t.TempDir(), m.url).client()
	versioned(t, c, "masters")
	for _, key := range []string{
		"HRT-1212/v2/en/9x16.mp4", "with space.mp4", "plus+plus.mp4", "100%.mp4", "%20%2B%25.mp4", "Über/größe.jpg",
		"u\u0308 decomposed.jpg", "😀/👩‍👩‍👧.mp4", `quote"and\back.mp4`, "a&b<c>d'e.mp4", "q?x=y#z.mp4", "new\nline.mp4", "folder/",
		strings.Repeat("long/", 200) + "end.mp4",
	} {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: new("masters"), Key: &key, Body: http.NoBody}); err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		if got := m.drain(); len(got) != 1 || got[0].Key != key {
			t.Errorf("%q: told %+v", key, got)
		}
	}
	// JSON cannot hold a key that is not UTF-8. Instead of sending a notice, versitygw logs the
	// key.
	if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: new("masters"), Key: new("\xff.mp4"), Body: http.NoBody}); err != nil {
		t.Error(err)
	}
	if got := m.drain(); len(got) != 0 {
		t.Errorf("told %+v of a key that is not UTF-8", got)
	}
}

// TestSequencersGrow changes several keys repeatedly, at the same time. The sequencers of all
// notices must increase in the order of arrival.
func TestSequencersGrow(t *testing.T) {
	t.Parallel()
	m := newMailbox(t, accept)
	c := start(t, t.TempDir(), m.url).client()
	versioned(t, c, "masters")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 10 {
				if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: new("masters"), Key: new(fmt.Sprint(i)), Body: strings.NewReader(fmt.Sprint(j))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	last := ""
	sizes := map[string]int{}
	for _, n := range m.drain() {
		if len(n.Sequencer) != 16 || n.Sequencer <= last {
			t.Errorf("sequencer %s after %s", n.Sequencer, last)
		}
		last = n.Sequencer
		sizes[n.Key]++
	}
	for i := range 8 {
		if sizes[fmt.Sprint(i)] != 10 {
			t.Errorf("%d notices of key %d, want 10", sizes[fmt.Sprint(i)], i)
		}
	}
}

// TestNoNoticeIsLostWhileTheReceiverRejects uses a receiver that first rejects each notice. No
// notice may be lost or accepted twice.
func TestNoNoticeIsLostWhileTheReceiverRejects(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries := 0
	m := newMailbox(t, func() int {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries%3 != 0 {
			return http.StatusServiceUnavailable
		}
		return http.StatusNoContent
	})
	c := start(t, t.TempDir(), m.url).client()
	versioned(t, c, "masters")
	for _, key := range []string{"a", "b", "c"} {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: new("masters"), Key: &key, Body: http.NoBody}); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for _, n := range m.drain() {
		keys = append(keys, n.Key)
	}
	if !slices.Equal(keys, []string{"a", "b", "c"}) {
		t.Errorf("told of %v", keys)
	}
}
