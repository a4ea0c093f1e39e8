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

// call is one call of the function to a service, as the meter recorded it.
type call struct {
	name         string // service and method, for example "s3 GET"
	bytes        bool   // whether the call moved the master's bytes
	began, ended time.Time
}

func (c call) took() time.Duration { return c.ended.Sub(c.began) }

// meter is a proxy between the function and the services that times each call.
type meter struct {
	transport *http.Transport
	fronts    []*fault.Server

	running sync.WaitGroup // counts running calls
	mu      sync.Mutex
	calls   []call
}

func newMeter() *meter {
	return &meter{transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
}

// close closes all addresses.
func (m *meter) close() {
	for _, f := range m.fronts {
		f.Close()
	}
	m.transport.CloseIdleConnections()
}

// front opens an address that forwards to the service at target and delays each answer by delay.
// moves reports whether a call moves the master's bytes; nil means that none does.
func (m *meter) front(service, target string, delay time.Duration, moves func(*http.Request) bool) (string, error) {
	at, err := url.Parse(target)
	if err != nil || at.Host == "" {
		return "", fmt.Errorf("the address of %s must be a URL", service)
	}
	forward := &httputil.ReverseProxy{
		Transport: m.transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(at)
			p.Out.Host = p.In.Host // the request's signature covers the host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		ErrorLog: log.New(io.Discard, "", 0), // it would log URLs that are credentials
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

// named returns a call's service and operation; the HTTP method if the request names no
// operation.
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

// take returns the calls since the previous take, sorted by start. It waits for running calls.
func (m *meter) take() []call {
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	slices.SortFunc(calls, func(a, b call) int { return a.began.Compare(b.began) })
	return calls
}

// covered returns the total time during which at least one call ran. The calls must be sorted by
// start.
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
