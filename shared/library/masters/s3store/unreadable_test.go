package s3store_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// ErrBucket means that the whole bucket cannot be read, and its text names the cause in plain
// words. A temporary fault is never returned as ErrBucket.
func TestABucketThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		status int
		says   string
	}{
		"PermanentRedirect":     {http.StatusMovedPermanently, "films: it is in another region"},
		"NoSuchBucket":          {http.StatusNotFound, "films: there is no such bucket"},
		"AccessDenied":          {http.StatusForbidden, "films: access is refused: it is of another account"},
		"RequestTimeTooSkewed":  {http.StatusForbidden, ""},
		"ExpiredToken":          {http.StatusBadRequest, ""},
		"SignatureDoesNotMatch": {http.StatusForbidden, ""},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code)
			}))
			t.Cleanup(server.Close)
			client := s3client.New(awsclient.New("eu-central-1", variables.Endpoints{S3: server.URL}, func(name string) (string, bool) {
				return map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}[name], true
			}))
			bucket := s3store.Bucket{Client: client, Name: "films"}
			_, _, paged := bucket.Page(t.Context(), "", "", 1)
			for _, listed := range bucket.List(t.Context(), "") {
				for _, err := range []error{paged, listed} {
					if err == nil || errors.Is(err, masters.ErrBucket) != (c.says != "") || !strings.Contains(err.Error(), c.says) {
						t.Errorf("%v, want %q", err, c.says)
					}
				}
			}
		})
	}
}
