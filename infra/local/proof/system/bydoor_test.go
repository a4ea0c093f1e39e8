package system_test

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
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/doors"
)

// byEachDoor runs a test on the shared system, once for each way in: the function URL, the queue
// and the bucket.
func byEachDoor(t *testing.T, test func(*testing.T, *env)) {
	t.Parallel()
	for _, door := range []doors.Door{"", doors.Queue, doors.Bucket} {
		name := string(door)
		if door == "" {
			name = "url"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := *running(t)
			e.door = door
			test(t, &e)
		})
	}
}

// sendThrough brings an event in by the door, and waits until the function has taken it once. The
// result is what the URL would have answered: 202 where the message stays in its queue.
func (e *env) sendThrough(ctx context.Context, event gateway.Event) gateway.Result {
	event.ID = "evt_" + rand.Text() // one of its own, by which the log tells of it; identity is the body's
	send := e.Queue.Send
	if e.door == doors.Bucket {
		send = e.Bucket.Send
	}
	result := send(ctx, event)
	if result.Err != nil {
		return result
	}
	var line receipt
	result.Err = scenario.Await(ctx, "an event of the "+string(e.door)+" is taken", func(context.Context) (found bool, err error) {
		line, found, err = e.received.first(event.ID)
		return found, err
	})
	if line.Rest > 0 {
		result.Status, line.Outcome = 202, "accepted"
	}
	result.Body = fmt.Appendf(nil, `{"outcome":%q}`, line.Outcome)
	return result
}

// receipt is what the log tells of one receipt of a message.
type receipt struct {
	Message string `json:"message"`
	Event   string `json:"event"`
	Outcome string `json:"outcome"`
	Rest    int64  `json:"rest_ms"`
	Request string `json:"request"`
}

// receipts reads from a system's log what became of the events that came in by the doors.
type receipts struct {
	path string

	mu      sync.Mutex
	offset  int64
	byEvent map[string]receipt // the first of each
	ended   map[string]int     // messages that left their queues, by request
}

// first returns the first receipt of an event, false where there is none yet.
func (r *receipts) first(event string) (receipt, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.read(); err != nil {
		return receipt{}, false, err
	}
	line, found := r.byEvent[event]
	return line, found, nil
}

// read reads the whole lines that have come since.
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

// copies brings n copies of an event in at once.
func (e *env) copies(t *testing.T, event gateway.Event, n int) []gateway.Result {
	t.Helper()
	if e.door == "" {
		return e.Gateway.SendCopies(t.Context(), event, n)
	}
	results := make([]gateway.Result, n)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = e.sendThrough(t.Context(), event) })
	}
	all.Wait()
	return results
}
