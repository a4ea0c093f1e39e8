package r2_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/s3test"
	"masterhand/shared/kit/capability"
)

// answer holds what the server answered to a PUT.
type answer struct {
	status int
	code   string // code in the XML error; "" if there is none
	header http.Header
}

// put uploads a body with a Content-Length. The function change may change the request first, for
// example remove the length.
func put(ctx context.Context, upload capability.URL, body []byte, change func(*http.Request)) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, upload.Reveal(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "video/mp4")
	if change != nil {
		change(request)
	}
	transport := &http.Transport{ExpectContinueTimeout: time.Second}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	var found struct{ Code string }
	_ = xml.Unmarshal(text, &found)
	return answer{response.StatusCode, found.Code, response.Header}, nil
}

// endless is a body without an end. Only an early answer can end its upload.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
func (endless) Close() error               { return nil }

func TestGateway(t *testing.T) {
	t.Parallel()
	config := s3test.Start(t)
	storage, err := r2.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(storage.Close)
	again, err := r2.Open(t.Context(), config) // must succeed, although the bucket already exists
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	t.Run("delivery", func(t *testing.T) { delivery(t, storage) })
	t.Run("refusals", func(t *testing.T) { refusals(t, storage) })
}

func delivery(t *testing.T, storage *r2.Storage) {
	for _, key := range []string{
		"fb-external/019d928c/HRT-1212/v2/en/9x16.video",
		"fb-external/p/ä b+c%d#e?f&g=h'(1)~*!/v2/en/🍏.video",
	} {
		if _, err := storage.Object(t.Context(), key); !errors.Is(err, r2.ErrAbsent) {
			t.Errorf("%s: %v before it is there", key, err)
		}
		// The second PUT must replace the object of the first PUT.
		for _, body := range [][]byte{[]byte("first"), bytes.Repeat([]byte("second"), 1<<18)} {
			upload, err := storage.Presign(key, r2.URLOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if signed := upload.Query().Get("X-Amz-SignedHeaders"); signed != "host" {
				t.Errorf("signed headers %q", signed)
			}
			sum := md5.Sum(body)
			want := `"` + hex.EncodeToString(sum[:]) + `"`
			got, err := put(t.Context(), upload, body, nil)
			if err != nil || got.status != 200 || got.header.Get("ETag") != want {
				t.Errorf("%s: %+v, %v", key, got, err)
			}
			object, err := storage.Object(t.Context(), key)
			if err != nil || object.Size != int64(len(body)) || object.SHA256 != sha256.Sum256(body) ||
				object.ContentType != "video/mp4" || object.ETag != want {
				t.Errorf("%s: %+v, %v", key, object, err)
			}
		}
		w := storage.Writes(key)
		if w.Puts != 2 || w.Landed != 2 || w.Bytes != 5+6<<18 || w.ContentType != "video/mp4" || w.Concurrent != 1 {
			t.Errorf("%s: %+v", key, w)
		}
	}
}

func refusals(t *testing.T, storage *r2.Storage) {
	typed := http.Header{"Content-Type": {"video/mp4"}}
	tests := []struct {
		name    string
		options r2.URLOptions
		change  func(*http.Request)
		status  int
		code    string
	}{
		{"usual", r2.URLOptions{}, nil, 200, ""},
		{"expired", r2.URLOptions{Signed: time.Now().Add(-time.Hour - time.Minute)}, nil, 400, "ExpiredRequest"},
		{"not yet expired", r2.URLOptions{Signed: time.Now().Add(-time.Hour + time.Minute)}, nil, 200, ""},
		{"short life over", r2.URLOptions{Signed: time.Now().Add(-time.Minute), Lifetime: 30 * time.Second}, nil, 400, "ExpiredRequest"},
		{"another key", r2.URLOptions{}, func(r *http.Request) { r.URL.Path += "2" }, 403, "SignatureDoesNotMatch"},
		{"longer life", r2.URLOptions{}, func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=3600", "X-Amz-Expires=7200", 1)
		}, 403, "SignatureDoesNotMatch"},
		{"another host", r2.URLOptions{}, func(r *http.Request) { r.Host = "r2.example" }, 403, "SignatureDoesNotMatch"},
		{"read with it", r2.URLOptions{}, func(r *http.Request) { r.Method = http.MethodGet }, 403, "SignatureDoesNotMatch"},
		{"checksum trap", r2.URLOptions{Checksum: true}, nil, 400, "BadDigest"},
		{"checksum trap, empty", r2.URLOptions{Checksum: true}, func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }, 200, ""},
		{"signed type sent", r2.URLOptions{Headers: typed}, nil, 200, ""},
		{"signed type missing", r2.URLOptions{Headers: typed}, func(r *http.Request) { r.Header.Del("Content-Type") }, 403, "SignatureDoesNotMatch"},
		{"signed header missing", r2.URLOptions{Headers: http.Header{"x-amz-meta-owner": {"me"}}}, nil, 403, "SignatureDoesNotMatch"},
		{"chunked", r2.URLOptions{}, func(r *http.Request) { r.ContentLength = -1 }, 411, "MissingContentLength"},
		{"too large", r2.URLOptions{}, func(r *http.Request) {
			r.Body, r.ContentLength = endless{}, r2.MaxObject+1
		}, 400, "EntityTooLarge"},
		{"expecting to continue", r2.URLOptions{}, func(r *http.Request) { r.Header.Set("Expect", "100-continue") }, 417, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			key := "refusals/" + test.name
			upload, err := storage.Presign(key, test.options)
			if err != nil {
				t.Fatal(err)
			}
			got, err := put(t.Context(), upload, []byte("body"), test.change)
			if err != nil || got.status != test.status || got.code != test.code {
				t.Errorf("%d %s, %v; want %d %s", got.status, got.code, err, test.status, test.code)
			}
			_, err = storage.Object(t.Context(), key)
			if landed := err == nil; landed != (test.status == 200) {
				t.Errorf("read back: %v", err)
			}
		})
	}
}
