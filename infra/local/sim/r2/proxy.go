package r2

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"time"

	"masterhand/infra/local/sim/fault"
)

// MaxObject is the maximum size of one PUT, in bytes: 5 GiB − 5 MiB.
const MaxObject = 5<<30 - 5<<20

// writePause is the minimum time between two writes of a key in R2.
const writePause = time.Second

// errDigest means that a body does not match its checksum.
var errDigest = errors.New("body that does not match its checksum")

// handler returns the chain of handlers through which a request goes, in this order: count the
// request, apply faults, apply R2's rules, count the writers, forward to the S3 server.
func (s *Storage) handler(forward *fault.Proxy) http.Handler {
	forward.Transport, forward.ModifyResponse, forward.ErrorHandler = s.behind, translate, broken
	return s.writes.count(s.key, fault.Handler(s.Faults, s.key, s.rules(s.write(forward))))
}

// key returns the key of the object that a request names in its path.
func (s *Storage) key(r *http.Request) string {
	return strings.TrimPrefix(r.URL.Path, "/"+s.config.Bucket+"/")
}

// rules returns a handler that passes requests on to next. It rejects requests that R2 rejects
// although an S3 server may accept them.
func (s *Storage) rules(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPut:
		case r.Header.Get("Expect") != "":
			fault.Status(http.StatusExpectationFailed).After(0).ServeHTTP(w, r)
			return
		// R2 rejects a PUT without a Content-Length, for example one with a chunked body
		case r.Header.Get("Content-Length") == "":
			Refusal("MissingContentLength").After(0).ServeHTTP(w, r)
			return
		case r.ContentLength > MaxObject:
			Refusal("EntityTooLarge").After(0).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, checked(r))
	})
}

// checked returns the request with a body that is checked: reading the body fails with errDigest
// if it does not match the checksum in the URL.
func checked(r *http.Request) *http.Request {
	sum, err := base64.StdEncoding.DecodeString(r.URL.Query().Get(checksumParameter))
	if err != nil || len(sum) != crc32.Size || r.ContentLength <= 0 {
		return r
	}
	request := r.WithContext(r.Context())
	request.Body = &checkedBody{ReadCloser: r.Body, left: r.ContentLength, want: binary.BigEndian.Uint32(sum), hash: crc32.NewIEEE()}
	return request
}

// checkedBody is a body whose last bytes are withheld if the body does not match its checksum, so
// that the S3 server stores nothing.
type checkedBody struct {
	io.ReadCloser
	left int64
	want uint32
	hash hash.Hash32
}

func (c *checkedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	_, _ = c.hash.Write(p[:n]) // the error is ignored: writing to a hash never fails
	if c.left -= int64(n); c.left <= 0 && c.hash.Sum32() != c.want {
		return 0, errDigest
	}
	return n, err
}

// write returns a handler that passes requests on to next. It counts the PUTs that write to a key
// at the same time. If the option OncePerSecond is set, it rejects a PUT that comes too soon after
// the previous write of the same key, as R2 does.
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
