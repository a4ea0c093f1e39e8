package r2

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"masterhand/infra/local/sim/fault"
)

// MaxObject is the largest upload by one PUT, in bytes: 5 GiB − 5 MiB.
const MaxObject = 5<<30 - 5<<20

// writePause is how long R2 wants a key left alone between two writes.
const writePause = time.Second

// errDigest is a body other than its checksum says.
var errDigest = errors.New("body that does not match its checksum")

// handler is what a request goes through, from outside: counting, faults, R2's
// rules, counting of writers, the S3 server.
func (s *Storage) handler(endpoint *url.URL) http.Handler {
	forward := &httputil.ReverseProxy{
		Transport: s.behind,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(endpoint)
			p.Out.Host = p.In.Host                 // the signature covers it
			p.Out.URL.RawQuery = p.In.URL.RawQuery // and this
		},
		ModifyResponse: translate,
		ErrorHandler:   broken,
		ErrorLog:       log.New(io.Discard, "", 0), // would show URLs that are credentials
	}
	return s.writes.count(s.key, fault.Handler(s.Faults, s.key, s.rules(s.write(forward))))
}

// key names the object that a request is about.
func (s *Storage) key(r *http.Request) string {
	return strings.TrimPrefix(r.URL.Path, "/"+s.config.Bucket+"/")
}

// rules refuses what R2 refuses and an S3 server may let pass.
func (s *Storage) rules(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPut:
		case r.Header.Get("Expect") != "":
			fault.Status(http.StatusExpectationFailed).After(0).ServeHTTP(w, r)
			return
		case r.Header.Get("Content-Length") == "": // chunked, or no body announced at all
			Refusal("MissingContentLength").After(0).ServeHTTP(w, r)
			return
		case r.ContentLength > MaxObject:
			Refusal("EntityTooLarge").After(0).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, checked(r))
	})
}

// checked lets a request fail with errDigest if its URL carries a checksum that
// the body does not have.
func checked(r *http.Request) *http.Request {
	sum, err := base64.StdEncoding.DecodeString(r.URL.Query().Get(checksumParameter))
	if err != nil || len(sum) != crc32.Size || r.ContentLength <= 0 {
		return r
	}
	request := r.WithContext(r.Context())
	request.Body = &checkedBody{ReadCloser: r.Body, left: r.ContentLength, want: binary.BigEndian.Uint32(sum), hash: crc32.NewIEEE()}
	return request
}

// checkedBody withholds the end of a body that does not match its checksum.
type checkedBody struct {
	io.ReadCloser
	left int64
	want uint32
	hash hash.Hash32
}

func (c *checkedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	_, _ = c.hash.Write(p[:n]) // never fails
	if c.left -= int64(n); c.left <= 0 && c.hash.Sum32() != c.want {
		return 0, errDigest
	}
	return n, err
}

// write counts the PUTs that write, and keeps R2's limit for one key.
func (s *Storage) write(next http.Handler) http.Handler {
	var pause time.Duration
	if s.config.OncePerSecond {
		pause = writePause
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			next.ServeHTTP(w, r)
			return
		}
		key := s.key(r)
		if !s.writes.begin(key, s.config.Now(), pause) {
			Refusal("TooManyRequests").ServeHTTP(w, r)
			return
		}
		defer s.writes.end(key)
		next.ServeHTTP(&statusWriter{ResponseWriter: w, tell: func(status int) {
			if status == http.StatusOK {
				s.writes.land(key, s.config.Now())
			}
		}}, r)
	})
}
