package scenariotest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/doors"
)

// Doors lists all doors through which an event can arrive. "" is the function URL.
var Doors = []doors.Door{"", doors.Queue, doors.Bucket}

// DoorName returns a door's name for the names of tests.
func DoorName(door doors.Door) string {
	if door == "" {
		return "url"
	}
	return string(door)
}

// SendThrough sends an event through a door and returns the answer. The queue and the bucket return
// no answer from masterhand. For them, SendThrough waits until the function receive has logged the
// event, and makes an answer from the log line: 202 if the message stays in the queue, otherwise
// 200.
func (e *Env) SendThrough(ctx context.Context, door doors.Door, event gateway.Event) gateway.Result {
	if door == "" {
		return e.Gateway.Send(ctx, event)
	}
	// The new id marks the log lines about this event. It does not change which request the event
	// is about, because only the body identifies the request.
	event.ID = "evt_" + rand.Text()
	send := e.Queue.Send
	if door == doors.Bucket {
		send = e.Bucket.Send
	}
	result := send(ctx, event)
	if result.Err != nil {
		return result
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var line receipt
	result.Err = scenario.Await(ctx, "an event of the "+string(door)+" is taken", func(context.Context) (found bool, err error) {
		line, found, err = e.received.first(event.ID)
		return found, err
	})
	if line.Rest > 0 {
		result.Status, line.Outcome = 202, "accepted"
	}
	result.Body = fmt.Appendf(nil, `{"outcome":%q}`, line.Outcome)
	return result
}

// LeftQueue waits until n messages of a request were received, processed and removed from the
// queue.
func (e *Env) LeftQueue(t *testing.T, request adplatform.Request, n int) {
	t.Helper()
	Eventually(t, fmt.Sprintf("%d messages of the request are done with", n), func(context.Context) bool {
		left, err := e.received.left(scenario.LedgerID(request))
		if err != nil {
			t.Fatal(err)
		}
		return left >= n // left can exceed n, because a queue may deliver a message twice
	})
}

// receipt is the log line that the function receive writes for each message that it receives.
type receipt struct {
	Message string `json:"message"`
	Event   string `json:"event"`
	Outcome string `json:"outcome"`
	Rest    int64  `json:"rest_ms"`
	Request string `json:"request"`
}

// receipts reads a system's log. It collects the results of the events that came through the queue
// or the bucket.
type receipts struct {
	path string

	mu      sync.Mutex
	offset  int64
	byEvent map[string]receipt // first receipt of each event, by the event's id
	ended   map[string]int     // number of messages that have left their queues, by ledger id of the request
}

// first returns the first receipt of an event. It returns false if the log has no receipt yet.
func (r *receipts) first(event string) (receipt, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.read()
	line, found := r.byEvent[event]
	return line, found, err
}

// left returns the number of messages of a request that have left their queues.
func (r *receipts) left(request string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.read()
	return r.ended[request], err
}

// read reads the complete lines that were added to the log since the last call.
func (r *receipts) read() error {
	log, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer log.Close()
	if _, err := log.Seek(r.offset, io.SeekStart); err != nil {
		return err
	}
	fresh, err := io.ReadAll(log)
	if err != nil {
		return err
	}
	fresh = fresh[:bytes.LastIndexByte(fresh, '\n')+1]
	r.offset += int64(len(fresh))
	if r.byEvent == nil {
		r.byEvent, r.ended = map[string]receipt{}, map[string]int{}
	}
	for line := range bytes.Lines(fresh) {
		var told receipt
		if !bytes.Contains(line, []byte(`"function":"receive"`)) || json.Unmarshal(line, &told) != nil || told.Message != "door" {
			continue
		}
		if told.Rest == 0 {
			r.ended[told.Request]++
		}
		if _, known := r.byEvent[told.Event]; !known {
			r.byEvent[told.Event] = told
		}
	}
	return nil
}
