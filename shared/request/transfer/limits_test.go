package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// answered is an answer whose body counts the bytes read and the calls of Close.
type answered struct {
	io.Reader
	read, closed int
}

func (a *answered) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	a.read += n
	return n, err
}

func (a *answered) Close() error { a.closed++; return nil }

// through uploads one byte to a server that answers with the given status, ETag and body text.
func through(t *testing.T, status int, etag, text string) (transfer.Result, *answered, error) {
	t.Helper()
	body := &answered{Reader: strings.NewReader(text)}
	result, err := moveThrough(t, tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Etag": {etag}}, Body: body, Request: r}, nil
	}))
	return result, body, err
}

func TestEachStatusOfAnUploadAtItsBorder(t *testing.T) {
	t.Parallel()
	for status, taken := range map[int]bool{101: false, 200: true, 299: true, 300: false, 304: false} {
		_, body, err := through(t, status, "", "")
		var refused *transfer.RefusedError
		if (err == nil) != taken || err != nil && (!errors.As(err, &refused) || refused.Status != status) || body.closed != 1 {
			t.Errorf("status %d: %v, closed %d times", status, err, body.closed)
		}
	}
}

// An error shows an answer's code only if the code has nothing but letters, digits and dots. No
// other part of the answer is shown, and at most maxAnswer bytes of it are read.
func TestAnErrorShowsOnlyAPlainCode(t *testing.T) {
	t.Parallel()
	document := func(code string) string { return "<Error><Code>" + code + "</Code></Error>" }
	far := strings.Repeat(" ", 64<<10)
	for text, want := range map[string]string{
		document("AccessDenied"): "AccessDenied", document("AZaz"): "AZaz", document("A@"): "", document("A["): "", document("A`"): "", document("A{"): "",
		document("A/"): "", document("A:"): "", document("A-"): "", document(strings.Repeat("a", 128)): strings.Repeat("a", 128), document(strings.Repeat("a", 129)): "", document(""): "",
		document("XAmzContentSHA256Mismatch"): "XAmzContentSHA256Mismatch", document("InvalidDigest.MD5.V2"): "InvalidDigest.MD5.V2", document(" NoSuchUpload\n"): "NoSuchUpload",
		document("s3cr3t"):                         "",
		"<Other><Code>AccessDenied</Code></Other>": "", "<Error><Code>AccessDenied</Code>": "", "AccessDenied": "",
		far + document("AccessDenied"): "", far[len(document("AccessDenied")):] + document("AccessDenied"): "AccessDenied",
	} {
		_, body, err := through(t, 403, "", text)
		var refused *transfer.RefusedError
		if !errors.As(err, &refused) || refused.Code != want || body.read > 64<<10 {
			t.Errorf("%.60q of %d bytes: %v, want code %q; %d bytes read", text, len(text), err, want, body.read)
		}
	}
	for code, want := range map[string]string{"": "upload refused with status 403", "AccessDenied": "upload refused with status 403, AccessDenied"} {
		if got := (&transfer.RefusedError{Status: 403, Code: code}).Error(); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

func TestETagsThatAreHexadecimal(t *testing.T) {
	t.Parallel()
	for etag, want := range map[string]string{
		"": "", `""`: "", `"0aF9"`: "0af9", `"` + strings.Repeat("a", 64) + `"`: strings.Repeat("a", 64), `"` + strings.Repeat("a", 65) + `"`: "",
		`"0g"`: "", `"ab-12345"`: "ab-12345", `"ab-123456"`: "", `"ab-"`: "", `"ab-x"`: "", `"-2"`: "", `"ab-1-2"`: "",
	} {
		if got, _, err := through(t, 200, etag, ""); err != nil || got.ETag != want {
			t.Errorf("%s: %q, %v; want %q", etag, got.ETag, err, want)
		}
	}
}

func TestAnAnswerWithoutETagDoesNotDiffer(t *testing.T) {
	t.Parallel()
	mover := &transfer.Mover{Client: &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	})}, SlotSize: slot}
	upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: 1, HashMD5: true}
	if got, err := mover.Move(t.Context(), inMemory{transfertest.Pattern{Size: 1}}, upload); err != nil || got.ETagDiffers || got.MD5 == [16]byte{} {
		t.Errorf("%+v, %v", got, err)
	}
}

// A PUT is repeated if the server takes no byte for 30 s, or if it has not answered 90 s after the
// last byte.
func TestAStalledUploadIsRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after int64
		want  time.Duration
	}{"inside": {100, 30 * time.Second}, "in the answer": {10 * object, 90 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 10*object)
				b.bucket.Refuse = func(n int) transfertest.Refusal {
					return transfertest.Refusal{Stall: n == 0, After: c.after}
				}
				begun := time.Now()
				got, err := b.move(t)
				b.checkDone(t, got, err)
				if took := time.Since(begun); took < c.want || took > c.want+3*time.Second {
					t.Errorf("repeated after %v, want %v and a pause", took, c.want)
				}
			})
		})
	}
}

func TestAnUploadThatAlwaysStallsSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Stall: true, After: 100} }
		_, err := b.mover.Move(t.Context(), b.source, b.upload)
		if !errors.Is(err, transfer.ErrConnection) || !strings.Contains(fmt.Sprint(err), "no progress in time") {
			t.Errorf("error %v", err)
		}
	})
}

// A transfer that the caller ends returns the caller's reason, not a fault of the server.
func TestATransferThatIsEndedReturnsTheCallersReason(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped by the test")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, object)
		b.bucket.Refuse = func(int) transfertest.Refusal { return transfertest.Refusal{Stall: true, After: 2 * object} }
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		if _, err := b.mover.Move(ctx, b.source, b.upload); !errors.Is(err, stop) || errors.Is(err, transfer.ErrConnection) {
			t.Errorf("error %v", err)
		}
		b.upload.Alive = func() error { return stop }
		if _, err := b.mover.Move(t.Context(), b.source, b.upload); !errors.Is(err, stop) || !strings.HasPrefix(err.Error(), "stopping the transfer: ") {
			t.Errorf("no longer alive: %v", err)
		}
	})
}

// After the method Move has returned, a transport that reads the body gets an error, not the end of
// the body.
func TestABodyIsShutAfterItsMove(t *testing.T) {
	t.Parallel()
	var kept io.Reader
	_, err := moveThrough(t, tripper(func(r *http.Request) (*http.Response, error) {
		kept = r.Body
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := kept.Read(make([]byte, 1)); n != 0 || err == nil || err == io.EOF {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

// Between the eight tries of a range that fails at once there are pauses of 50 ms to 2 s.
func TestPausesOfABrokenRange(t *testing.T) {
	t.Parallel()
	for range 5 { // five times, because the length of a pause is random
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, slot)
			var tries []time.Time
			b.store.Fault = func(int, int64) transfertest.Fault {
				tries = append(tries, time.Now())
				return transfertest.Fault{Status: 503}
			}
			if _, err := b.move(t); err == nil || len(tries) != 8 {
				t.Fatalf("%d tries, %v", len(tries), err)
			}
			for i, longest := range []time.Duration{50, 100, 200, 400, 800, 1600, 2000} {
				longest *= time.Millisecond
				if pause := tries[i+1].Sub(tries[i]); pause > longest || pause < longest/2 {
					t.Errorf("pause %d is %v, want half of %v to the whole", i+1, pause, longest)
				}
			}
		})
	}
}
