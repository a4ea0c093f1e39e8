package transfer_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/transfer/transfertest"
)

// tripper is a transport that reads the body and then calls the function for the answer.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return f(r)
}

// moveThrough uploads one byte through a transport.
func moveThrough(t *testing.T, transport http.RoundTripper) (transfer.Result, error) {
	t.Helper()
	mover := &transfer.Mover{Client: &http.Client{Transport: transport}, SlotSize: slot}
	upload := transfer.Upload{URL: mustParse(t, pipenet.URL+uploadPath), Size: 1}
	result, err := mover.Move(t.Context(), inMemory{transfertest.Pattern{Size: 1}}, upload)
	checkSecret(t, err)
	return result, err
}

// forbidden is the error of a client that refuses to connect to an address.
type forbidden struct{}

func (forbidden) Error() string   { return "address not public" }
func (forbidden) Permanent() bool { return true }

func TestMoveWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err       error
		shown     string
		permanent bool
	}{
		"certificate":  {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "certificate not trusted", true},
		"policy":       {&net.OpError{Op: "dial", Err: forbidden{}}, "connection not allowed", true},
		"name":         {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "h"}}, "host not resolved", false},
		"reset":        {&net.OpError{Op: "write", Err: syscall.ECONNRESET}, "connection reset by peer", false},
		"timeout":      {context.DeadlineExceeded, "no answer in time", false},
		"closed":       {io.ErrUnexpectedEOF, "closed without an answer", false},
		"what it said": {fmt.Errorf("malformed HTTP status %q", uploadPath), "cut off", false},
		"URL inside":   {&url.Error{Op: "parse", URL: uploadPath, Err: errors.New("bad Location")}, "cut off", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got, err := moveThrough(t, tripper(func(*http.Request) (*http.Response, error) { return nil, test.err }))
				if !errors.Is(err, transfer.ErrConnection) || !strings.HasSuffix(err.Error(), test.shown) {
					t.Errorf("error %v, want ErrConnection: %s", err, test.shown)
				}
				if transfer.Retryable(err) == test.permanent || (got.Attempts == 1) != test.permanent {
					t.Errorf("Retryable = %v after %d attempts, want permanent %v", transfer.Retryable(err), got.Attempts, test.permanent)
				}
			})
		})
	}
}

func TestRetryable(t *testing.T) {
	t.Parallel()
	if transfer.Retryable(nil) {
		t.Error("nothing to retry counts as retryable")
	}
	if !transfer.Retryable(errors.New("anything else")) || !transfer.Retryable(context.DeadlineExceeded) {
		t.Error("an error of no known kind does not count as retryable")
	}
}

// FuzzRefusal reads hostile answers. An error must show no more of them than a code of letters,
// digits and dots, and no answer may count as success.
func FuzzRefusal(f *testing.F) {
	f.Add(403, []byte(`<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>`))
	f.Add(520, []byte(`<!DOCTYPE html><title>520</title>`))
	f.Add(400, []byte(`<Error><Code>s3cr3t</Code><Code>BadDigest</Code></Error>`))
	f.Add(500, []byte(`<Error><Code>`+strings.Repeat("x", 100)))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 300 || status > 999 {
			return
		}
		synctest.Test(t, func(t *testing.T) { checkRefusal(t, status, body) })
	})
}

func checkRefusal(t *testing.T, status int, body []byte) {
	_, err := moveThrough(t, tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(string(body))), Request: r}, nil
	}))
	var refused *transfer.RefusedError
	if !errors.As(err, &refused) || refused.Status != status {
		t.Fatalf("Move = %v, want status %d", err, status)
	}
	if strings.Trim(refused.Code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") != "" || len(refused.Code) > 128 {
		t.Errorf("code %q", refused.Code)
	}
}
