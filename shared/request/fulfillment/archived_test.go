package fulfillment_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/fulfillment"
)

// A request whose master is archived is never skipped. If a restored copy of the master exists, the
// copy is delivered.
func TestWireCasesOfArchivedMasters(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]fulfillment.Outcome{
		"01-archived-master.json":          {Status: fulfillment.Failed, Code: "archived"},
		"02-restored-master.json":          {Status: fulfillment.Delivered},
		"03-unreadable-poisons-queue.json": {Status: fulfillment.Failed, Code: "archived"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			bucket := bucketOfCase(t, file)
			indexer := indexing.Indexer{Documents: s.index, Bucket: bucket, Libraries: []masters.Library{library}}
			if failed := indexer.Apply(t.Context(), []string{key}); len(failed) > 0 {
				t.Fatalf("not indexed: %v", failed)
			}
			s.service.Bucket, s.service.IndexLag = bucket, 0
			got := s.fulfil(t, wanted())
			if got.Status != want.Status || got.Code != want.Code {
				t.Errorf("%s %q (%s), want %s %q", got.Status, got.Code, got.Detail, want.Status, want.Code)
			}
			if delivered := want.Status == fulfillment.Delivered; len(s.callbacks) > 0 != delivered || len(s.uploads) > 0 != delivered {
				t.Errorf("%d uploads and callbacks %q", len(s.uploads), s.callbacks)
			}
		})
	}
}

// bucketOfCase returns an S3 bucket that answers requests for key as the case's file says.
func bucketOfCase(t *testing.T, file string) s3store.Bucket {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var wire struct {
		Object struct {
			Key  string            `json:"key"`
			HEAD map[string]string `json:"HEAD"`
			GET  json.RawMessage   `json:"GET"` // a JSON object stands for an error answer, a JSON string for a success
		} `json:"object"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		t.Fatal(err)
	}
	var refusal struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	}
	wire.Object.Key = cmp.Or(wire.Object.Key, key)
	refused := json.Unmarshal(wire.Object.GET, &refusal) == nil
	film := portrait(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("tagging"):
			fmt.Fprint(w, `<Tagging><TagSet></TagSet></Tagging>`)
		case r.URL.Query().Has("list-type"):
			fmt.Fprintf(w, `<ListBucketResult><Contents><Key>%s</Key><ETag>&quot;1&quot;</ETag><Size>%d</Size></Contents></ListBucketResult>`,
				wire.Object.Key, len(film))
		case r.URL.Path != "/masters/"+wire.Object.Key:
			http.NotFound(w, r)
		case r.Method == http.MethodGet && refused:
			w.WriteHeader(refusal.Status)
			fmt.Fprintf(w, `<Error><Code>%s</Code></Error>`, refusal.Code)
		default:
			for name, value := range wire.Object.HEAD {
				w.Header().Set(name, value)
			}
			w.Header().Set("ETag", `"1"`)
			http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(film))
		}
	}))
	t.Cleanup(server.Close)
	client := awsclient.New("us-east-1", variables.Endpoints{S3: server.URL}, func(name string) (string, bool) {
		return "test", name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY"
	})
	return s3store.Bucket{Client: s3client.New(client), Name: "masters"}
}

// portrait returns the bytes of the sample master.
func portrait(t *testing.T) []byte {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Key == key {
			return m.Data
		}
	}
	t.Fatalf("no sample master has the key %s", key)
	return nil
}
