package requests

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"masterhand/infra/local/sim/fault"
	"masterhand/shared/kit/backoff"
)

// call is one call of the function to a service, as the meter recorded it.
type call struct {
	name         string // name of the service and operation, for example "s3 GET"
	bytes        bool   // whether the call moved the master's bytes
	began, ended time.Time
}

func (c call) took() time.Duration { return c.ended.Sub(c.began) }

// meter is a proxy between the function and the services. It measures the duration of each call.
type meter struct {
	transport *http.Transport
	fronts    []*fault.Server

	running sync.WaitGroup // counts the running calls; the method take waits for them
	mu      sync.Mutex
	calls   []call
}

func newMeter() *meter {
	return &meter{transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
}

// close closes all addresses at which the meter accepts calls.
func (m *meter) close() {
	for _, f := range m.fronts {
		f.Close()
	}
	m.transport.CloseIdleConnections()
}

// front opens an address that forwards calls to the service at target, and returns it. Each answer
// is delayed by the duration delay. The function moves reports whether a call transfers the
// master's bytes; nil means that no call does.
func (m *meter) front(service, target string, delay time.Duration, moves func(*http.Request) bool) (string, error) {
	forward := fault.NewProxy()
	forward.Transport = m.transport
	if err := forward.To(target); err != nil {
		return "", fmt.Errorf("%s: %w", service, err)
	}
	server, err := fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.running.Add(1)
		defer m.running.Done()
		c := call{name: named(service, r), bytes: moves != nil && moves(r), began: time.Now()}
		defer func() {
			c.ended = time.Now()
			m.mu.Lock()
			defer m.mu.Unlock()
			m.calls = append(m.calls, c)
		}()
		if backoff.Sleep(r.Context(), delay) {
			forward.ServeHTTP(w, r)
		}
	}))
	if err != nil {
		return "", err
	}
	m.fronts = append(m.fronts, server)
	return server.URL(), nil
}

// named returns the name of a call: the service and the operation, such as "s3 LIST". If the
// request does not say the operation, the HTTP method stands for it, as in "s3 GET".
func named(service string, r *http.Request) string {
	_, operation, found := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch {
	case found:
	case r.URL.Query().Has("list-type"):
		operation = "LIST"
	default:
		operation = r.Method
	}
	return service + " " + operation
}

// take waits for the running calls. It returns all calls that were recorded since take was last
// called, sorted by their start.
func (m *meter) take() []call {
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	slices.SortFunc(calls, func(a, b call) int { return a.began.Compare(b.began) })
	return calls
}

// covered returns for how long at least one of the calls was running. The calls must be sorted by
// their start.
func covered(calls []call) (total time.Duration) {
	var until time.Time
	for _, c := range calls {
		if c.began.After(until) {
			until = c.began
		}
		if c.ended.After(until) {
			total += c.ended.Sub(until)
			until = c.ended
		}
	}
	return total
}
