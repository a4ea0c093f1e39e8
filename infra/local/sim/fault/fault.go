// Package fault makes simulated servers fail on purpose: error answers, connections that are cut
// or silent after some bytes, slow reading, and a server that is down.
//
// Invariants: a fault affects exactly one exchange; its effect depends only on the order of
// requests, never on chance; and a request that a fault stops before [Done] has no effect.
//
//	schedule := &fault.Schedule{}
//	schedule.Add(fault.Rule{Key: "a.mp4", Times: 2, Fault: fault.Reset(1 << 20)})
//	server, err := fault.Listen(fault.Handler(schedule, keyOf, storage))
package fault

import (
	"fmt"
	"net/http"
)

// Kind is the kind of a fault.
type Kind int

// The kinds of faults. The zero value is no fault.
const (
	None   Kind = iota
	Answer      // the fault answers instead of the server
	Reset       // the connection is cut with a RST
	Stall       // nothing more happens until the client leaves or the server closes
)

// Special values of [Fault.At] that are not a number of bytes.
const (
	Whole int64 = -1 // after the whole body has arrived, before the request takes effect
	Done  int64 = -2 // after the request has taken effect; the server's answer is discarded
)

// Fault is a failure of one exchange. The zero value is no failure.
type Fault struct {
	Kind Kind
	// At is the number of bytes of the request's body after which the fault happens, or Whole or
	// Done. A shorter body is read to its end.
	At int64
	// Status, Type (the Content-Type) and Body form the answer of kind Answer.
	Status int
	Type   string
	Body   string
	// Rate limits how fast the body is read, in bytes per second; 0 means no limit. It also slows
	// requests of kind None.
	Rate int64
}

// Status returns a fault that answers a whole request with a status and an HTML page, like a load
// balancer in front of the server.
func Status(status int) Fault {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><center><h1>" + title +
		"</h1></center><hr><center>cloudflare</center></body></html>\n"
	return Fault{Kind: Answer, At: Whole, Status: status, Type: "text/html; charset=UTF-8", Body: page}
}

// ResetAt returns a fault that cuts the connection after some bytes of the body.
func ResetAt(at int64) Fault { return Fault{Kind: Reset, At: at} }

// StallAt returns a fault that goes silent after some bytes of the body.
func StallAt(at int64) Fault { return Fault{Kind: Stall, At: at} }

// Slow returns a fault that reads the body at a rate in bytes per second; the request takes
// effect.
func Slow(rate int64) Fault { return Fault{Rate: rate} }

// After returns f with another moment.
func (f Fault) After(at int64) Fault {
	f.At = at
	return f
}

// statusText returns a status's text. It also knows Cloudflare's own statuses.
func statusText(status int) string {
	if status == 520 {
		return "Web server is returning an unknown error"
	}
	return http.StatusText(status)
}
