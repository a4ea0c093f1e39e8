package collect_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/timeline"
)

// A file that cannot become a master must fail at once, with its reason, and leave no object or upload.
func TestAFileThatCannotBeAMasterFails(t *testing.T) {
	t.Parallel()
	whole := func(content []byte) http.HandlerFunc { return serving(content, `"v1"`) }
	to := func(location string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}
	}
	var zipped bytes.Buffer
	packer := gzip.NewWriter(&zipped)
	_, _ = packer.Write(film(1 << 20))
	_ = packer.Close()
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		code    string
	}{
		"too large, by its length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99999999999")
			_, _ = w.Write(film(100))
		}, collect.CodeTooLarge},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for block := film(1 << 20); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, collect.CodeTooLarge},
		"a length that is never reached": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "2000000")
			_, _ = w.Write(film(1 << 20))
		}, collect.CodeLength},
		"nothing beyond a cut": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"v1"`)
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes */1048576")
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			w.Header().Set("Content-Length", "2000000")
			_, _ = w.Write(film(1 << 20))
		}, collect.CodeLength},
		"a zip bomb":  {whole(append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), make([]byte, 5000)...)), collect.CodeNotMedia},
		"a gzip bomb": {whole(zipped.Bytes()), collect.CodeNotMedia},
		"a program":   {whole([]byte("\x7fELF\x02\x01\x01\x00" + strings.Repeat("x", 100))), collect.CodeNotMedia},
		"sound":       {whole([]byte("ID3\x03\x00" + strings.Repeat("\x00", 100))), collect.CodeNotMedia},
		"sent compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped.Bytes())
		}, collect.CodeEncoded},
		"to the metadata":    {to("http://169.254.169.254/latest/meta-data/"), collect.CodeForbidden},
		"to a private host":  {to("https://10.0.0.1/"), collect.CodeForbidden},
		"to another machine": {to("http://files.test/"), collect.CodeForbidden},
		"round and round":    {to("/"), collect.CodeForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			d.MaxBytes = 3 << 20
			o := d.collect(t, d.export(t, server(t, test.handler)))
			f := d.file(t)
			if !o.Done || o.Err == nil || f.State != timeline.Failed || f.Code != test.code || f.Key != "" || len(o.Ended) != 1 {
				t.Errorf("outcome %+v, noted as %+v", o, f)
			}
			if open, _ := d.bucket.Uploads(); open != 0 || len(d.bucket.Objects()) != 0 {
				t.Errorf("%d uploads, %d objects", open, len(d.bucket.Objects()))
			}
		})
	}
}

// A host that is not public must be refused, whether the announcement or a redirect names it.
func TestHostsThatAreNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://169.254.169.254/", "https://169.254.169.254/", "https://10.1.2.3/x", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
		"https://2130706433/", "https://0x7f.1/", "http://files.test/", "https://files.test:8443/", "https://u:p@files.test/",
	} {
		d := newFixture()
		o := d.collect(t, d.export(t, address+secret))
		if f := d.file(t); !o.Done || f.State != timeline.Failed || f.Code != collect.CodeForbidden {
			t.Errorf("%s: %+v, noted as %+v", address, o, f)
		}
	}
}
