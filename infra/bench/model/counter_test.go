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

// counter is a proxy between the functions and the services that counts calls as AWS charges
// them.
type counter struct {
	mu    sync.Mutex
	calls model.Calls
	items map[string]item // items of the ledger, by key
}

// take returns the calls since the previous take.
func (c *counter) take() model.Calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = model.Calls{}
	return calls
}

// front is the address that the functions use for a service. It can listen before the service
// does.
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
			p.Out.Host = p.In.Host // the request's signature covers the host
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	var err error
	f.Server, err = fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		if r.Header.Get("X-Amz-Target") != "" {
			body, _ = io.ReadAll(r.Body) // an error means that the client has left; the proxy handles that
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

// s3 counts a call of S3. A listing costs as much as a write.
func (c *counter) s3(r *http.Request, _ []byte) {
	if r.Method == http.MethodPut || r.Method == http.MethodPost || r.URL.Query().Has("list-type") {
		c.calls.S3Writes++
		return
	}
	c.calls.S3Reads++
}

func (c *counter) sqs(*http.Request, []byte) { c.calls.Queue++ }

// dynamodb counts the units of reads and writes of the ledger by key. It ignores queries, which
// only the schedules make.
func (c *counter) dynamodb(r *http.Request, body []byte) {
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "GetItem":
		c.calls.Reads++ // no item is over 4 KB, so a read is one unit
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

// indexUnits returns the write units that an index uses for a write of an item. An index holds
// the items that have both of its key attributes. Source:
// docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html, "Write capacity units".
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

// units returns the write units of an item of size bytes: one for each KB begun.
func units(size int) float64 { return float64((size + 1023) / 1024) }

// item is a DynamoDB item as JSON encodes it: attribute names, each with a type and a value.
type item map[string]map[string]any

func (i item) text(name string) string {
	s, _ := i[name]["S"].(string)
	return s
}

// size returns the approximate size of an item in bytes. Source:
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
