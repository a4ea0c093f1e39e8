package safehttp_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"masterhand/shared/kit/safehttp"
)

// redirecting returns a server that redirects /n to /n-1 and answers /0 without a redirect. It
// redirects /to to the URL in the query.
func redirecting(t *testing.T, referers *[]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*referers = append(*referers, r.Referer())
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		switch {
		case err != nil:
			w.Header().Set("Location", r.URL.Query().Get("url"))
			w.WriteHeader(http.StatusFound)
		case n > 0:
			http.Redirect(w, r, fmt.Sprint("/", n-1, "?s3cr3t"), http.StatusTemporaryRedirect)
		default:
			_, _ = io.WriteString(w, "there")
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestRedirectsAreFollowedWhereToldTo(t *testing.T) {
	t.Parallel()
	var referers []string
	server := redirecting(t, &referers)
	client := safehttp.NewClient(safehttp.Config{Loopback: true, Redirects: 3})
	resp, err := client.Get(server + "/3?s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "there" {
		t.Errorf("got %q, %v", body, err)
	}
	if got := strings.Join(referers, ""); len(referers) != 4 || got != "" {
		t.Errorf("%d requests, with Referer %q", len(referers), got)
	}
	if resp, err := client.Get(server + "/4?s3cr3t"); !errors.Is(err, safehttp.ErrRedirects) {
		t.Errorf("four redirects: %v, %v", resp, err)
	}
}

func TestRedirectsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	var referers []string
	server := redirecting(t, &referers)
	inside := answering(t, [][]netip.Addr{{netip.MustParseAddr("10.0.0.7")}})
	client := safehttp.NewClient(safehttp.Config{Loopback: true, Redirects: 3, Resolver: inside})
	for to, want := range map[string]error{
		"http://169.254.169.254/latest/meta-data/": safehttp.ErrScheme,
		"https://169.254.169.254/":                 safehttp.ErrLiteral,
		"https://[fd00:ec2::254]/":                 safehttp.ErrLiteral,
		"https://2130706433/":                      safehttp.ErrLiteral,
		"https://internal.test/":                   safehttp.ErrAddress,
		"https://internal.test:8443/":              safehttp.ErrPort,
		"http://files.test/":                       safehttp.ErrScheme,
		"https://u:p@files.test/":                  safehttp.ErrUserInfo,
		"file:///etc/passwd":                       safehttp.ErrScheme,
	} {
		resp, err := client.Get(server + "/to?url=" + to)
		if !errors.Is(err, want) {
			t.Errorf("to %s: %v, %v; want %v", to, resp, err, want)
		}
	}
	resp, err := client.Get(server + "/to?url=%3A%2F%2Fs3cr3t%25")
	if err != nil || resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != "" {
		t.Errorf("to no URL: %v, %v", resp, err)
	}
	if err == nil {
		resp.Body.Close()
	}
}
