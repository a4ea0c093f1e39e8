package system_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/names"
)

// hostile is a malicious link that a test announces in the name of Hoox. The fields state and code
// are the final state and the error code that its file must have.
type hostile struct {
	link  string
	state timeline.FileState
	code  string
}

// inside returns links that must never be fetched: links to forbidden addresses, and links in a
// forbidden form, for example without TLS. The address 127.0.0.1 in its usual spelling is not among
// them, because most test systems allow it.
func inside() map[string]hostile {
	all := map[string]hostile{}
	for name, link := range map[string]string{
		"the metadata":                     "https://169.254.169.254/latest/meta-data/",
		"the metadata in the clear":        "http://169.254.169.254/latest/meta-data/",
		"the metadata by IPv6":             "https://[fd00:ec2::254]/",
		"a container's credentials":        "http://169.254.170.2/v2/credentials/",
		"Lambda's own services":            "https://169.254.100.1/",
		"private, of class A":              "https://10.0.0.1/",
		"private, of class B":              "https://172.16.5.4/",
		"private, of class C":              "https://192.168.1.1/",
		"carrier-grade NAT":                "https://100.64.0.1/",
		"this network":                     "https://0.0.0.0/",
		"the rest of loopback":             "https://127.0.0.2/",
		"loopback by IPv6":                 "https://[::1]/",
		"a private one mapped into IPv6":   "https://[::ffff:10.0.0.1]/",
		"the metadata mapped into IPv6":    "https://[::ffff:169.254.169.254]/",
		"a private one behind NAT64":       "https://[64:ff9b::10.0.0.1]/",
		"6to4":                             "https://[2002:a00:1::]/",
		"link-local":                       "https://[fe80::1]/",
		"multicast":                        "https://224.0.0.1/",
		"a public address":                 "https://93.184.215.14/",
		"loopback as a number":             "https://2130706433/",
		"loopback in octal":                "https://0177.0.0.1/",
		"loopback in hex":                  "https://0x7f.1/",
		"no TLS":                           "http://cdn.example/",
		"another port":                     "https://cdn.example:8443/",
		"S3 of this machine by its name":   "https://localhost.:9000/",
		"user info":                        "https://somebody:s3cr3t@cdn.example/",
		"user info that looks like a host": "https://cdn.example@169.254.169.254/",
	} {
		all[name] = hostile{link, timeline.Failed, collect.CodeForbidden}
	}
	for name, link := range map[string]string{
		"a file": "file:///etc/passwd", "gopher": "gopher://cdn.example/", "no URL": "//cdn.example", "a space": "https://cdn.example /",
		"no text but letters of others": "https://сdn.example/",
	} {
		all[name] = hostile{link, timeline.Failed, senders.ProblemURLUnusable}
	}
	return all
}

// most is the maximum size in bytes of a file that the tested system downloads.
const most = 1 << 20

// responders returns the handlers of faulty or malicious servers, by path, with the error code that
// a download from each must cause.
func responders(t *testing.T) map[string]struct {
	serve http.HandlerFunc
	code  string
} {
	t.Helper()
	film := film(t, 100<<10)
	var zeros, packed bytes.Buffer
	for _, out := range []*bytes.Buffer{&zeros, &packed} {
		w := gzip.NewWriter(out)
		content := film
		if out == &zeros {
			content = make([]byte, 64<<20) // gzip compresses these 64 MiB of zeros to about 64 KB
		}
		_, _ = w.Write(content)
		_ = w.Close()
	}
	give := func(content []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }
	}
	said := func(length int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(length))
			_, _ = w.Write(film)
		}
	}
	to := func(location string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		}
	}
	return map[string]struct {
		serve http.HandlerFunc
		code  string
	}{
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(film); err != nil {
					return
				}
			}
		}, collect.CodeTooLarge},
		"said-to-be-huge":   {said(1 << 40), collect.CodeTooLarge},
		"shorter-than-said": {said(len(film) + 1000), collect.CodeLength},
		"a-zip-bomb":        {give(append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), make([]byte, 5000)...)), collect.CodeNotMedia},
		"a-gzip-bomb":       {give(zeros.Bytes()), collect.CodeNotMedia},
		"a-film-in-gzip":    {give(packed.Bytes()), collect.CodeNotMedia},
		"a-program":         {give([]byte("\x7fELF\x02\x01\x01\x00" + strings.Repeat("x", 100))), collect.CodeNotMedia},
		"a-script":          {give([]byte("#!/bin/sh\nexit\n")), collect.CodeNotMedia},
		"encoded": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zeros.Bytes())
		}, collect.CodeEncoded},
		"to-the-metadata":     {to("http://169.254.169.254/latest/meta-data/s3cr3t"), collect.CodeForbidden},
		"to-the-metadata-tls": {to("https://169.254.169.254/s3cr3t"), collect.CodeForbidden},
		"to-private-space":    {to("https://10.0.0.1/s3cr3t"), collect.CodeForbidden},
		"to-private-ipv6":     {to("https://[::ffff:192.168.0.1]/s3cr3t"), collect.CodeForbidden},
		"to-no-tls":           {to("http://cdn.example/s3cr3t"), collect.CodeForbidden},
		"to-user-info":        {to("https://a:s3cr3t@cdn.example/"), collect.CodeForbidden},
		"to-another-port":     {to("https://cdn.example:8443/s3cr3t"), collect.CodeForbidden},
		"to-a-file":           {to("file:///etc/passwd"), collect.CodeForbidden},
		"round-and-round":     {to("/round-and-round/s3cr3t"), collect.CodeForbidden},
	}
}

