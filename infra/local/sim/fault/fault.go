// Package fault makes the servers of a simulated counterpart go wrong on purpose:
// answers that say no, connections cut or gone silent at a byte, slow readers,
// a server that is not there.
//
// Invariants: a fault hits one exchange and no other; what it does depends on the
// order of requests alone, never on chance; and a request that a fault stops
// before [Done] has no effect.
//
//	schedule := &fault.Schedule{}
//	schedule.Add(fault.Rule{Key: "a.mp4", Times: 2, Fault: fault.Reset(1 << 20)})
//	server, err := fault.Listen(fault.Handler(schedule, keyOf, storage))
package fault

import (
	"fmt"
	"net/http"
)

// Kind is what happens to an exchange.
type Kind int

// The kinds. The zero value is no fault.
const (
	None   Kind = iota
	Answer      // the fault answers in the server's place
	Reset       // the connection is cut with a RST
	Stall       // nothing happens any more until the client leaves or the server closes
)

// The moments of [Fault.At] that are no count of bytes.
const (
	Whole int64 = -1 // the whole body has come and nothing has taken effect
	Done  int64 = -2 // the request has taken effect; its own answer is thrown away
)

// Fault is what goes wrong with one exchange. The zero value is nothing.
type Fault struct {
	Kind Kind
	// At is how many bytes of the request's body are read before it happens: 0 is
	// before any of it; or Whole or Done. A shorter body is read to its end.
	At int64
	// Status, Type and Body make the answer of kind Answer; Type is its Content-Type.
	Status int
	Type   string
	Body   string
	// Rate is how fast the body is read, in bytes a second; 0 is as fast as it
	// comes. It slows requests of kind None too.
	Rate int64
}

// Status answers a whole request with a page such as a load balancer in front of
// the server gives: HTML, whatever the server itself speaks.
func Status(status int) Fault {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><center><h1>" + title +
		"</h1></center><hr><center>cloudflare</center></body></html>\n"
	return Fault{Kind: Answer, At: Whole, Status: status, Type: "text/html; charset=UTF-8", Body: page}
}

// ResetAt cuts the connection when at bytes of the body have come.
func ResetAt(at int64) Fault { return Fault{Kind: Reset, At: at} }

// StallAt goes silent when at bytes of the body have come.
func StallAt(at int64) Fault { return Fault{Kind: Stall, At: at} }

// Slow reads the body at this many bytes a second, and lets it take effect.
func Slow(rate int64) Fault { return Fault{Rate: rate} }

// After returns f, happening at another moment.
func (f Fault) After(at int64) Fault {
	f.At = at
	return f
}

// statusText knows Cloudflare's own statuses too.
func statusText(status int) string {
	if status == 520 {
		return "Web server is returning an unknown error"
	}
	return http.StatusText(status)
}
