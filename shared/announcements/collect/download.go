package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/lazy"
)

const (
	// attempts is the number of consecutive failures after which a download ends. Whenever another
	// 16 KiB (the constant quantum) have arrived, the number of failures is set back to 0.
	attempts = 5
	// quantum is the number of bytes that a server must send within the time silence, so that a
	// server that sends single bytes cannot keep a run busy.
	quantum = 16 << 10
	// leastRate is the smallest permitted average rate of a server, in bytes per second. It applies
	// as soon as a run has waited for the server for a minute in total.
	leastRate = 64 << 10
	warmUp    = time.Minute
)

// download reads one file with as many requests as needed. After an interruption it continues at
// the first missing byte, if the server proves that the file is unchanged. Otherwise reading ends
// with CodeChanged or CodeCut, and the caller must fetch the file again from byte 0.
type download struct {
	client  *http.Client
	address capability.URL
	silence time.Duration
	backoff backoff.Steps
	limit   int64
	now     func() time.Time

	moved  int64         // the number of bytes that arrived in this run
	waited time.Duration // the total time for which this run waited for the server's answers and bytes

	offset    int64  // the offset in the file of the next byte to read
	size      int64  // the size of the whole file; -1 means that the server did not state it
	validator string // the value for If-Range; "" means that the server sent no usable one
	tag       string // the ETag of the first answer, strong or weak; "" means none
	partial   bool   // whether the current answer is a part of the file and does not state the file's size

	body   io.ReadCloser
	end    context.CancelCauseFunc // cancels the current request, whose answer's body is the field body
	ctx    context.Context         // the context of the current request
	guard  *time.Timer             // cancels the request when the server is silent for too long
	left   time.Duration           // the time left to receive the rest of the current 16 KiB (quantum)
	got    int                     // the number of bytes that have arrived of the current 16 KiB (quantum)
	failed int                     // the number of failures since the last full 16 KiB (quantum) arrived
}

// read fills p. After an interruption it sends another request for the missing bytes. At the file's
// end it returns io.EOF or io.ErrUnexpectedEOF, as [io.ReadFull] does.
func (d *download) read(ctx context.Context, p []byte) (n int, err error) {
	for n < len(p) {
		var got int
		got, err = d.some(ctx, p[n:])
		n += got
		d.offset += int64(got)
		if d.offset > d.limit {
			return n, faulty(CodeTooLarge, forever, "more than %d bytes", d.limit)
		}
		if err == nil {
			continue
		}
		if err == io.EOF && (d.size < 0 && !d.partial || d.offset == d.size) {
			if n > 0 {
				return n, io.ErrUnexpectedEOF
			}
			return n, io.EOF
		}
		if err = d.recover(ctx, err); err != nil {
			return n, err
		}
	}
	return n, nil
}

// some reads into p the next bytes that the server sends.
func (d *download) some(ctx context.Context, p []byte) (int, error) {
	if d.body == nil {
		if err := d.open(ctx); err != nil {
			return 0, err
		}
	}
	began, slow := time.Now(), d.pace()
	d.guard.Reset(d.left)
	n, err := d.body.Read(p)
	d.guard.Stop()
	if tooSlow := slow(int64(n)); err == nil {
		err = tooSlow
	}
	d.left -= time.Since(began)
	if d.got += n; d.got >= quantum {
		d.got, d.left, d.failed = 0, d.silence, 0
	}
	return n, err
}

// pace starts to measure a wait for the server. When the wait ends, the caller must call the
// returned function with the number n of bytes that arrived. This function returns a fault if the
// server is too slow.
func (d *download) pace() func(n int64) error {
	began := d.now()
	return func(n int64) error {
		d.moved, d.waited = d.moved+n, d.waited+d.now().Sub(began)
		if d.waited > warmUp && float64(d.moved) < leastRate*d.waited.Seconds() {
			return faulty(CodeSlow, later, "%d bytes in %s", d.moved, d.waited.Round(time.Second))
		}
		return nil
	}
}

// recover decides what to do after a failed request. It returns nil if the caller must send another
// request, or else the fault that ends the download.
func (d *download) recover(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) {
		err = errShort
	}
	var f *fault
	if !errors.As(err, &f) {
		if errors.Is(context.Cause(d.ctx), errStalled) {
			err = errStalled
		}
		f = faulty(CodeCut, later, "after %d bytes: %s", d.offset, shown(err))
	}
	d.close()
	d.failed++
	switch {
	case ctx.Err() != nil:
		return &fault{code: CodeTime, verdict: later, cause: ctx.Err()}
	case f.verdict != later, f.code == CodeChanged, f.code == CodeSlow, d.failed == attempts:
		return f
	case d.offset > 0 && d.validator == "":
		return f // the download cannot continue: without a validator nothing proves that the file is unchanged
	}
	if !backoff.Sleep(ctx, d.backoff.Delay(d.failed, 1)) {
		return &fault{code: CodeTime, verdict: later, cause: ctx.Err()}
	}
	return nil
}

// close ends the current request, if there is one.
func (d *download) close() {
	if d.end != nil {
		d.guard.Stop()
		d.end(context.Canceled)
		d.end = nil
	}
	if d.body != nil {
		_ = d.body.Close()
		d.body = nil
	}
}

