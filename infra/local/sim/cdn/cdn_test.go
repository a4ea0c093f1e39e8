package cdn_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"masterhand/infra/local/sim/cdn"
)

// get sends a GET request for a link. The parameter header holds request headers: name, value,
// name, value, and so on.
func get(t *testing.T, link string, header ...string) (status int, etag, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header.Get("ETag"), string(data)
}

func TestWholeAndByRanges(t *testing.T) {
	t.Parallel()
	host, err := cdn.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	link := host.Serve("film.mp4", []byte("0123456789"))
	status, etag, body := get(t, link.Reveal())
	if status != http.StatusOK || body != "0123456789" || !strings.HasPrefix(etag, `"`) {
		t.Errorf("whole: %d %s %q", status, etag, body)
	}
	if status, again, body := get(t, link.Reveal(), "Range", "bytes=4-", "If-Range", etag); status != http.StatusPartialContent || again != etag || body != "456789" {
		t.Errorf("the rest: %d %s %q", status, again, body)
	}
	if status, _, body := get(t, link.Reveal(), "Range", "bytes=4-", "If-Range", `"another"`); status != http.StatusOK || len(body) != 10 {
		t.Errorf("the rest of another file: %d %q", status, body)
	}
	other := host.Serve("film.mp4", []byte("9876543210"))
	if _, changed, _ := get(t, other.Reveal()); changed == etag || other.Reveal() == link.Reveal() {
		t.Errorf("two files are %s by one link", changed)
	}
	if status, _, _ := get(t, link.Reveal()+"x"); status != http.StatusNotFound {
		t.Errorf("a link that was never given: %d", status)
	}
	if host := link.Host(); host != "127.0.0.1" {
		t.Errorf("listens on %s", host)
	}
}
