package process_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/servicestest"
)

// fetched sends a GET request to a URL of the page's server, and returns the answer's status and
// body. The parameter host is the value of the header Host; "" means the server's own address.
func fetched(t *testing.T, address, host string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// The page of a running system shows each change, and sends an event for the change to its readers.
// No secret appears on the page or in a snapshot.
func TestThePageIsLive(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	r := up(t)
	if status, body := fetched(t, r.PageURL, ""); status != http.StatusOK || !strings.Contains(body, "No request has come yet") {
		t.Errorf("the page of a new system: %d %s", status, body)
	}
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example:80"} {
		if status, body := fetched(t, r.PageURL, host); status != http.StatusMisdirectedRequest || strings.Contains(body, "No request has come") {
			t.Errorf("asked as %s: %d", host, status)
		}
	}
	events, err := http.Get(r.PageURL + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	lines := bufio.NewScanner(events.Body)
	lines.Scan() // wait for the first line: from then on, the server sends an event for each change

	p := r.platform(t)
	r.samples(t)
	made := request(t, p, adplatform.Options{})
	began := time.Now()
	r.wantAnswer(t, made.Event(), "delivered")
	for lines.Scan() && lines.Text() != "data: changed" {
	}
	// The server sends an event every 10 s even without a change. An event within 8 s therefore
	// proves that the server noticed the change.
	if took := time.Since(began); lines.Err() != nil || took > 8*time.Second {
		t.Errorf("the event came after %s (%v)", took, lines.Err())
	}
	shot := filepath.Join(t.TempDir(), "page.html")
	snapshot := start(t, root(t), "page", "--to", shot, "--local="+r.file(t))
	if code := snapshot.wait(t); code != 0 {
		t.Fatalf("the snapshot ended with %d: %s", code, snapshot.stderr)
	}
	written, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	destinations, err := os.ReadFile(r.Destinations)
	if err != nil {
		t.Fatal(err)
	}
	secrets := strings.FieldsFunc(string(destinations), func(r rune) bool { return strings.ContainsRune("{}[]\":, \n", r) })
	_, live := fetched(t, r.PageURL, "")
	_, part := fetched(t, r.PageURL+"main", "")
	for name, shown := range map[string]string{"live": live, "its part": part, "snapshot": string(written)} {
		for _, want := range []string{"<b>1</b> request: <b>1</b> delivered.", "1 ad of HRT Prospecting - Sep", "the only file that fits", "HRT-1212-2"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		for _, secret := range append(secrets, r.S3.SecretKey, r.S3.AccessKey, "X-Amz-", "https://", "http://", "waitpoints") {
			if len(secret) > 6 && secret != "outpost" && secret != "destination" && strings.Contains(shown, secret) {
				t.Errorf("%s shows %q", name, secret)
			}
		}
	}
	if strings.Contains(string(written), "<script") {
		t.Error("the snapshot has a script")
	}
}
