package model

import (
	"slices"

	"masterhand/infra/local/sim/gateway"
)

// Outcome is the result of a simulated day.
type Outcome struct {
	// Waits holds the seconds from each request's first webhook to its end, in ascending order, for
	// each kind of request.
	Waits [kinds][]float64
	// Throttled is the number of webhooks, those with results included, that Lambda refused with 429.
	// The gateway sends such a webhook again.
	Throttled int
	// Late is the number of requests that ended after their deadline or never. The platform no
	// longer waits for them.
	Late  int
	Calls Calls
	// Peak holds the largest use of each limit: for a limit per second, within one second; for the
	// other limits, at the same time.
	Peak Limits
}

// Simulate runs the requests of a day against the limits. keys is the number of keys in the
// library.
func Simulate(requests []Request, l Limits, keys int) Outcome {
	s := &simulation{
		limits: l, requests: requests, states: make([]state, len(requests)),
		fulfill: starts{left: startsAtOnce, limited: l.Concurrency > 0},
		open:    rate{perSecond: l.Partition}, day: rate{perSecond: l.Partition}, table: rate{perSecond: l.Table}, reads: rate{perSecond: l.PrefixReads}, puts: rate{perSecond: l.PrefixPuts},
		takes:   newTakes(keys),
		openUse: newTally(), dayUse: newTally(), tableUse: newTally(), readUse: newTally(), putUse: newTally(),
	}
	for came := 0; came < len(requests) || s.events.any(); {
		if came < len(requests) && !s.events.comeBefore(requests[came].At) {
			s.next(event{at: requests[came].At, what: webhook, request: int32(came)})
			came++
			continue
		}
		s.next(s.events.pop())
	}
	s.out.Peak = Limits{
		Concurrency: s.peak, Finish: s.finishPeak, InFlight: s.heldPeak, Partition: max(s.openUse.peak(), s.dayUse.peak()), Table: s.tableUse.peak(),
		PrefixReads: s.readUse.peak(), PrefixPuts: s.putUse.peak(),
	}
	for _, waits := range s.out.Waits {
		slices.Sort(waits)
	}
	return s.out
}

// simulation is the state of a simulated day. It processes events in the order of their times.
type simulation struct {
	limits   Limits
	requests []Request
	states   []state
	events   events
	takes    takes
	waiting  []int32 // requests whose message is visible in the finish queue, the oldest message first

	running, finishing int // current numbers of invocations: of all functions, and of the function finish
	peak, finishPeak   int
	// current and largest number of messages in flight: received, but neither deleted nor visible
	// again
	held, heldPeak int
	fulfill        starts
	warm           int // number of existing execution environments of the function fulfill

	open, day, table, reads, puts              rate
	openUse, dayUse, tableUse, readUse, putUse tally
	out                                        Outcome
}

// state holds how many webhooks with a request and with its result have arrived, and how many times
// the function finish has tried to end the request.
type state struct{ webhooks, results, tries uint8 }

func (s *simulation) at(at float64, w what, request int32) {
	s.events.push(event{at: at, what: w, request: request})
}

func (s *simulation) next(e event) {
	switch e.what {
	case webhook:
		s.receive(e)
	case result:
		s.record(e)
	case recorded:
		s.running--
	case answered, worked:
		s.running--
		if e.what == worked {
			s.finishing--
		}
		switch {
		case e.ends:
			if e.what == worked {
				s.held--
			}
			s.end(e)
		default:
			s.at(e.at+e.again, visible, e.request)
		}
	case visible:
		// if finish has run for this message before, the message has been in flight since then and
		// is counted in held; now it is visible again
		if s.states[e.request].tries > 0 {
			s.held--
		}
		s.waiting = append(s.waiting, e.request)
	}
	for len(s.waiting) > 0 && s.room() && s.receivable() {
		request := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.work(e.at, request)
	}
}

// receivable reports whether Lambda may receive another message of the finish queue and run the
// function finish for it.
func (s *simulation) receivable() bool {
	return (s.limits.Finish == 0 || s.finishing < s.limits.Finish) && (s.limits.InFlight == 0 || s.held < s.limits.InFlight)
}

func (s *simulation) room() bool {
	return s.limits.Concurrency == 0 || s.running < s.limits.Concurrency
}

// admits reports whether a limit allows the function fulfill to run for a webhook. Otherwise the
// answer to the webhook is 429.
func (s *simulation) admits(now float64) bool {
	busy := s.running - s.finishing
	if !s.room() || busy >= s.warm && !s.fulfill.begin(now) {
		s.out.Throttled++
		return false
	}
	s.warm = max(s.warm, busy+1)
	return true
}

