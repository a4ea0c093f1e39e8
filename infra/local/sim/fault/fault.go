// Package fault makes simulated servers fail on purpose: error answers, connections that are cut
// or silent after some bytes, slow reading, and a server that is down.
//
// Invariants: a fault affects exactly one exchange; its effect depends only on the order of
// requests, never on chance; and a request that a fault stops before [Done] has no effect.
//
//	schedule := &fault.Schedule{}
//	schedule.Add(fault.Rule{Key: "a.mp4", Times: 2, Fault: fault.ResetAt(1 << 20)})
//	server, err := fault.Listen(fault.Handler(schedule, keyOf, storage))
package fault

import (
	"fmt"
	"net/http"
)

// Kind says what a fault does to an exchange, for example [Reset].
type Kind int

// The kinds of faults. The zero value means no fault.
const (
	None   Kind = iota
	Answer      // the client gets the answer of the fault instead of the server's answer
	Reset       // the connection is cut with a RST
	Stall       // the exchange hangs until the client disconnects or the server is closed
)

// Values of [Fault.At] that are moments instead of a number of bytes.
const (
	Whole int64 = -1 // after the request's whole body has arrived, before the request takes effect
	Done  int64 = -2 // after the request has taken effect; the client does not get the server's answer
)

// Fault is a failure of one exchange. The zero value changes nothing.
type Fault struct {
	Kind Kind
	// At is the moment of the fault: Whole, Done, or the number of bytes of the request's body
	// that are read first. A shorter body is read completely.
	At int64
	// Status, Type (the Content-Type) and Body form the answer of a fault of the kind Answer.
	Status int
	Type   string
	Body   string
	// Rate is the maximum number of bytes of the body that are read per second; 0 means no limit.
	// A fault of the kind None with a Rate only slows the request.
	Rate int64
}

// Status returns a fault that reads the whole request and answers it with a status and an HTML
// page, like a load balancer in front of the server.
func Status(status int) Fault {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	page := "<!DOCTYPE html>\n<html><head><title>" + title + "</title></head><body><center><h1>" + title +
		"</h1></center><hr><center>cloudflare</center></body></html>\n"
	return Fault{Kind: Answer, At: Whole, Status: status, Type: "text/html; charset=UTF-8", Body: page}
}

// ResetAt returns a fault that cuts the connection. The parameter at is the moment: [Whole],
// [Done], or the number of bytes of the request's body that are read first.
func ResetAt(at int64) Fault { return Fault{Kind: Reset, At: at} }

// StallAt returns a fault that makes the exchange hang. The parameter at is the moment: [Whole],
// [Done], or the number of bytes of the request's body that are read first.
func StallAt(at int64) Fault { return Fault{Kind: Stall, At: at} }

// Slow returns a fault that reads the request's body at the given rate, in bytes per second. The
// request still takes effect.
func Slow(rate int64) Fault { return Fault{Rate: rate} }

// After returns a copy of the fault f that happens at the moment at instead of [Fault.At].
func (f Fault) After(at int64) Fault {
	f.At = at
	return f
}

// statusText returns the text of an HTTP status. It also knows the statuses that only Cloudflare
// uses.
func statusText(status int) string {
	if status == 520 {
		return "Web server is returning an unknown error"
	}
	return http.StatusText(status)
}
