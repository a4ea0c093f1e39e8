package s3store_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// Look parses the headers of archived objects as the Amazon S3 API Reference (HeadObject)
// documents them.
func TestStorage(t *testing.T) {
	t.Parallel()
	const (
		class, status, restore = "X-Amz-Storage-Class", "X-Amz-Archive-Status", "X-Amz-Restore"

		running  = `ongoing-request="true"`
		finished = `ongoing-request="false", expiry-date="Fri, 21 Dec 2035 00:00:00 GMT"`
	)
	for name, test := range map[string]struct {
		headers map[string]string
		want    masters.Storage
	}{
		"standard":     {nil, masters.Storage{}},
		"archived":     {map[string]string{class: "GLACIER"}, masters.Storage{StorageClass: "GLACIER"}},
		"restoring":    {map[string]string{class: "GLACIER", restore: running}, masters.Storage{StorageClass: "GLACIER"}},
		"restored":     {map[string]string{class: "DEEP_ARCHIVE", restore: finished}, masters.Storage{StorageClass: "DEEP_ARCHIVE", Restored: true}},
		"in a tier":    {map[string]string{class: "INTELLIGENT_TIERING"}, masters.Storage{StorageClass: "INTELLIGENT_TIERING"}},
		"archive tier": {map[string]string{class: "INTELLIGENT_TIERING", status: "ARCHIVE_ACCESS"}, masters.Storage{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "ARCHIVE_ACCESS"}},
		"tier restoring": {
			map[string]string{class: "INTELLIGENT_TIERING", status: "DEEP_ARCHIVE_ACCESS", restore: running},
			masters.Storage{StorageClass: "INTELLIGENT_TIERING", ArchiveStatus: "DEEP_ARCHIVE_ACCESS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for header, value := range test.headers {
					w.Header().Set(header, value)
				}
				if r.URL.Query().Has("tagging") {
					_, _ = w.Write([]byte(`<Tagging><TagSet></TagSet></Tagging>`))
				}
			}))
			t.Cleanup(server.Close)
			client := awsclient.New("us-east-1", variables.Endpoints{S3: server.URL}, func(name string) (string, bool) {
				return "test", name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY"
			})
			if o := look(t, s3store.Bucket{Client: s3client.New(client), Name: "masters"}, "film"); o.Storage != test.want {
				t.Errorf("%+v, want %+v", o.Storage, test.want)
			}
		})
	}
}
