package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestListingsAreEncodedWhereAsked lists keys with characters that XML cannot hold. If the client
// asks for an encoded listing, the keys in it must be URL-encoded.
func TestListingsAreEncodedWhereAsked(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir(), "").client()
	bucket := "encoded"
	versioned(t, c, bucket)
	keys := []string{"a\bb/c d+e%41.mp4", "a\bb/\x1f.mp4", "a\bb/🍏.mp4"}
	for _, key := range keys {
		if _, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: &keys[1]}); err != nil {
		t.Fatal(err)
	}
	left := []string{keys[0], keys[2]}
	first, err := c.ListObjects(t.Context(), &s3.ListObjectsInput{Bucket: &bucket, EncodingType: types.EncodingTypeUrl, Prefix: new("a\b")})
	if err != nil {
		t.Fatal(err)
	}
	check(t, first.EncodingType, left, first.Contents, func(o types.Object) *string { return o.Key })
	second, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: types.EncodingTypeUrl, StartAfter: &keys[0]})
	if err != nil {
		t.Fatal(err)
	}
	check(t, second.EncodingType, left[1:], second.Contents, func(o types.Object) *string { return o.Key })
	folders, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, EncodingType: types.EncodingTypeUrl, Delimiter: new("/")})
	if err != nil {
		t.Fatal(err)
	}
	check(t, folders.EncodingType, []string{"a\bb/"}, folders.CommonPrefixes, func(p types.CommonPrefix) *string { return p.Prefix })
	versions, err := c.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket, EncodingType: types.EncodingTypeUrl})
	if err != nil {
		t.Fatal(err)
	}
	check(t, versions.EncodingType, keys, versions.Versions, func(v types.ObjectVersion) *string { return v.Key })
	check(t, versions.EncodingType, keys[1:2], versions.DeleteMarkers, func(m types.DeleteMarkerEntry) *string { return m.Key })
	plain, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket, StartAfter: &keys[0], Prefix: new("no")})
	if err != nil || plain.EncodingType != "" {
		t.Errorf("not asked for: %q, %v", plain.EncodingType, err)
	}
}

func check[T any](t *testing.T, encoding types.EncodingType, want []string, listed []T, key func(T) *string) {
	t.Helper()
	var got []string
	for _, l := range listed {
		decoded, err := url.QueryUnescape(*key(l))
		if err != nil {
			t.Error(err)
		}
		got = append(got, decoded)
	}
	if encoding != types.EncodingTypeUrl || !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("encoding %q: listed %q, want %q", encoding, got, want)
	}
}
