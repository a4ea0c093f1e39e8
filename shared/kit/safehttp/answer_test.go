package safehttp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"masterhand/shared/kit/safehttp"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestWithoutURL(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	closed := server.URL
	server.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	client := safehttp.NewClient(safehttp.Config{Loopback: true})
	for name, test := range map[string]struct {
		ctx  context.Context
		raw  string
		want error
		host string
	}{
		"refused connection": {t.Context(), closed + "/s3cr3t?sig=s3cr3t", nil, "127.0.0.1"},
		"cancelled":          {cancelled, closed + "/s3cr3t", context.Canceled, "127.0.0.1"},
		"refused by guard":   {t.Context(), "http://evil.test/s3cr3t", safehttp.ErrScheme, "evil.test"},
	} {
		req, err := http.NewRequestWithContext(test.ctx, http.MethodPut, test.raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(req)
		if err == nil || !strings.Contains(err.Error(), "s3cr3t") {
			t.Fatalf("%s: net/http's error is %v; this test would show nothing", name, err)
		}
		clean := safehttp.WithoutURL(fmt.Errorf("putting: %w", err))
		if strings.Contains(clean.Error(), "s3cr3t") || !strings.Contains(clean.Error(), test.host) {
			t.Errorf("%s: %v", name, clean)
		}
		if test.want != nil && !errors.Is(clean, test.want) {
			t.Errorf("%s: %v does not wrap %v", name, clean, test.want)
		}
	}
}

func TestWithoutURLOfOtherErrors(t *testing.T) {
	t.Parallel()
	if err := safehttp.WithoutURL(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	if err := safehttp.WithoutURL(io.EOF); err != io.EOF {
		t.Errorf("EOF became %v", err)
	}
	nested := &url.Error{Op: "Put", URL: "https://h/s3cr3t", Err: &url.Error{Op: "parse", URL: ":s3cr3t", Err: io.EOF}}
	if err := safehttp.WithoutURL(nested); err.Error() != "Put h: parse: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("nested: %v", err)
	}
}

// The cause of a NoAnswer error must be reachable by errors.As, but the error must show none of
// the cause's text.
func TestNoAnswerHidesTheTextOfItsCause(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for want, met := range map[string]error{
		"certificate not trusted":  &tls.CertificateVerificationError{Err: errors.New(secret)},
		"connection not allowed":   &net.OpError{Op: "dial", Err: safehttp.ErrAddress},
		"request canceled":         context.Canceled,
		"host not resolved":        &net.OpError{Op: "dial", Err: &net.DNSError{Err: secret, Name: secret}},
		"connection reset by peer": &net.OpError{Op: "write", Err: syscall.ECONNRESET},
		"no answer in time":        context.DeadlineExceeded,
		"closed without an answer": io.ErrUnexpectedEOF,
		"cut off":                  fmt.Errorf("malformed HTTP status %q", secret),
	} {
		err := safehttp.NoAnswer(&url.Error{Op: "Put", URL: "https://h/" + secret, Err: met})
		if err.Error() != want || !errors.Is(err, met) || safehttp.Permanent(err) != (want == "connection not allowed") {
			t.Errorf("%v: %q, want %q", met, err, want)
		}
	}
}