// open requests the file from the offset to its end.
func (d *download) open(ctx context.Context) error {
	d.ctx, d.end = context.WithCancelCause(ctx)
	end := d.end
	d.guard = time.AfterFunc(d.silence, func() { end(errStalled) })
	req, err := http.NewRequestWithContext(d.ctx, http.MethodGet, d.address.Reveal(), nil)
	if err != nil {
		return faulty(CodeForbidden, forever, "URL unusable")
	}
	req.Header.Set("Accept-Encoding", "identity")
	if d.offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.offset))
		req.Header.Set("If-Range", d.validator)
	}
	slow := d.pace()
	resp, err := d.client.Do(req)
	tooSlow := slow(0)
	if err != nil {
		return connecting(d.ctx, err)
	}
	d.guard.Stop()
	d.body, d.got, d.left = resp.Body, 0, d.silence
	if tooSlow != nil {
		return tooSlow
	}
	return d.answered(resp)
}

// answered checks the status and the headers of the server's answer.
func (d *download) answered(resp *http.Response) error {
	code := resp.StatusCode
	switch {
	case code == http.StatusOK, code == http.StatusPartialContent && d.offset > 0:
		if e := resp.Header.Get("Content-Encoding"); !isPlain(e) {
			return faulty(CodeEncoded, forever, "Content-Encoding %.20q", e)
		}
		if code == http.StatusPartialContent {
			return d.continued(resp)
		}
		return d.begun(resp)
	case code == http.StatusRequestedRangeNotSatisfiable && d.offset > 0:
		return d.beyond(resp)
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return faulty(CodeServer, later, "status %d", code)
	}
	return faulty(CodeRefused, soon, "status %d", code)
}

// begun handles an answer that contains the whole file. If a part of the file was read before,
// begun skips this part, and returns a fault if the file may have changed since then. It also
// returns a fault if the file is too large.
func (d *download) begun(resp *http.Response) error {
	d.partial = false
	if d.offset == 0 {
		d.size, d.validator, d.tag = resp.ContentLength, validatorOf(resp), resp.Header.Get("ETag")
		if d.size > d.limit {
			return faulty(CodeTooLarge, forever, "%d bytes of at most %d", d.size, d.limit)
		}
		return nil
	}
	if d.validator == "" || validatorOf(resp) != d.validator || resp.ContentLength != d.size || !d.unchanged(resp) {
		return faulty(CodeChanged, later, "after %d bytes", d.offset)
	}
	for left := d.offset; left > 0; {
		slow := d.pace()
		d.guard.Reset(d.silence)
		n, err := io.CopyN(io.Discard, d.body, min(left, 1<<20))
		d.guard.Stop()
		if tooSlow := slow(n); err == nil && tooSlow != nil {
			return tooSlow
		}
		if left -= n; errors.Is(err, io.EOF) {
			return errShort // not io.EOF, because the caller takes io.EOF as the end of a file of unknown length
		} else if err != nil {
			return err
		}
	}
	return nil
}

var contentRange = lazy.Regexp(`^bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)$`)

// continued accepts an answer with the rest of the file. It returns a fault if the range is not the
// requested one, or if the file may have changed.
func (d *download) continued(resp *http.Response) error {
	m := contentRange().FindStringSubmatch(strings.TrimSpace(resp.Header.Get("Content-Range")))
	same := m != nil && m[1] == strconv.FormatInt(d.offset, 10) && d.unchanged(resp)
	d.partial = same && m[2] == "*"
	if same && !d.partial {
		total, _ := strconv.ParseInt(m[2], 10, 64)
		same = d.size < 0 || d.size == total
		d.size = total
	}
	if !same {
		return faulty(CodeChanged, later, "after %d bytes", d.offset)
	}
	return nil
}

// unchanged reports whether the headers of an answer belong to the version of the file whose first
// bytes were read. A server may ignore If-Range, so the status 206 alone proves nothing. With a
// strong ETag, the answer must have the same ETag (RFC 9110, 15.3.7). With a date, the answer may lack
// Last-Modified and ETag, but must not contradict those of the first answer.
func (d *download) unchanged(resp *http.Response) bool {
	tag, modified := resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	if isStrong(d.validator) {
		return tag == d.validator
	}
	return (modified == "" || modified == d.validator) &&
		(tag == "" || d.tag == "" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(d.tag, "W/"))
}

// beyond handles the answer 416: the file has no bytes at the requested offset. For a file of unknown
// length this means that the file is complete. For a file of known length it is a fault.
func (d *download) beyond(resp *http.Response) error {
	d.close()
	total, isTotal := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes */")
	if d.size < 0 && isTotal && total == strconv.FormatInt(d.offset, 10) {
		d.size = d.offset
		return io.EOF
	}
	return faulty(CodeLength, forever, "%d bytes, though the server said %d", d.offset, d.size)
}

// validatorOf returns the value for If-Range that proves that a file is unchanged: a strong ETag,
// or a Last-Modified at least a minute before the answer's Date (RFC 9110, 8.8.2.2). It returns ""
// if the answer has neither.
func validatorOf(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); isStrong(tag) {
		return tag
	}
	modified, err := http.ParseTime(resp.Header.Get("Last-Modified"))
	now, errNow := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || errNow != nil || now.Sub(modified) < time.Minute {
		return ""
	}
	return resp.Header.Get("Last-Modified")
}

func isStrong(tag string) bool { return len(tag) > 2 && len(tag) <= 256 && tag[0] == '"' }

// isPlain reports whether a body with these values of Content-Encoding contains the file's own bytes.
// It accepts "aws-chunked": S3 keeps this word of an upload in the header of the object, but the
// bytes are not encoded. It also accepts words that name no coding, which S3 keeps if an uploader sets
// them; the bytes are checked as media all the same.
func isPlain(encodings string) bool {
	for encoding := range strings.SplitSeq(encodings, ",") {
		switch strings.ToLower(strings.TrimSpace(encoding)) {
		case "", "identity", "aws-chunked":
		case "base64", "utf-8", "binary", "none", "7bit", "8bit", "null":
		default:
			return false
		}
	}
	return true
}
