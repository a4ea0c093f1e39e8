//go:build linux

package crash_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A trap must hold only the first matching request, at the given moment. A dropped request must
// have reached the server completely if the moment is Answered, and otherwise not.
func TestATrapHoldsOneRequestAtItsMoment(t *testing.T) {
	t.Parallel()
	const body = "0123456789"
	for _, test := range []struct {
		name    string
		method  string
		moment  int64
		pass    bool
		reached int64 // number of requests that the server received completely
	}{
		{"arrived, dropped", http.MethodPost, Arrived, false, 0},
		{"arrived, passed", http.MethodPost, Arrived, true, 1},
		{"answered, dropped", http.MethodPost, Answered, false, 1},
		{"answered, passed", http.MethodPost, Answered, true, 1},
		{"some bytes, dropped", http.MethodPut, 4, false, 0},
		{"some bytes, passed", http.MethodPut, 4, true, 1},
		{"upload arrived, dropped", http.MethodPut, Arrived, false, 0},
		{"upload answered, dropped", http.MethodPut, Answered, false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int64
			gate := gateBefore(t, func(_ http.ResponseWriter, r *http.Request) {
				if got, err := io.ReadAll(r.Body); err == nil && string(got) == body {
					reached.Add(1)
				}
			})
			send := func(path string) (int, error) {
				request, err := http.NewRequestWithContext(t.Context(), test.method, gate.URL()+path, strings.NewReader(body))
				if err != nil {
					return 0, err
				}
				response, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					return 0, err
				}
				return response.StatusCode, response.Body.Close()
			}
			trap := gate.Trap(test.moment, func(x Exchange) bool { return x.Path == "/held" })
			if status, err := send("/free"); status != 200 || err != nil {
				t.Fatalf("a request that is not held: %d, %v", status, err)
			}
			reached.Store(0)
			answered := make(chan int, 1)
			go func() { status, _ := send("/held"); answered <- status }()
			held, err := trap.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if pid, err := Sender(held.From, gate.Address()); err != nil || pid != os.Getpid() {
				t.Errorf("sent by %d (%v), want %d", pid, err, os.Getpid())
			}
			want := 0
			if test.pass {
				want = 200
				trap.Pass()
			} else {
				trap.Drop()
			}
			if status := <-answered; status != want {
				t.Errorf("status %d, want %d", status, want)
			}
			if got := reached.Load(); got != test.reached {
				t.Errorf("%d requests took effect, want %d", got, test.reached)
			}
		})
	}
}

// A request that the server rejects has no effect. A trap for the moment Answered must not hold
// such a request, and must wait for the next request.
func TestARefusedRequestIsNotHeldAtItsAnswer(t *testing.T) {
	t.Parallel()
	var came atomic.Int64
	gate := gateBefore(t, func(w http.ResponseWriter, _ *http.Request) {
		if came.Add(1) == 1 {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	trap := gate.Trap(Answered, func(Exchange) bool { return true })
	trap.Pass()
	for _, want := range []int{http.StatusBadRequest, http.StatusOK} {
		response, err := http.Get(gate.URL())
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Fatalf("status %d, want %d", response.StatusCode, want)
		}
	}
	if held, err := trap.Wait(t.Context()); err != nil || held.Status != http.StatusOK {
		t.Errorf("held at status %d: %v", held.Status, err)
	}
}

func TestNothingIsHeldThatDoesNotMatch(t *testing.T) {
	t.Parallel()
	gate := gateBefore(t, func(http.ResponseWriter, *http.Request) {})
	trap := gate.Trap(Arrived, func(x Exchange) bool { return x.Path == "/other" })
	response, err := http.Get(gate.URL() + "/one")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := trap.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("held all the same, or %v", err)
	}
	if _, err := Sender("127.0.0.1:1", gate.Address()); !errors.Is(err, ErrNoSender) {
		t.Errorf("the sender of nothing: %v", err)
	}
}

func gateBefore(t *testing.T, serve http.HandlerFunc) *Gate {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	gate := before(t, server.URL)
	t.Cleanup(func() { _ = gate.Close() })
	return gate
}
