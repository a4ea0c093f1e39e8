package sender_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"masterhand/infra/local/sim/sender"
)

// receiver starts a server that answers with one status after the other, and then repeats the last
// status. The function seen returns the number of requests.
func receiver(t *testing.T, statuses ...int) (url string, seen func() int) {
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(statuses[min(i, len(statuses)-1)])
	}))
	t.Cleanup(server.Close)
	return server.URL, func() int { return int(n.Load()) }
}

func announcers() []sender.Sender {
	all := []sender.Sender{sender.Hoox(), sender.Streampixel(), sender.AdReform(), sender.Posternity(nil)}
	for i := range all {
		all[i].Scale = 1e-9
	}
	return all
}

func TestAnAcceptedAnnouncementIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, m := range announcers() {
		url, seen := receiver(t, 202)
		if got := m.Announce(t.Context(), url, []byte("{}")); !got.Delivered || got.Attempts != 1 || seen() != 1 {
			t.Errorf("%s: %+v, seen %d times", m.Name, got, seen())
		}
	}
}

func TestEachSenderGivesUpAfterItsOwnRetries(t *testing.T) {
	t.Parallel()
	want := map[string]int{"hoox": 4, "streampixel": 1, "adreform": 15, "posternity": 5}
	for _, m := range announcers() {
		url, seen := receiver(t, 503)
		if got := m.Announce(t.Context(), url, []byte("{}")); got.Delivered || got.Status != 503 || seen() != want[m.Name] {
			t.Errorf("%s: %+v, seen %d times, want %d", m.Name, got, seen(), want[m.Name])
		}
	}
}

func TestARepetitionMaySucceed(t *testing.T) {
	t.Parallel()
	m := sender.Hoox()
	m.Scale = 1e-9
	url, _ := receiver(t, 500, 401, 200)
	if got := m.Announce(t.Context(), url, []byte("{}")); !got.Delivered || got.Attempts != 3 {
		t.Errorf("%+v", got)
	}
}

func TestNoPauseOutlivesItsContext(t *testing.T) {
	t.Parallel()
	url, _ := receiver(t, 503)
	ctx, cancel := context.WithCancel(t.Context())
	m := sender.Posternity(func([]byte) http.Header { cancel(); return nil })
	if got := m.Announce(ctx, url, []byte("{}")); got.Delivered || got.Attempts != 1 {
		t.Errorf("%+v", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 2)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
	t.Cleanup(server.Close)
	sender.Hoox().Announce(t.Context(), server.URL, []byte("{}"))
	if h := <-got; !strings.Contains(h.Get("User-Agent"), "Hoox-API") || h.Get("X-Hoox-Webhook") != "true" {
		t.Errorf("Hoox sent %v", h)
	}
	sign := func(body []byte) http.Header { return http.Header{"X-Signature": {"of " + string(body)}} }
	sender.Posternity(sign).Announce(t.Context(), server.URL, []byte("{}"))
	if h := <-got; !slices.Equal(h["X-Signature"], []string{"of {}"}) || h.Get("Content-Type") != "application/json" {
		t.Errorf("Posternity sent %v", h)
	}
}

// The URL contains a token, so no error may contain the URL.
func TestErrorsHideTheURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://127.0.0.1:1/hoox/s3cr3t", "http://s3cr3t\x7f/"} {
		m := sender.Streampixel()
		if got := m.Announce(t.Context(), url, nil); got.Err == nil || strings.Contains(got.Err.Error(), "s3cr3t") {
			t.Errorf("%v", got.Err)
		}
	}
}
