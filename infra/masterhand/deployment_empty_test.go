package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// A key with characters that XML forbids is deleted by a request of its own. In the XML list of
// several keys, the SDK would replace these characters. S3 would then keep the object, although the
// command would report it as deleted.
func TestEmptyDeletesKeysThatXMLCannotContain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var deleted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch r.Method {
		case http.MethodGet:
			io.WriteString(w, `<ListVersionsResult><EncodingType>url</EncodingType>
				<Version><Key>a%08b</Key><VersionId>1</VersionId></Version><Version><Key>c+d</Key><VersionId>2</VersionId></Version>
				<DeleteMarker><Key>e%EF%BF%BF</Key><VersionId>3</VersionId></DeleteMarker></ListVersionsResult>`)
		case http.MethodDelete:
			deleted = append(deleted, strings.TrimPrefix(r.URL.Path, "/b/")+"@"+r.URL.Query().Get("versionId"))
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			body, _ := io.ReadAll(r.Body)
			deleted = append(deleted, "list of "+string(body[strings.Index(string(body), "<Key>"):strings.Index(string(body), "</Key>")]))
			io.WriteString(w, `<DeleteResult></DeleteResult>`)
		}
	}))
	t.Cleanup(server.Close)
	s := &session{aws: aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}}
	n, err := s.empty(t.Context(), "b")
	if err != nil || n != 3 || !slices.Equal(deleted, []string{"a\bb@1", "e\uffff@3", "list of <Key>c d"}) {
		t.Errorf("%d deleted, %v: %q", n, err, deleted)
	}
}
