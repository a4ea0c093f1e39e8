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
	// attempts is how often in a row a server may fail without sending some bytes.
	attempts = 5
	// quantum is how many bytes a server has to send within the silence allowed: one that
	// sends them drop by drop does not keep a run for all its time.
	quantum = 16 << 10
	// leastRate is how many bytes a second a server has to send on average, once a run has
	// waited for it for a minute.
	leastRate = 64 << 10
	warmUp    = time.Minute
)

// download reads one file over as many answers as it takes. After a cut it goes on where
// it was if the server proves that the rest is of the same file; where that cannot be,
// reading ends with CodeChanged or CodeCut and the whole has to begin anew.
type download struct {
	client  *http.Client
	address capability.URL
	silence time.Duration
	backoff backoff.Steps
	limit   int64
	now     func() time.Time

	moved  int64         // bytes that came in this run
	waited time.Duration // for them and for answers

	offset    int64  // of the next byte
	size      int64  // of the whole; -1: not told
	validator string // of If-Range; "": none that proves anything

	body   io.ReadCloser
	end    context.CancelCauseFunc // ends the request that body is of
	ctx    context.Context         // of that request
	guard  *time.Timer             // ends it when the server is silent
	left   time.Duration           // until it is
	got    int                     // bytes since that was set
	failed int                     // in a row, without a quantum
}

// read fills p as far as there is something to fill it with. At the end it returns
// io.EOF or io.ErrUnexpectedEOF as [io.ReadFull] does.
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
		if err == io.EOF && (d.size < 0 || d.offset == d.size) {
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

// some reads what comes next.
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

// pace starts to measure a wait for the server. The function that it returns ends the wait
// with the bytes that came, and returns a fault where the server is too slow.
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

// recover decides what a failure means: nil is to go on.
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
		return f // nothing proves that the rest would be of the same file
	}
	if !backoff.Sleep(ctx, d.backoff.Delay(d.failed, 1)) {
		return &fault{code: CodeTime, verdict: later, cause: ctx.Err()}
	}
	return nil
}

// close ends the request under way, if there is one.
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

// open asks for the file from the offset on.
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

// answered judges the header of an answer.
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

// begun takes a whole file: the first answer, or that of a server that ignores ranges. If
// such a one proves that it is still the same, what is there already is passed over.
func (d *download) begun(resp *http.Response) error {
	if d.offset == 0 {
		d.size, d.validator = resp.ContentLength, validatorOf(resp)
		if d.size > d.limit {
			return faulty(CodeTooLarge, forever, "%d bytes of at most %d", d.size, d.limit)
		}
		return nil
	}
	if d.validator == "" || validatorOf(resp) != d.validator || resp.ContentLength != d.size {
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
			return errShort // and not the end, as it would be with a file of unknown length
		} else if err != nil {
			return err
		}
	}
	return nil
}

var contentRange = lazy.Regexp(`^bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)$`)

// continued takes the rest of a file, if it is the rest that was asked for.
func (d *download) continued(resp *http.Response) error {
	m := contentRange().FindStringSubmatch(strings.TrimSpace(resp.Header.Get("Content-Range")))
	same := m != nil && m[1] == strconv.FormatInt(d.offset, 10)
	if same && m[2] != "*" {
		total, _ := strconv.ParseInt(m[2], 10, 64)
		same = d.size < 0 || d.size == total
		d.size = total
	}
	tag := resp.Header.Get("ETag")
	if !same || tag != "" && isStrong(d.validator) && tag != d.validator {
		return faulty(CodeChanged, later, "after %d bytes", d.offset)
	}
	return nil
}

// beyond is told that there is nothing from the offset on: the end of a file of which no
// length was told, or a lie.
func (d *download) beyond(resp *http.Response) error {
	d.close()
	total, isTotal := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes */")
	if d.size < 0 && isTotal && total == strconv.FormatInt(d.offset, 10) {
		d.size = d.offset
		return io.EOF
	}
	return faulty(CodeLength, forever, "%d bytes, though the server said %d", d.offset, d.size)
}

// validatorOf returns what If-Range takes to prove that a file is the same: a strong
// ETag, or a date that lies a minute before the answer (RFC 9110, 8.8.2.2).
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

// isPlain reports whether content with these encodings is the file as it is. S3 keeps aws-chunked,
// which says how an object was uploaded, where the uploader forgot to take it out.
func isPlain(encodings string) bool {
	for encoding := range strings.SplitSeq(encodings, ",") {
		switch strings.ToLower(strings.TrimSpace(encoding)) {
		case "", "identity", "aws-chunked":
		default:
			return false
		}
	}
	return true
}
