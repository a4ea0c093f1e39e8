package listing_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/shared/kit/listing"
)

// fake returns a client of a service. The function answer returns the service's answer to the
// query of a listing.
func fake(t *testing.T, answer func(q url.Values) string) *s3.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(answer(r.URL.Query())))
	}))
	t.Cleanup(server.Close)
	return s3.New(s3.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
}

func objects(t *testing.T, client *s3.Client) (keys []string, err error) {
	t.Helper()
	for page, err := range listing.Objects(t.Context(), client, &s3.ListObjectsV2Input{Bucket: new("b")}) {
		if err != nil {
			return keys, err
		}
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
	}
	return keys, nil
}

// A control character in a key must not end a listing. The case "wire" is the real answer of S3
// to a listing that does not request URL encoding.
func TestAControlCharacterInAKeyDoesNotEndAListing(t *testing.T) {
	t.Parallel()
	wire, err := events.Wire("08-list-control-character.xml")
	if err != nil {
		t.Fatal(err)
	}
	client := fake(t, func(q url.Values) string {
		if q.Get("encoding-type") != "url" {
			return string(wire)
		}
		body := strings.ReplaceAll(string(wire), "a&#x8;b", "a%08b")
		return strings.Replace(body, "<IsTruncated>", "<EncodingType>url</EncodingType><IsTruncated>", 1)
	})
	keys, err := objects(t, client)
	if err != nil || !slices.Equal(keys, []string{"HRT-1/a\bb.mp4", "HRT-1/v1/en/9x16.mp4"}) {
		t.Errorf("listed %q, %v", keys, err)
	}
	if _, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new("b")}); err == nil {
		t.Error("the wire's own answer can be read: the case shows nothing")
	}
}

func TestKeysAreDecodedByTheAnswersEncoding(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		key string
		err error
	}{
		`<EncodingType>url</EncodingType><Contents><Key>a+b%2Bc%2525/d</Key></Contents>`: {"a b+c%25/d", nil},
		`<Contents><Key>a+b%2Bc%2525/d</Key></Contents>`:                                 {"a+b%2Bc%2525/d", nil},
		`<EncodingType>url</EncodingType><Contents><Key>a%zz</Key></Contents>`:           {"", listing.ErrEncoding},
		`<IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents>`:               {"", listing.ErrCut},
	} {
		keys, err := objects(t, fake(t, func(url.Values) string { return "<ListBucketResult>" + body + "</ListBucketResult>" }))
		if !errors.Is(err, want.err) || err == nil && !slices.Equal(keys, []string{want.key}) {
			t.Errorf("%s: %q, %v; want %q, %v", body, keys, err, want.key, want.err)
		}
	}
}

func TestObjectsFollowTheTokens(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"":    `<IsTruncated>true</IsTruncated><NextContinuationToken>t+1</NextContinuationToken><Contents><Key>a</Key></Contents>`,
		"t+1": `<Contents><Key>b</Key></Contents>`,
	}
	keys, err := objects(t, fake(t, func(q url.Values) string {
		return "<ListBucketResult>" + pages[q.Get("continuation-token")] + "</ListBucketResult>"
	}))
	if err != nil || !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("%q, %v", keys, err)
	}
}

// S3 encodes the next page's marker like a key, so the marker must be decoded before it is sent.
// Otherwise it would name another key.
func TestVersionsGoOnFromTheDecodedMarker(t *testing.T) {
	t.Parallel()
	const url1 = `<EncodingType>url</EncodingType>`
	pages := map[string]string{
		"":       url1 + `<IsTruncated>true</IsTruncated><NextKeyMarker>a%08b+c</NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker><Version><Key>a%08b+c</Key></Version>`,
		"a\bb c": url1 + `<DeleteMarker><Key>d%1F</Key></DeleteMarker>`,
	}
	client := fake(t, func(q url.Values) string {
		return "<ListVersionsResult>" + pages[q.Get("key-marker")] + "</ListVersionsResult>"
	})
	var keys []string
	for page, err := range listing.Versions(t.Context(), client, &s3.ListObjectVersionsInput{Bucket: new("b")}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			keys = append(keys, *v.Key)
		}
		for _, m := range page.DeleteMarkers {
			keys = append(keys, *m.Key)
		}
	}
	if !slices.Equal(keys, []string{"a\bb c", "d\x1f"}) {
		t.Errorf("%q", keys)
	}
	cut := fake(t, func(url.Values) string {
		return `<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>`
	})
	for _, err := range listing.Versions(t.Context(), cut, &s3.ListObjectVersionsInput{Bucket: new("b")}) {
		if !errors.Is(err, listing.ErrCut) {
			t.Errorf("a page without a marker: %v", err)
		}
	}
}