// receive runs the function fulfill for the webhook with a request. If a limit forbids the run, the
// gateway sends the webhook again until the request expires.
func (s *simulation) receive(e event) {
	r, st := s.requests[e.request], &s.states[e.request]
	st.webhooks++
	if !s.admits(e.at) {
		if again := e.at + pause(st.webhooks); again < r.At+Lifetime {
			s.at(again, webhook, e.request)
		} else {
			s.out.Late++
			s.at(r.At+Lifetime+resultTime, result, e.request)
		}
		return
	}
	if r.Kind == There {
		s.run(e, s.takes.delivery(r.Size), event{what: answered, ends: true})
		return
	}
	s.run(e, s.takes.handedOff, event{what: answered, again: firstTry})
}

// record runs the function fulfill for the webhook with a request's result. If a limit forbids the
// run, the gateway sends the webhook again, up to maxAttempts times in all.
func (s *simulation) record(e event) {
	st := &s.states[e.request]
	st.results++
	switch {
	case s.admits(e.at):
		s.run(e, s.takes.resulted, event{what: recorded})
	case st.results < maxAttempts:
		s.at(e.at+pause(st.results), result, e.request)
	}
}

// maxAttempts is how often the gateway sends a webhook that is refused. Source: the platform's page
// on webhooks.
const maxAttempts = 10

// pause returns how many seconds the gateway waits after attempt number n.
func pause(n uint8) float64 { return gateway.Pause(int(n)).Seconds() }

// work runs the function finish for a request's message. If the request is of kind Early, the first
// such run delivers the master.
func (s *simulation) work(now float64, request int32) {
	r, st := s.requests[request], &s.states[request]
	st.tries++
	s.held++
	s.heldPeak = max(s.heldPeak, s.held)
	s.finishing++
	s.finishPeak = max(s.finishPeak, s.finishing)
	e := event{at: now, request: request}
	wait := r.At + IndexLag - now
	switch {
	case now >= r.At+Lifetime: // the request has expired, so the function finish ends it
		s.run(e, s.takes.expired, event{what: worked, ends: true})
	case r.Kind == Early:
		s.run(e, s.takes.late(r.Size), event{what: worked, ends: true})
	case wait > longestPoll:
		s.run(e, s.takes.retried, event{what: worked, again: retryDelay(int(st.tries))})
	default:
		s.run(e, s.takes.skipped(max(wait, 0)), event{what: worked, ends: true})
	}
}

// run simulates one invocation of a function, which makes the calls c. It counts them against the
// account's limits and schedules the event end. If a limit delays the calls, that event is later.
func (s *simulation) run(e event, c Calls, end event) {
	s.running++
	s.peak = max(s.peak, s.running)
	s.out.Calls = s.out.Calls.Plus(c)
	s.openUse.add(e.at, c.Seconds, c.Open)
	s.dayUse.add(e.at, c.Seconds, c.Day)
	s.tableUse.add(e.at, c.Seconds, c.Writes/ledgerCopies)
	s.readUse.add(e.at, c.Seconds, float64(c.S3Reads))
	s.putUse.add(e.at, c.Seconds, float64(c.S3Writes))
	late := max(
		s.open.take(e.at, c.Seconds, c.Open), s.day.take(e.at, c.Seconds, c.Day), s.table.take(e.at, c.Seconds, c.Writes/ledgerCopies),
		s.reads.take(e.at, c.Seconds, float64(c.S3Reads)), s.puts.take(e.at, c.Seconds, float64(c.S3Writes)),
	)
	s.out.Calls.Seconds += late
	end.at, end.request = e.at+c.Seconds+late, e.request
	s.events.push(end)
}

func (s *simulation) end(e event) {
	s.at(e.at+resultTime, result, e.request)
	r := s.requests[e.request]
	wait := e.at - r.At
	if wait > Lifetime {
		s.out.Late++
		return
	}
	s.out.Waits[r.Kind] = append(s.out.Waits[r.Kind], wait)
}

// Share returns a quantile of the waits: with share 0.5 the median, with 0.99 the 99th percentile.
// The waits must be sorted. If there are none, it returns 0.
func Share(waits []float64, share float64) float64 {
	if len(waits) == 0 {
		return 0
	}
	return waits[min(len(waits)-1, int(share*float64(len(waits))))]
}
