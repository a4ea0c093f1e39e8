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

// MaxObject is the maximum size of one PUT, in bytes: 5 GiB − 5 MiB.
const MaxObject = 5<<30 - 5<<20

// writePause is the minimum time between two writes of a key in R2.
const writePause = time.Second

// errDigest is the error for a body that does not match its checksum.
var errDigest = errors.New("body that does not match its checksum")

// handler returns the chain of handlers, from the outside in: the count of requests, faults, R2's
// rules, the count of writers, the S3 server.
func (s *Storage) handler(endpoint *url.URL) http.Handler {
	forward := &httputil.ReverseProxy{
		Transport: s.behind,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(endpoint)
			p.Out.Host = p.In.Host                 // the signature covers the host
			p.Out.URL.RawQuery = p.In.URL.RawQuery // the signature covers the query
		},
		ModifyResponse: translate,
		ErrorHandler:   broken,
		ErrorLog:       log.New(io.Discard, "", 0), // the log would show URLs that are credentials
	}
	return s.writes.count(s.key, fault.Handler(s.Faults, s.key, s.rules(s.write(forward))))
}

// key returns the key of the object in a request.
func (s *Storage) key(r *http.Request) string {
	return strings.TrimPrefix(r.URL.Path, "/"+s.config.Bucket+"/")
}

// rules rejects requests that R2 rejects and an S3 server may accept.
func (s *Storage) rules(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPut:
		case r.Header.Get("Expect") != "":
			fault.Status(http.StatusExpectationFailed).After(0).ServeHTTP(w, r)
			return
		case r.Header.Get("Content-Length") == "": // a chunked body, or a body without a length
			Refusal("MissingContentLength").After(0).ServeHTTP(w, r)
			return
		case r.ContentLength > MaxObject:
			Refusal("EntityTooLarge").After(0).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, checked(r))
	})
}

// checked returns a request that fails with errDigest if its body does not match the checksum in
// its URL.
func checked(r *http.Request) *http.Request {
	sum, err := base64.StdEncoding.DecodeString(r.URL.Query().Get(checksumParameter))
	if err != nil || len(sum) != crc32.Size || r.ContentLength <= 0 {
		return r
	}
	request := r.WithContext(r.Context())
	request.Body = &checkedBody{ReadCloser: r.Body, left: r.ContentLength, want: binary.BigEndian.Uint32(sum), hash: crc32.NewIEEE()}
	return request
}

// checkedBody withholds the last bytes of a body that does not match its checksum.
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

// write counts concurrent PUTs and enforces R2's limit for a key.
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
