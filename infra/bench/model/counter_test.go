package model_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"masterhand/infra/bench/model"
	"masterhand/infra/local/sim/fault"
)

// counter stands between the functions and the services, and counts calls as AWS charges them.
type counter struct {
	mu    sync.Mutex
	calls model.Calls
	items map[string]item // of the ledger, by key
}

// take returns the calls since the last take.
func (c *counter) take() model.Calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = model.Calls{}
	return calls
}

// front is a service's address for the functions. It listens before the service does.
type front struct {
	*fault.Server
	behind atomic.Pointer[url.URL]
}

func (c *counter) front(t *testing.T, count func(r *http.Request, body []byte)) *front {
	t.Helper()
	f := &front{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(f.behind.Load())
			p.Out.Host = p.In.Host // the signature covers it
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	var err error
	f.Server, err = fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		if r.Header.Get("X-Amz-Target") != "" {
			body, _ = io.ReadAll(r.Body) // the proxy meets a client that has gone
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		c.mu.Lock()
		count(r, body)
		c.mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func (f *front) to(t *testing.T, address string) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	f.behind.Store(parsed)
}

// s3 counts a call of S3: a listing is charged as a write is.
func (c *counter) s3(r *http.Request, _ []byte) {
	if r.Method == http.MethodPut || r.Method == http.MethodPost || r.URL.Query().Has("list-type") {
		c.calls.S3Writes++
		return
	}
	c.calls.S3Reads++
}

func (c *counter) sqs(*http.Request, []byte) { c.calls.Queue++ }

// dynamodb counts units of the ledger's reads and writes by key. Queries are of the schedules.
func (c *counter) dynamodb(r *http.Request, body []byte) {
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "GetItem":
		c.calls.Reads++ // no item is over 4 KB
	case "PutItem":
		var in struct{ Item item }
		if json.Unmarshal(body, &in) != nil {
			panic("a PutItem without JSON")
		}
		before := c.items[in.Item.text("pk")]
		c.items[in.Item.text("pk")] = in.Item
		c.calls.Writes += units(max(before.size(), in.Item.size()))
		for hash, sort := range map[string]string{"slot": "receivedAt", "day": "receivedAt", "open": "deadline"} {
			n := indexUnits(before, in.Item, hash, sort)
			c.calls.Writes += n
			if hash == "open" {
				c.calls.Hot += n
			}
		}
	}
}

// indexUnits is what an index takes for a write. It holds the items that have both of its keys.
// Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html, "Write capacity units".
func indexUnits(before, after item, hash, sort string) float64 {
	was, is := before.text(hash) != "" && before.text(sort) != "", after.text(hash) != "" && after.text(sort) != ""
	same := before.text(hash) == after.text(hash) && before.text(sort) == after.text(sort)
	switch {
	case was && is && same:
		return units(max(before.size(), after.size()))
	case was && is:
		return units(before.size()) + units(after.size())
	case was:
		return units(before.size())
	case is:
		return units(after.size())
	}
	return 0
}

// units is what a write of an item takes: one for each KB begun.
func units(size int) float64 { return float64((size + 1023) / 1024) }

// item is one of DynamoDB, as JSON has it: attributes, each a type and a value.
type item map[string]map[string]any

func (i item) text(name string) string {
	s, _ := i[name]["S"].(string)
	return s
}

// size is an item's size in bytes, about. Source:
// docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
func (i item) size() (n int) {
	for name, value := range i {
		n += len(name) + sizeOf(value)
	}
	return n
}

func sizeOf(value map[string]any) (n int) {
	for kind, v := range value {
		switch v := v.(type) {
		case string:
			n += len(v)
			if kind == "N" {
				n -= len(v)/2 - 1
			}
		case bool:
			n++
		case []any:
			n += 3
			for _, element := range v {
				n += 1 + sizeOf(element.(map[string]any))
			}
		case map[string]any:
			n += 3
			for name, element := range v {
				n += 1 + len(name) + sizeOf(element.(map[string]any))
			}
		}
	}
	return n
}
