package s3records_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/announcements/intake/s3records"
)

// A foreign object below the records' prefix must not end the listing, whatever its key.
func TestAForeignKeyDoesNotEndTheListing(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding, key := "", "raw/&#x8;"
		if r.URL.Query().Get("encoding-type") == "url" {
			encoding, key = "<EncodingType>url</EncodingType>", "raw/%08"
		}
		fmt.Fprintf(w, "<ListBucketResult>%s<Contents><Key>%s</Key></Contents><Contents><Key>raw/hoox</Key></Contents></ListBucketResult>", encoding, key)
	}))
	t.Cleanup(server.Close)
	records := s3records.Records{Bucket: "records", Client: s3.New(s3.Options{
		BaseEndpoint: &server.URL, Region: "us-east-1", UsePathStyle: true, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
	var keys []string
	for key, err := range records.List(t.Context(), "raw/", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	if !slices.Equal(keys, []string{"raw/\b", "raw/hoox"}) {
		t.Errorf("listed %q", keys)
	}
}
