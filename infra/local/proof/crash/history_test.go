//go:build linux

package crash_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"masterhand/shared/request/ledger"
)

// write is a write to the ledger, as it came to the gate before DynamoDB.
type write struct {
	state    ledger.State
	version  string
	owner    string
	fence    string
	decision string // JSON; "" is none
	exchange Exchange
}

// took reports whether the write took effect.
func (w write) took() bool { return w.exchange.Status == 200 }

// String is one line for people.
func (w write) String() string {
	became := map[bool]string{true: "written", false: fmt.Sprintf("refused with %d", w.exchange.Status)}[w.took()]
	if w.exchange.Status == 0 {
		became = "never answered"
	}
	return fmt.Sprintf("%4s %-10s fence %s owner %-8.8s decided %-5t from %s: %s",
		w.version, w.state, w.fence, w.owner, w.decision != "", w.exchange.From, became)
}

// isItem reports whether a request to DynamoDB names the work's request. It is asked of all requests
// of all works.
func (w *work) isItem(x Exchange) bool { return bytes.Contains(x.Body, []byte(w.id)) }

// written reads a request to DynamoDB, if it is a write of the work's item.
func (w *work) written(x Exchange) (write, bool) {
	if !strings.HasSuffix(x.Operation, ".PutItem") || !w.isItem(x) {
		return write{}, false
	}
	type text struct{ S, N string }
	var put struct {
		Item struct {
			PK, State, Version, Owner, Fence text
			Decision                         struct{ M map[string]text }
		}
	}
	if json.Unmarshal(x.Body, &put) != nil || put.Item.PK.S != w.id {
		return write{}, false
	}
	i := put.Item
	found := write{
		state: ledger.State(i.State.S), version: i.Version.N, owner: i.Owner.S, fence: i.Fence.N, exchange: x,
	}
	if i.Decision.M != nil {
		decision, err := json.Marshal(i.Decision.M) // in one order
		if err != nil {
			return write{}, false
		}
		found.decision = string(decision)
	}
	return found, true
}

// writes returns what was to be written of the work's request, in the order in which it
// came.
func (w *work) writes() (all []write) {
	w.items.Each(func(x Exchange) {
		if found, ok := w.written(x); ok {
			found.exchange.Body = nil
			all = append(all, found)
		}
	})
	return all
}

// history is all that for people.
func (w *work) history() string {
	var b strings.Builder
	for _, found := range w.writes() {
		fmt.Fprintln(&b, found)
	}
	return b.String()
}

// step is a write that a run makes on its way.
type step func(write) bool

// The steps. Renewals write the same again, so that the first of each is meant.
func claimed(w write) bool { return w.state == ledger.Claimed && w.fence == "1" }

// reclaimed is the claim by a run that is not the first.
func reclaimed(w write) bool { return w.state == ledger.Claimed && w.fence != "1" }

func queued(w write) bool { return w.state == ledger.Queued }

func decided(w write) bool { return w.state == ledger.Claimed && w.decision != "" }

func uploaded(w write) bool { return w.state == ledger.Uploaded }

func settled(w write) bool { return w.state == ledger.Delivered }

// place is where a run is caught: a gate, and what to wait for there.
type place func(*work) (*Gate, *Trap)

// atLedger is a write to the ledger.
func atLedger(s step, moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.items, w.items.Trap(moment, func(x Exchange) bool {
			found, ok := w.written(x)
			return ok && s(found)
		})
	}
}

// atUpload is an upload.
func atUpload(moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.asking.uploads, w.asking.uploads.Trap(moment, w.isUpload)
	}
}

func (w *work) isUpload(x Exchange) bool {
	return strings.HasSuffix(x.Path, "/"+w.request.StorageKey)
}

// atCallback is a callback.
func atCallback(moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.asking.callbacks, w.asking.callbacks.Trap(moment, w.isCallback)
	}
}

func (w *work) isCallback(x Exchange) bool {
	return strings.Contains(x.Path, "/"+w.request.Token+"/")
}
