package load

import (
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/r2"
)

// cutAt and stallAt are the numbers of bytes after which an upload is cut or stalls. They are less
// than the size of the smallest master.
const (
	cutAt   = 10 << 10
	stallAt = 6 << 10
)

// uploadFaults and callbackFaults list the faults of uploads and callbacks. A fault with Every: 31
// affects each 31st exchange. The values of Every are primes, so that each fault eventually meets
// every kind of request.
var (
	uploadFaults = []fault.Rule{
		{Every: 31, Fault: r2.Refusal("ServiceUnavailable")},
		{Every: 43, Skip: 5, Fault: fault.ResetAt(cutAt)},
		{Every: 67, Skip: 11, Fault: fault.Status(520)},
		{Every: 83, Skip: 17, Fault: fault.ResetAt(fault.Done)}, // the object is stored, but the answer is lost
		{Every: 211, Skip: 101, Fault: fault.StallAt(stallAt)},
	}
	callbackFaults = []fault.Rule{
		{Every: 29, Fault: fault.Status(503)},
		{Every: 47, Skip: 7, Fault: fault.ResetAt(fault.Done)}, // the callback takes effect, but the answer is lost
		{Every: 61, Skip: 13, Fault: fault.Status(429)},
		{Every: 199, Skip: 103, Fault: fault.StallAt(fault.Whole)},
	}
)

// A stubborn fault of an event makes the platform's storage reject 9 uploads (the constant
// refusals). One invocation makes fewer attempts, so the function finish must settle the request.
// At most one of each 100 consecutive events (the constant stubborn) gets such a fault.
const (
	stubborn = 100
	refusals = 9
)

// stub gives some events a fault: the platform's storage rejects the first 9 uploads (the constant
// refusals) for such an event. For all other events, stub does nothing.
func (r *run) stub(s *sent) {
	if r.Faults && s.Class == there && s.Number%stubborn == stubborn-1 {
		r.platform.Storage.Faults.Next(refusals, s.request.StorageKey, r2.Refusal("ServiceUnavailable"))
	}
}

// letGoWrong makes the simulated platform answer some uploads and callbacks with faults.
func letGoWrong(p *adplatform.Platform) {
	for _, rule := range uploadFaults {
		p.Storage.Faults.Add(rule)
	}
	for _, rule := range callbackFaults {
		p.Waitpoints.Faults.Add(rule)
	}
}
