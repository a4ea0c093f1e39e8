package requests

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"masterhand/infra/local/sim/fault"
	"masterhand/shared/kit/backoff"
)

// call is one call of the function to a service, as the meter between them saw it.
type call struct {
	name         string // service and method, for example "s3 GET"
	bytes        bool   // the call moved the master's bytes
	began, ended time.Time
}

func (c call) took() time.Duration { return c.ended.Sub(c.began) }

// meter stands between the function and the services, and times each call.
type meter struct {
	transport *http.Transport
	fronts    []*fault.Server

	running sync.WaitGroup // calls
	mu      sync.Mutex
	calls   []call
}

func newMeter() *meter {
	return &meter{transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
}

// close ends all fronts.
func (m *meter) close() {
	for _, f := range m.fronts {
		f.Close()
	}
	m.transport.CloseIdleConnections()
}

// front opens an address that leads to the service at target and answers each call later by
// delay. moves reports whether a call moves the master's bytes; nil means that none does.
func (m *meter) front(service, target string, delay time.Duration, moves func(*http.Request) bool) (string, error) {
	at, err := url.Parse(target)
	if err != nil || at.Host == "" {
		return "", fmt.Errorf("the address of %s must be a URL", service)
	}
	forward := &httputil.ReverseProxy{
		Transport: m.transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(at)
			p.Out.Host = p.In.Host // the signature covers it
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		ErrorLog: log.New(io.Discard, "", 0), // would show URLs that are credentials
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

// named names a call by its operation, or by its method where the request states no operation.
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

// take returns the calls since it was called last, in the order of their beginnings. It waits
// for those that still run.
func (m *meter) take() []call {
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	slices.SortFunc(calls, func(a, b call) int { return a.began.Compare(b.began) })
	return calls
}

// covered returns how much time the calls cover together. They must be in the order of their
// beginnings.
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
