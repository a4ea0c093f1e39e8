package model_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"masterhand/infra/bench/model"
	"masterhand/infra/local/sim/fault"
)

// journal counts the runs of functions, and the messages that they received, from the log of a local
// system.
type journal struct {
	read int64 // number of bytes of the log that were read before
}

// take returns the runs and messages of the complete lines that were added to the log since take
// was last called. It ignores scheduled runs, because they write no such lines.
func (j *journal) take(t *testing.T, path string) (calls model.Calls) {
	t.Helper()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh := log[j.read:]
	fresh = fresh[:bytes.LastIndexByte(fresh, '\n')+1]
	j.read += int64(len(fresh))
	for line := range bytes.Lines(fresh) {
		var l struct {
			Message  string
			Messages int
		}
		if json.Unmarshal(line, &l) != nil {
			continue // the line comes from a service
		}
		switch l.Message {
		case "webhook", "intake":
			calls.Runs++
		case "collect", "handed off": // a run receives one message
			calls.Runs++
			calls.Messages++
		case "indexed":
			calls.Runs++
			calls.Messages += l.Messages
		}
	}
	return calls
}

// counter is a proxy between the functions and the services. It counts calls in the same way as AWS
// charges them.
type counter struct {
	mu    sync.Mutex
	calls model.Calls
	items map[string]item // items that the functions have written to the ledger, by key
}

// take returns the calls that were counted since take was last called.
func (c *counter) take() model.Calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = model.Calls{}
	return calls
}

// front is an address at which the functions reach a service. It exists before the service is
// started.
type front struct {
	*fault.Server
	*fault.Proxy
}

func (c *counter) front(t *testing.T, count func(r *http.Request, body []byte)) front {
	t.Helper()
	proxy := fault.NewProxy()
	server, err := fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		if r.Header.Get("X-Amz-Target") != "" {
			// the error is ignored: it means that the client has disconnected, and the proxy
			// detects this itself
			body, _ = io.ReadAll(r.Body)
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
	t.Cleanup(server.Close)
	return front{server, proxy}
}

func (f front) to(t *testing.T, address string) {
	t.Helper()
	if err := f.To(address); err != nil {
		t.Fatal(err)
	}
}

// s3 counts one call of S3. A listing counts as a write, because both have the same price.
func (c *counter) s3(r *http.Request, _ []byte) {
	if r.Method == http.MethodPut || r.Method == http.MethodPost || r.URL.Query().Has("list-type") {
		c.calls.S3Writes++
		return
	}
	c.calls.S3Reads++
}

func (c *counter) sqs(*http.Request, []byte)     { c.calls.Queue++ }
func (c *counter) secrets(*http.Request, []byte) { c.calls.Secrets++ }

// dynamodb counts the units of one read, write or query of ledger items. It ignores queries of
// other indexes than "slot", because only the scheduled runs make them.
func (c *counter) dynamodb(r *http.Request, body []byte) {
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "GetItem":
		c.calls.Reads++ // counts one read unit, because no item exceeds 4 KB
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
			switch {
			case hash == "open":
				c.calls.Open += n
			case hash == "day" && strings.HasPrefix(in.Item.text("day"), "day#"): // other partitions hold announcements
				c.calls.Day += n
			}
		}
	case "Query":
		var in struct {
			IndexName                 string
			ExpressionAttributeValues item
		}
		if json.Unmarshal(body, &in) != nil {
			panic("a Query without JSON")
		}
		if in.IndexName != "slot" {
			return
		}
		size := 0
		for _, i := range c.items {
			if i.text("slot") == in.ExpressionAttributeValues.text(":k") {
				size += i.size()
			}
		}
		c.calls.Reads += max(1, math.Ceil(float64(size)/4096)) / 2 // half, because the query is eventually consistent
	}
}

// indexUnits returns the write units that a write of an item causes in one index. before and after
// are the item before and after the write. The index contains only items that have both of its key
// attributes, hash and sort. Source:
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

// units returns the write units of an item of size bytes: one unit for each KB or part of a KB.
func units(size int) float64 { return float64((size + 1023) / 1024) }

// item is a DynamoDB item in DynamoDB's JSON: for each attribute name, the type and the value.
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
