package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// presigned uploads a body with a pre-signed URL. Such an upload contains no digest of the body.
func presigned(t *testing.T, c *s3.Client, key string, length int, body io.Reader) (status int) {
	t.Helper()
	signed, err := s3.NewPresignClient(c).PresignPutObject(t.Context(), &s3.PutObjectInput{Bucket: new("whole"), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(length)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// TestWholeOrNotAtAll cuts several uploads off midway. None of them may replace the earlier object.
func TestWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	c := start(t, t.TempDir(), "").client()
	versioned(t, c, "whole")
	const size = 1 << 20
	if status := presigned(t, c, "k", size, bytes.NewReader(make([]byte, size))); status != 200 {
		t.Fatalf("a whole upload: status %d", status)
	}
	errCut := errors.New("cut")
	for _, sent := range []int{0, 1, size / 2, size - 1} {
		cut := io.MultiReader(bytes.NewReader(make([]byte, sent)), failing{errCut})
		if status := presigned(t, c, "k", size, cut); status == 200 {
			t.Errorf("%d of %d bytes: status %d", sent, size, status)
		}
	}
	// Poll, because versitygw may still be processing an upload whose client has disconnected.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 30 {
		<-tick.C
		list, err := c.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: new("whole")})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Versions) != 1 || *list.Versions[0].Size != size {
			t.Fatalf("%d versions, the newest of %d bytes; want one of %d", len(list.Versions), *list.Versions[0].Size, size)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
