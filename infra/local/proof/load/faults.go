package load

import (
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/r2"
)

// How far into an upload it is cut or stalls, in bytes; below the smallest master's size.
const (
	cutAt   = 10 << 10
	stallAt = 6 << 10
)

// uploadFaults and callbackFaults hit one exchange in so many. The numbers are primes,
// so that each meets every kind of request in time.
var (
	uploadFaults = []fault.Rule{
		{Every: 31, Fault: r2.Refusal("ServiceUnavailable")},
		{Every: 43, Skip: 5, Fault: fault.ResetAt(cutAt)},
		{Every: 67, Skip: 11, Fault: fault.Status(520)},
		{Every: 83, Skip: 17, Fault: fault.ResetAt(fault.Done)}, // it is there, and nobody says so
		{Every: 211, Skip: 101, Fault: fault.StallAt(stallAt)},
	}
	callbackFaults = []fault.Rule{
		{Every: 29, Fault: fault.Status(503)},
		{Every: 47, Skip: 7, Fault: fault.ResetAt(fault.Done)}, // it counts, and nobody says so
		{Every: 61, Skip: 13, Fault: fault.Status(429)},
		{Every: 199, Skip: 103, Fault: fault.StallAt(fault.Whole)},
	}
)

// Of one event in stubborn that asks for a master, the upload is refused more often than
// one run of a function repeats it, so that the queue has to end it.
const (
	stubborn = 100
	refusals = 9
)

// stub has the platform's storage refuse an event's upload for long, if it is one of those.
func (r *run) stub(s *sent) {
	if r.Faults && s.Class == there && s.Number%stubborn == stubborn-1 {
		r.platform.Storage.Faults.Next(refusals, s.request.StorageKey, r2.Refusal("ServiceUnavailable"))
	}
}

// letGoWrong sets the platform's faults.
func letGoWrong(p *adplatform.Platform) {
	for _, rule := range uploadFaults {
		p.Storage.Faults.Add(rule)
	}
	for _, rule := range callbackFaults {
		p.Waitpoints.Faults.Add(rule)
	}
}
