package transfer

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// stallTimeout is the longest time for which the server may take no byte of a PUT while bytes
	// are ready to be sent. It includes the time to connect.
	stallTimeout = 30 * time.Second
	// answerTimeout is how long the server may take to answer after the last byte of the PUT was
	// sent.
	answerTimeout = 90 * time.Second
	// maxAnswer is how much of an answer's body is read, in bytes.
	maxAnswer = 64 << 10
)

// attempt sends one PUT of the whole object, from byte 0.
func (m *Mover) attempt(parent context.Context, src Source, up Upload, slots []*memory) (Result, error) {
	begun := time.Now()
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	window := openWindow(ctx, src, up.Size, orDefault(m.Idle, DefaultIdle), slots)
	defer window.close()
	body := newBody(window, up, func() { cancel(errStalled) })
	defer body.end() // runs before window.close, because the body must not read from a closed window

	answer, err := put(ctx, m.Client, up, body)
	stopped := window.failure()
	switch taken := err == nil && answer.status >= 200 && answer.status <= 299; {
	case taken && answer.last:
		return body.result(answer.etag, time.Since(begun)), nil
	case stopped != nil && !errors.Is(stopped, errClosed) && !errors.Is(stopped, errStalled):
		// the source, Alive or the context caused the PUT's error: return the cause
		return Result{}, stopped
	case taken:
		return Result{}, connectionError(errEarly)
	case err == nil:
		return Result{}, refusal(answer.status, answer.head, up.URL)
	case parent.Err() != nil:
		return Result{}, context.Cause(parent)
	default:
		return Result{}, connectionError(causeOr(ctx, err))
	}
}

// answer is the server's answer to a PUT.
type answer struct {
	status int
	etag   string
	head   []byte // the first bytes of the answer's body
	last   bool   // whether the answer came after the last byte was sent
}

// put sends the upload's PUT and reads the answer.
func put(ctx context.Context, client *http.Client, up Upload, body *body) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, up.URL.Reveal(), body)
	if err != nil {
		return answer{}, errUnusable // err is not returned, because it contains the URL
	}
	request.ContentLength = up.Size
	// the connection is not reused: it may die unnoticed while Lambda freezes the process
	request.Close = true
	request.Header.Set("Content-Type", up.ContentType)

	plain := *client
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := plain.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, etag: response.Header.Get("ETag"), last: body.complete()}
	// the error is ignored: even a part of the body may contain the error code
	a.head, _ = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return a, nil
}

// isHex reports whether an ETag has the form of S3's ETags: hexadecimal digits. After a multipart
// upload, a dash and the number of parts follow the digits.
func isHex(etag string) bool {
	sum, parts, _ := strings.Cut(etag, "-")
	return sum != "" && len(sum) <= 64 && strings.Trim(sum, "0123456789abcdef") == "" &&
		len(parts) <= 5 && strings.Trim(parts, "0123456789") == "" && !strings.HasSuffix(etag, "-")
}

// result returns the result of a body that was sent whole and accepted.
func (b *body) result(etag string, elapsed time.Duration) Result {
	r := Result{Bytes: b.sent.Load(), Elapsed: elapsed}
	b.sha.Sum(r.SHA256[:0])
	plain := strings.ToLower(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`))
	if isHex(plain) {
		r.ETag = plain
	}
	if b.md5 != nil {
		b.md5.Sum(r.MD5[:0])
		r.ETagDiffers = plain != "" && plain != hex.EncodeToString(r.MD5[:])
	}
	return r
}