// The download from a forbidden or a faulty server must fail at once. The timeline must state the
// reason, nothing may be stored in the bucket, and no URL may be visible anywhere.
func TestHostileLinks(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{Environment: map[string]string{names.CollectMaxBytes: fmt.Sprint(most)}})
	s.credentials.add("s3cr3t")
	all := inside()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for name, r := range responders(t) {
		mux.Handle("/"+name+"/s3cr3t", r.serve)
		all[name] = hostile{server.URL + "/" + name + "/", timeline.Failed, r.code}
	}
	s.wantRefused(t, all)
}

// On Lambda the loopback address is not allowed. Links to this machine must then be rejected like
// links to other internal addresses.
func TestLoopbackIsForbidden(t *testing.T) {
	t.Parallel()
	s := alone(t, system.Config{Environment: map[string]string{names.AllowLoopback: "false"}})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("somebody came") }))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	all := map[string]hostile{}
	for _, link := range []string{server.URL, "https://127.0.0.1", "http://localhost" + port, "https://localhost" + port} {
		all[link] = hostile{link + "/", timeline.Failed, collect.CodeForbidden}
	}
	s.wantRefused(t, all)
}

// wantRefused announces every link. The announcements state a valid creative and locale. It checks
// that each file ends in the expected state, and that nothing is stored in the bucket.
func (s *env) wantRefused(t *testing.T, all map[string]hostile) {
	t.Helper()
	began, bodies := time.Now(), map[string][]byte{}
	for name, h := range all {
		body := fmt.Appendf(nil, `{"task":"video_export","job_id":%q,"status":"completed","result":{"video_url":%q}}`, newCode(), h.link+"s3cr3t")
		bodies[name] = body
		wantTaken(t, s.Senders.Post(t.Context(), senders.Hoox, "code=HRT-1&variation=1&locale=en&aspect=9x16", body))
	}
	for name, h := range all {
		line := s.follow(t, senders.Hoox, bodies[name], began)
		if len(line.Files) != 1 {
			t.Errorf("%s: %d files", name, len(line.Files))
			continue
		}
		if f := line.Files[0]; f.State != h.state || f.Code != h.code || f.Key != "" || f.Progress != nil {
			t.Errorf("%s: noted as %+v, want %s, %s", name, f, h.state, h.code)
		}
	}
	// The test waits, because a message is deleted a moment after its timeline has the final state.
	eventually(t, "no message is left", func(context.Context) bool {
		visible, under := s.collecting(t)
		return visible+under == 0
	})
	objects, err := s.Clients().S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new(services.MastersBucket)})
	if err != nil || len(objects.Contents) != 0 {
		t.Errorf("%d objects (%v)", len(objects.Contents), err)
	}
	uploads, err := s.Clients().S3().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: new(services.MastersBucket)})
	if err != nil || len(uploads.Uploads) != 0 {
		t.Errorf("%d uploads (%v)", len(uploads.Uploads), err)
	}
}

// If a server announces fewer bytes than it sends, only the announced bytes are stored. The film's
// own boxes show that it is truncated, so it must never be delivered.
func TestATruncatedFilmIsNeverDelivered(t *testing.T) {
	byEachDoor(t, testATruncatedFilmIsNeverDelivered)
}

func testATruncatedFilmIsNeverDelivered(t *testing.T, s *env) {
	whole := sample(t, scenario.Upright)
	for name, length := range map[string]int{"within the index": 700, "within the pictures": len(whole) / 2, "at the last byte": len(whole) - 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, out, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, whole)
				_ = out.Flush()
			}))
			t.Cleanup(server.Close)
			slot, began := story(newCode()), time.Now()
			body := fmt.Appendf(nil, `{"task":"video_export","job_id":%q,"status":"completed","result":{"video_url":%q}}`, slot.Code, server.URL)
			wantTaken(t, s.Senders.Post(t.Context(), senders.Hoox, coordinates(slot), body))
			line := s.follow(t, senders.Hoox, body, began)
			if f := line.Files[0]; f.State != timeline.Stored || f.Size != int64(length) {
				t.Fatalf("noted as %+v", f)
			}
			request := s.request(t, slot, adplatform.Options{})
			s.wantEnd(t, request, s.send(t, request.Event()), "skipped")
			s.wantSkipped(t, request, "corrupt")
		})
	}
}
