package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/signature"
)

const (
	secret   = "whsec_bWFzdGVyaGFuZCB0ZXN0IGtleSBvbmU="
	previous = "whsec_bWFzdGVyaGFuZCB0ZXN0IGtleSB0d28="
	hurried  = 1e-7 // factor for the pauses: a pause of 30 s takes only 3 µs
)

func key(t *testing.T, scheme signature.Scheme, secret string) signature.Key {
	t.Helper()
	k, err := signature.NewKey(scheme, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// received is a request as the receiver got it.
type received struct {
	http.Header
	method string
	body   []byte
}

// receiver answers with one of its statuses after the other. After the last status it repeats that
// status.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

func receive(t *testing.T, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		status := statuses[min(len(r.requests), len(statuses)-1)]
		r.requests = append(r.requests, received{request.Header, request.Method, body})
		if status >= 300 && status < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"outcome":"x"}`)
	}))
	t.Cleanup(r.Close)
	return r
}

// sender makes a gateway whose clock advances by 30 s with every attempt.
func sender(t *testing.T, config gateway.Config) *gateway.Gateway {
	t.Helper()
	if config.Keys == nil {
		config.Keys = []signature.Key{key(t, config.Scheme, secret)}
	}
	now := time.Date(2026, 11, 21, 0, 20, 20, 0, time.FixedZone("", 3600))
	var mu sync.Mutex
	config.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(30 * time.Second)
		return now
	}
	config.Scale = hurried
	s := gateway.New(config)
	t.Cleanup(s.Close)
	return s
}

var event = gateway.Event{ID: "evt_1", Topic: "video.source_requested", Body: []byte("{\n \"a\": \"<&>\"\n}\n")}

func TestSend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		statuses  []int
		retries   int
		delivered bool
		status    int
		attempts  int
	}{
		{"at once", []int{200}, 9, true, 200, 1},
		{"accepted", []int{202}, 9, true, 202, 1},
		{"after two", []int{503, 409, 200}, 9, true, 200, 3},
		{"a refusal is retried too", []int{401}, 3, false, 401, 4},
		{"without retries", []int{500, 200}, 0, false, 500, 1},
		{"redirect counts as delivered", []int{303, 200}, 9, true, 200, 1},
		{"redirect that leads nowhere", []int{302, 404, 200}, 9, true, 200, 2},
		{"3xx without a place to go", []int{304}, 9, true, 304, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := receive(t, test.statuses...)
			result := sender(t, gateway.Config{Endpoint: r.URL, Retries: test.retries}).Send(t.Context(), event)
			if result.Delivered != test.delivered || result.Status != test.status || result.Attempts != test.attempts || result.Err != nil {
				t.Errorf("%+v", result)
			}
			if test.status != 304 && string(result.Body) != `{"outcome":"x"}` {
				t.Errorf("answer %q", result.Body)
			}
		})
	}
}

func TestRedirectLosesTheBody(t *testing.T) {
	t.Parallel()
	r := receive(t, 302, 200)
	sender(t, gateway.Config{Endpoint: r.URL}).Send(t.Context(), event)
	if last := r.requests[len(r.requests)-1]; last.method != http.MethodGet || len(last.body) != 0 {
		t.Errorf("%s with %q after a redirect", last.method, last.body)
	}
}

func TestRetryDiffersInItsTimestampAlone(t *testing.T) {
	t.Parallel()
	r := receive(t, 503, 200)
	result := sender(t, gateway.Config{Endpoint: r.URL, Retries: 1}).Send(t.Context(), gateway.Event{Topic: "t", Body: []byte(`{}`)})
	if !result.Delivered {
		t.Fatalf("%+v", result)
	}
	first, second := r.requests[0], r.requests[1]
	if got := first.Get("X-Outpost-Timestamp") + " " + second.Get("X-Outpost-Timestamp"); got != "2026-11-20T23:20:50Z 2026-11-20T23:21:20Z" {
		t.Errorf("timestamps %s", got)
	}
	if first.Get("X-Outpost-Event-Id") == "" || !bytes.Equal(first.body, second.body) {
		t.Errorf("%q, then %q", first.body, second.body)
	}
	first.Del("X-Outpost-Timestamp")
	second.Del("X-Outpost-Timestamp")
	for name := range first.Header {
		if first.Get(name) != second.Get(name) {
			t.Errorf("%s: %q, then %q", name, first.Get(name), second.Get(name))
		}
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	for _, scheme := range []signature.Scheme{"", signature.OutpostTimestamped, signature.Standard} {
		t.Run(string(scheme), func(t *testing.T) {
			t.Parallel()
			current, old := key(t, scheme, secret), key(t, scheme, previous)
			r := receive(t, 200)
			s := sender(t, gateway.Config{Endpoint: r.URL, Scheme: scheme})
			s.Send(t.Context(), event)
			verified, err := signature.ParseScheme(string(scheme))
			if err != nil {
				t.Fatal(err)
			}
			for i, test := range []struct{ sign, held, stranger []signature.Key }{
				{[]signature.Key{current}, []signature.Key{current}, []signature.Key{old}},
				{[]signature.Key{current, old}, []signature.Key{old}, nil},
				{[]signature.Key{old}, []signature.Key{old}, []signature.Key{current}},
			} {
				if i > 0 {
					s.Signing(verified, test.sign...).Send(t.Context(), event)
				}
				got := r.requests[i]
				at := time.Date(2026, 11, 20, 23, 20, 50, 0, time.UTC).Add(time.Duration(i) * 30 * time.Second)
				headers := func(name string) string { return strings.Join(got.Values(name), ",") }
				if _, err := signature.Verify(verified, headers, got.body, test.held, at); err != nil {
					t.Errorf("%d: %v", i, err)
				}
				if _, err := signature.Verify(verified, headers, got.body, test.stranger, at); !errors.Is(err, signature.ErrMismatch) {
					t.Errorf("%d, by a stranger: %v", i, err)
				}
			}
		})
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	r := receive(t, 200)
	s := sender(t, gateway.Config{Endpoint: r.URL})
	s.Send(t.Context(), gateway.Event{Body: []byte("{ \"a\" : \"&<>ü\u2028\" ,\n\"b\": 1.0e3 }")})
	s.Send(t.Context(), gateway.Event{Body: []byte("{ broken & "), Verbatim: true})
	for i, want := range []string{`{"a":"\u0026\u003c\u003eü\u2028","b":1.0e3}`, "{ broken & "} {
		if got := string(r.requests[i].body); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
	}
	result := s.Send(t.Context(), gateway.Event{Body: []byte("{ broken")})
	if !errors.Is(result.Err, gateway.ErrBody) || result.Attempts != 0 || len(r.requests) != 2 {
		t.Errorf("no JSON: %+v after %d requests", result, len(r.requests))
	}
}

func TestHeadersReplaced(t *testing.T) {
	t.Parallel()
	r := receive(t, 200)
	forged := event
	forged.Header = http.Header{
		"x-outpost-event-id":  {"forged"},
		"X-Outpost-Signature": {"v0=00", "v0=01"},
		"X-Outpost-Topic":     nil,
	}
	sender(t, gateway.Config{Endpoint: r.URL}).Send(t.Context(), forged)
	got := r.requests[0]
	if got.Get("X-Outpost-Event-Id") != "forged" || len(got.Values("X-Outpost-Signature")) != 2 || got.Values("X-Outpost-Topic") != nil {
		t.Errorf("headers %v", got.Header)
	}
}

func TestSendCopies(t *testing.T) {
	t.Parallel()
	const copies = 8
	var together sync.WaitGroup // makes every copy wait until all copies have arrived
	together.Add(copies)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		together.Done()
		together.Wait()
		w.WriteHeader(503)
	}))
	defer server.Close()
	s := sender(t, gateway.Config{Endpoint: server.URL, Retries: 5})
	for _, result := range s.SendCopies(t.Context(), event, copies) {
		if result.Status != 503 || result.Attempts != 1 || result.Err != nil {
			t.Errorf("%+v", result)
		}
	}
	for _, result := range s.SendCopies(t.Context(), gateway.Event{}, 2) {
		if !errors.Is(result.Err, gateway.ErrBody) {
			t.Errorf("no JSON: %+v", result)
		}
	}
}

func TestAnAttemptWithoutAnswerIsRetried(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // never answers: waits until the gateway closes the connection
	}))
	defer server.Close()
	result := sender(t, gateway.Config{Endpoint: server.URL, Wait: 20 * time.Millisecond, Retries: 2}).Send(t.Context(), event)
	if !errors.Is(result.Err, context.DeadlineExceeded) || result.Attempts != 3 || result.Status != 0 || result.Delivered {
		t.Errorf("%+v", result)
	}
	if result.Duration < 20*time.Millisecond {
		t.Errorf("gave up after %v", result.Duration)
	}
	server.Close()
	result = sender(t, gateway.Config{Endpoint: server.URL}).Send(t.Context(), event)
	if result.Err == nil || result.Delivered {
		t.Errorf("nobody listens: %+v", result)
	}
}

func TestPausesEndWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(500)
		cancel()
	}))
	defer server.Close()
	// No Scale is set, so the pauses have their real length. Only the end of ctx can end them
	// early.
	s := gateway.New(gateway.Config{Endpoint: server.URL, Retries: 9})
	defer s.Close()
	if result := s.Send(ctx, event); result.Attempts != 1 || result.Delivered {
		t.Errorf("%+v", result)
	}
}

func TestPausesDouble(t *testing.T) {
	t.Parallel()
	var sum time.Duration
	// The values are the start of each retry, in minutes after the first attempt.
	for n, want := range []float64{0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 63.5} {
		if sum += gateway.Pause(n + 1); sum.Minutes() != want {
			t.Errorf("retry %d after %v, want %v min", n+1, sum, want)
		}
	}
}
