package waitpoints_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/waitpoints"
)

var noon = time.Date(2026, 4, 24, 12, 0, 0, 0, time.UTC)

// open starts a server whose clock always shows the time to which now points.
func open(t *testing.T, promised bool, now *time.Time) *waitpoints.Server {
	t.Helper()
	server, err := waitpoints.Open(waitpoints.Config{Promised: promised, Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func post(t *testing.T, token waitpoints.Token, body string) (int, string, error) {
	t.Helper()
	return send(t, http.MethodPost, token.URL.Reveal(), strings.NewReader(body))
}

func send(t *testing.T, method, address string, body io.Reader) (int, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// sent is a body that is posted at a certain time, with the expected status of the answer.
type sent struct {
	after  time.Duration // time of the POST, counted from noon; the token expires at one o'clock
	body   string
	status int
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	tests := []struct {
		name     string
		promised bool
		sends    []sent
		want     string // expected output of the token; "" means that the token is never completed
	}{
		{"one", false, []sent{{0, `{"a":1}`, 200}}, `{"a":1}`},
		{"the first wins", false, []sent{{0, `{"a":1}`, 200}, {1, `{"skip":true}`, 200}}, `{"a":1}`},
		{"too late", false, []sent{{hour, `{"a":1}`, 200}}, ""},
		{"repeated when expired", false, []sent{{hour - 1, `{"a":1}`, 200}, {hour, `{"a":2}`, 200}}, `{"a":1}`},
		{"no JSON", false, []sent{{0, `{"a":`, 200}, {1, `{"a":1}`, 200}}, `{}`},
		{"nothing", false, []sent{{0, ``, 200}}, `{}`},
		{"promised: the first wins", true, []sent{{0, `{"a":1}`, 200}, {1, `{"a":1}`, 409}}, `{"a":1}`},
		{"promised: too late", true, []sent{{hour, `{"a":1}`, 410}}, ""},
		{"promised: completed goes before expired", true, []sent{{0, `1`, 200}, {hour, `1`, 409}}, `1`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			now := noon
			server := open(t, test.promised, &now)
			token := server.Create(noon.Add(hour))
			for i, s := range test.sends {
				now = noon.Add(s.after)
				status, text, err := post(t, token, s.body)
				if err != nil || status != s.status || status == 200 && text != `{"success":true}` {
					t.Errorf("send %d: %d %s, %v; want %d", i, status, text, err, s.status)
				}
			}
			token, err := server.Token(token.ID)
			if err != nil || string(token.Output) != test.want || token.Completed.IsZero() != (test.want == "") {
				t.Errorf("completed %v with %q, %v; want %q", token.Completed, token.Output, err, test.want)
			}
			if len(token.Received) != len(test.sends) {
				t.Errorf("%d bodies kept of %d", len(token.Received), len(test.sends))
			}
			for i, body := range token.Received {
				if string(body) != test.sends[i].body {
					t.Errorf("body %d kept as %q", i, body)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	token := server.Create(noon.Add(time.Hour))
	address := token.URL.Reveal()
	// The reader's type hides its length from net/http, which therefore sends this body in chunks.
	chunked := struct{ io.Reader }{strings.NewReader(`{}`)}
	tests := []struct {
		name, method, address string
		body                  io.Reader
		want                  int
	}{
		{"another method", http.MethodPut, address, strings.NewReader(`{}`), 405},
		{"chunked", http.MethodPost, address, chunked, 411},
		{"too large", http.MethodPost, address, bytes.NewReader(make([]byte, 3<<20+1)), 413},
		{"unknown token", http.MethodPost, strings.Replace(address, token.ID, "waitpoint_other", 1), strings.NewReader(`{}`), 404},
		{"unknown path", http.MethodPost, address + "d", strings.NewReader(`{}`), 404},
	}
	for _, test := range tests {
		if status, _, err := send(t, test.method, test.address, test.body); err != nil || status != test.want {
			t.Errorf("%s: %d, %v; want %d", test.name, status, err, test.want)
		}
	}
	token, err := server.Token(token.ID)
	if err != nil || len(token.Received) != 0 || !token.Completed.IsZero() {
		t.Errorf("token %+v, %v after refusals", token, err)
	}
	if _, err := server.Token("waitpoint_other"); !errors.Is(err, waitpoints.ErrUnknown) {
		t.Errorf("unknown token: %v", err)
	}
}

func TestRefusedWithoutContentLength(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	token := server.Create(noon.Add(time.Hour))
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	path := strings.TrimPrefix(token.URL.Reveal(), server.URL())
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path)
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 411 ")) {
		t.Errorf("answer %.40q, %v", answer, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	other := server.Create(noon.Add(time.Hour))
	for _, test := range []struct {
		fault     fault.Fault
		status    int // expected status; 0 means that no answer is expected
		completes bool
	}{
		{fault.Status(503), 503, false},
		{fault.Status(502).After(fault.Done), 502, true},
		{fault.ResetAt(fault.Whole), 0, false},
		{fault.ResetAt(fault.Done), 0, true},
	} {
		token := server.Create(noon.Add(time.Hour))
		server.Faults.Next(1, token.ID, test.fault)
		if status, _, _ := post(t, other, `{}`); status != 200 {
			t.Errorf("%+v: another token met %d", test.fault, status)
		}
		if status, _, err := post(t, token, `{}`); status != test.status || (err != nil) != (status == 0) {
			t.Errorf("%+v: %d, %v", test.fault, status, err)
		}
		if token, err := server.Token(token.ID); err != nil || token.Completed.IsZero() == test.completes {
			t.Errorf("%+v: completed %v, %v", test.fault, token.Completed, err)
		}
	}
}

func TestCompletionWithoutAnswer(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	token := server.Create(noon.Add(time.Hour))
	server.Faults.Next(1, token.ID, fault.StallAt(fault.Done))
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, token.URL.Reveal(), strings.NewReader(`{"a":1}`))
		if err == nil {
			_, err = (&http.Transport{}).RoundTrip(request)
		}
		left <- err
	}()
	if token, err := server.Wait(t.Context(), token.ID); err != nil || string(token.Output) != `{"a":1}` {
		t.Errorf("completed with %q, %v", token.Output, err)
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the client met %v", err)
	}
}

func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	token := server.Create(noon.Add(time.Hour))
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if status, _, err := post(t, token, fmt.Sprint(i)); err != nil || status != 200 {
				t.Errorf("send %d: %d, %v", i, status, err)
			}
		})
	}
	first, err := server.Wait(t.Context(), token.ID)
	all.Wait()
	last, again := server.Token(token.ID)
	if err != nil || again != nil || !bytes.Equal(first.Output, last.Output) {
		t.Errorf("completed with %q, then %q; %v, %v", first.Output, last.Output, err, again)
	}
	if len(last.Received) != 16 || !bytes.Equal(last.Received[0], last.Output) {
		t.Errorf("%d bodies, the first %q", len(last.Received), last.Received[0])
	}
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	now := noon
	server := open(t, false, &now)
	token := server.Create(noon.Add(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := server.Wait(ctx, token.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("wait for a token nobody completes: %v", err)
	}
	if _, err := server.Wait(t.Context(), "waitpoint_other"); !errors.Is(err, waitpoints.ErrUnknown) {
		t.Errorf("wait for an unknown token: %v", err)
	}
}
