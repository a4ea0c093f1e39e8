//go:build linux

package crash_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"masterhand/shared/request/ledger"
)

// write is a write to the ledger that the gate in front of DynamoDB has recorded.
type write struct {
	state    ledger.State
	version  string
	owner    string
	fence    string
	decision string // decision as JSON; "" means no decision
	exchange Exchange
}

// took reports whether the ledger accepted the write.
func (w write) took() bool { return w.exchange.Status == 200 }

// String describes the write in one line.
func (w write) String() string {
	became := map[bool]string{true: "written", false: fmt.Sprintf("refused with %d", w.exchange.Status)}[w.took()]
	if w.exchange.Status == 0 {
		became = "never answered"
	}
	return fmt.Sprintf("%4s %-10s fence %s owner %-8.8s decided %-5t from %s: %s",
		w.version, w.state, w.fence, w.owner, w.decision != "", w.exchange.From, became)
}

// isItem reports whether a request to DynamoDB belongs to this work: it contains the id of the
// work's request. The gate also records the requests of other tests.
func (w *work) isItem(x Exchange) bool { return bytes.Contains(x.Body, []byte(w.id)) }

// written decodes a request to DynamoDB. It returns false if the request does not write the ledger
// item of this work.
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
		// json.Marshal sorts the keys of a map, so that equal decisions become equal texts.
		decision, err := json.Marshal(i.Decision.M)
		if err != nil {
			return write{}, false
		}
		found.decision = string(decision)
	}
	return found, true
}

// writes returns the attempted writes of this work's ledger item, in the order of arrival.
func (w *work) writes() (all []write) {
	w.items.Each(func(x Exchange) {
		if found, ok := w.written(x); ok {
			found.exchange.Body = nil
			all = append(all, found)
		}
	})
	return all
}

// history describes all writes of this work's ledger item, one per line.
func (w *work) history() string {
	var b strings.Builder
	for _, found := range w.writes() {
		fmt.Fprintln(&b, found)
	}
	return b.String()
}

// step is a function that recognises one step in the processing of a request, such as the claim, by
// the write to the ledger.
type step func(write) bool

// claimed reports whether a write is the claim of the first run. It is also true for the renewals
// of the first run's lease, but a trap holds only the first write for which it is true.
func claimed(w write) bool { return w.state == ledger.Claimed && w.fence == "1" }

// reclaimed reports whether a write is the claim of a run other than the first.
func reclaimed(w write) bool { return w.state == ledger.Claimed && w.fence != "1" }

func queued(w write) bool { return w.state == ledger.Queued }

func decided(w write) bool { return w.state == ledger.Claimed && w.decision != "" }

func uploaded(w write) bool { return w.state == ledger.Uploaded }

func settled(w write) bool { return w.state == ledger.Delivered }

// place is a function that sets a trap for a run. It returns the trap and the trap's gate.
type place func(*work) (*Gate, *Trap)

// atLedger returns a function that sets a trap for the first ledger write of the step s. The trap
// holds this write at the given moment.
func atLedger(s step, moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.items, w.items.Trap(moment, func(x Exchange) bool {
			found, ok := w.written(x)
			return ok && s(found)
		})
	}
}

// atUpload returns a function that sets a trap for the upload of the master. The trap holds the
// upload at the given moment.
func atUpload(moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.asking.uploads, w.asking.uploads.Trap(moment, w.isUpload)
	}
}

func (w *work) isUpload(x Exchange) bool {
	return strings.HasSuffix(x.Path, "/"+w.request.StorageKey)
}

// atCallback returns a function that sets a trap for the callback. The trap holds the callback at
// the given moment.
func atCallback(moment int64) place {
	return func(w *work) (*Gate, *Trap) {
		return w.asking.callbacks, w.asking.callbacks.Trap(moment, w.isCallback)
	}
}

func (w *work) isCallback(x Exchange) bool {
	return strings.Contains(x.Path, "/"+w.request.Token+"/")
}
