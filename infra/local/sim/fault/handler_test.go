package fault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/infra/local/sim/fault"
)

// counterpart is a server that counts the requests that took effect, and the bytes of their bodies.
type counterpart struct {
	*fault.Server
	schedule fault.Schedule
	effects  atomic.Int64
	bytes    atomic.Int64
}

func start(t *testing.T) *counterpart {
	t.Helper()
	c := &counterpart{}
	effect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return
		}
		c.bytes.Add(n)
		c.effects.Add(1)
		_, _ = io.WriteString(w, "done")
	})
	path := func(r *http.Request) string { return r.URL.Path }
	server, err := fault.Listen(fault.Handler(&c.schedule, path, effect))
	if err != nil {
		t.Fatal(err)
	}
	c.Server = server
	t.Cleanup(server.Close)
	return c
}

// put sends a body by PUT on a new connection. It returns the status and the body of the answer.
func (c *counterpart) put(ctx context.Context, size int64, body io.Reader) (int, string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, c.URL()+"/key", body)
	if err != nil {
		return 0, "", err
	}
	request.ContentLength = size
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), err
}

// cut reports whether err is an error that a client can get after a RST.
func cut(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

const size = 8 << 20 // size of a body in bytes, larger than all buffers between client and server

func zeros() io.Reader { return bytes.NewReader(make([]byte, size)) }

func TestNoFault(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.schedule.Next(1, "/other", fault.Status(503))
	status, answer, err := c.put(t.Context(), size, zeros())
	if err != nil || status != 200 || answer != "done" {
		t.Errorf("answer %d %q, %v", status, answer, err)
	}
	if c.effects.Load() != 1 || c.bytes.Load() != size {
		t.Errorf("%d effects of %d bytes", c.effects.Load(), c.bytes.Load())
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		at      int64
		effects int64
	}{
		{"before the body", 0, 0},
		{"in the body", size / 2, 0},
		{"after the body", fault.Whole, 0},
		{"after the effect", fault.Done, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			c.schedule.Next(1, "", fault.Status(520).After(test.at))
			status, answer, err := c.put(t.Context(), size, zeros())
			if err != nil || status != 520 || !strings.Contains(answer, "<h1>520 Web server") {
				t.Errorf("answer %d %q, %v", status, answer, err)
			}
			if got := c.effects.Load(); got != test.effects {
				t.Errorf("%d effects, want %d", got, test.effects)
			}
			if status, _, err := c.put(t.Context(), size, zeros()); err != nil || status != 200 {
				t.Errorf("the next request met %d, %v", status, err)
			}
		})
	}
}

// endless is a body that does not end before stop is closed. A server that reads the whole body
// therefore hangs.
type endless struct{ stop <-chan struct{} }

func (e endless) Read(p []byte) (int, error) {
	select {
	case <-e.stop:
		return 0, io.ErrUnexpectedEOF
	default:
		return len(p), nil
	}
}

func TestAnswerBeforeTheBodyDoesNotReadIt(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.schedule.Next(1, "", fault.Status(403).After(0))
	status, _, err := c.put(t.Context(), 1<<40, endless{t.Context().Done()})
	if err != nil || status != 403 {
		t.Errorf("answer %d, %v", status, err)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		at      int64
		effects int64
	}{
		{"before the body", 0, 0},
		{"at a byte", 1 << 20, 0},
		{"after the body", fault.Whole, 0},
		{"after the effect", fault.Done, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			c.schedule.Next(1, "", fault.ResetAt(test.at))
			status, _, err := c.put(t.Context(), size, zeros())
			if !cut(err) {
				t.Errorf("answer %d, %v; want a connection reset", status, err)
			}
			if got := c.effects.Load(); got != test.effects {
				t.Errorf("%d effects, want %d", got, test.effects)
			}
		})
	}
}

// leave is a body that cancels its request after its first n bytes were read.
type leave struct {
	n      int
	cancel context.CancelFunc
}

func (l *leave) Read(p []byte) (int, error) {
	if l.n -= len(p); l.n < 0 {
		l.cancel()
	}
	return len(p), nil
}

func TestStall(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]int64{"at the start": 0, "at a byte": 100_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			c.schedule.Next(1, "", fault.StallAt(at))
			ctx, cancel := context.WithCancel(t.Context())
			status, _, err := c.put(ctx, size, &leave{200_000, cancel})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("answer %d, %v; want silence", status, err)
			}
			c.Close() // Close must return at once, although an exchange is stalled
			if c.effects.Load() != 0 {
				t.Error("a stalled request took effect")
			}
		})
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var schedule fault.Schedule
		schedule.Next(1, "", fault.Slow(1000))
		read := 0
		handler := fault.Handler(&schedule, func(*http.Request) string { return "" },
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				read += len(body)
			}))
		begun := time.Now()
		for range 2 { // the fault applies once, so the second request is not slow
			request, err := http.NewRequest(http.MethodPut, "/", bytes.NewReader(make([]byte, 5000)))
			if err != nil {
				t.Fatal(err)
			}
			handler.ServeHTTP(nil, request)
		}
		if took := time.Since(begun); took != 5*time.Second || read != 10_000 {
			t.Errorf("%d bytes took %v, want 5 s", read, took)
		}
	})
}

func TestDownAndUp(t *testing.T) {
	t.Parallel()
	c := start(t)
	c.Down()
	if _, _, err := c.put(t.Context(), 0, nil); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while down: %v, want connection refused", err)
	}
	if err := c.Up(); err != nil {
		t.Fatal(err)
	}
	if status, _, err := c.put(t.Context(), 0, nil); err != nil || status != 200 {
		t.Errorf("up again: %d, %v", status, err)
	}
	if err := c.Up(); err != nil {
		t.Errorf("going up twice: %v", err)
	}
}
