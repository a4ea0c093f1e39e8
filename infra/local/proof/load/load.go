// Package load asks a whole system for masters as the platform does, hard or for long,
// and then holds every single request against what really became of it.
//
// A run is a mix of events: most ask for a master that is there, some for one that is
// not, a tenth come several times at once, a tenth are forged, a tenth authentic and
// unusable. Invariants:
//   - What should come of an event is known before it is sent, from the masters that
//     this package made itself; nothing is learned from the system's own answers.
//   - Every event that was sent is checked, down to the SHA-256 of the object that lies
//     in the platform's storage; problems printed are bounded, problems counted are not.
//   - A run is bounded in events or time, in events at once, and in the time it waits
//     for what is open at its end.
//   - The same seed makes the same events in the same order.
//   - A process runs one system and one load at a time: the functions' processes are
//     known by being its children.
//
// An example, a burst:
//
//	result, err := load.Run(ctx, load.Config{System: s, Key: key, Unknown: other, Out: os.Stdout, Requests: 1000, AtOnce: 200})
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/request/signature"
)

// Config says what to ask of which system.
type Config struct {
	System *system.System
	Key    signature.Key // of the outpost scheme, known to the receiver
	// Unknown is one that the receiver never heard of; forgeries are signed with it.
	Unknown signature.Key
	Out     io.Writer

	Requests int    // events to send; For goes before it
	AtOnce   int    // events on their way at one time
	Seed     uint64 // of the mix and of the masters' bytes

	For time.Duration // over 0: send for this long, and watch the processes' memory
	// Rate is how many events are begun in a second; 0 is as many as AtOnce allows.
	Rate float64
	// Faults lets the platform go wrong now and then, and masters be overwritten.
	Faults bool
	// Pauses multiplies the gateway's pauses between attempts; 0 is a hundredth.
	Pauses float64
}

// Result is the result of a run.
type Result struct {
	Events   int      `json:"events"`
	Judged   int      `json:"judged"`   // events that had ended before the run did
	Webhooks int64    `json:"webhooks"` // without the repeated ones
	Repeated int64    `json:"repeated_webhooks"`
	Seconds  float64  `json:"duration_seconds"`
	Problems []string `json:"problems"`
}

// Errors of a run; what was wrong has been printed.
var (
	ErrWrong       = errors.New("some events did not end as expected")
	ErrInterrupted = errors.New("interrupted before all events were sent and had ended")
)

// patience bounds the wait for what is open once the last event was begun: a lease and
// the longest rest of a message, with room for a stalled upload before them.
const patience = 3 * time.Minute

// retries is how often an event is sent again. Source: the platform's page says ten attempts.
const retries = 9

// run is one run.
type run struct {
	Config
	platform *adplatform.Platform
	gateway  *gateway.Gateway
	store    dynamostore.Store
	masters  *masters
	watch    *watch
	tally    tally
}

// Run puts masters in, sends, waits and checks. Errors: ErrWrong; ErrInterrupted if ctx
// ended before that was done, after a summary of what was; both with a result. Other errors
// kept the run from starting, and come without one.
func Run(ctx context.Context, c Config) (*Result, error) {
	if c.Pauses == 0 {
		c.Pauses = 0.01
	}
	r, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	defer r.close()
	began := time.Now()
	if err := r.masters.fill(ctx); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.Out, "%d masters, %.1f MB, uploaded and indexed in %s\n\n",
		len(r.masters.keys), float64(r.masters.bytes)/(1<<20), short(time.Since(began)))
	if c.Faults {
		letGoWrong(r.platform)
	}
	all, took := r.send(ctx)
	interrupted := ctx.Err() != nil
	ended := r.settle(ctx, all)
	// What was answered is checked even if the run was interrupted.
	checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	found := r.check(checking, ended)
	found = append(found, r.watch.problems(c.For > 0)...)
	r.summary(all, ended, took, found)
	result := &Result{
		Events: len(all), Judged: len(ended), Webhooks: r.tally.answers.Load(), Repeated: r.tally.again.Load(),
		Seconds: took.Seconds(), Problems: append([]string{}, found...),
	}
	switch {
	case len(found) > 0:
		return result, ErrWrong
	case interrupted || len(ended) < len(all):
		return result, ErrInterrupted
	}
	return result, nil
}

func open(ctx context.Context, c Config) (*run, error) {
	platform, err := scenario.OpenPlatform(ctx, c.System.Services, adplatform.Config{})
	if err != nil {
		return nil, err
	}
	masters, err := newMasters(c.System, c.Seed)
	if err != nil {
		platform.Close()
		return nil, err
	}
	return &run{
		Config: c, platform: platform, masters: masters, store: scenario.LedgerOf(c.System.Services), watch: &watch{},
		gateway: gateway.New(gateway.Config{
			Endpoint: c.System.FulfillURL, Keys: []signature.Key{c.Key}, Retries: retries, Scale: c.Pauses,
		}),
	}, nil
}

func (r *run) close() {
	r.gateway.Close()
	r.platform.Close()
}

// send begins events until there are enough, the time is up or ctx ends, and returns
// what was sent once all of it was answered, with the time that took.
func (r *run) send(ctx context.Context) ([]*sent, time.Duration) {
	began := time.Now()
	beside, stop := context.WithCancel(ctx)
	var helping sync.WaitGroup
	helping.Go(func() { r.look(beside, began) })
	if r.Faults {
		helping.Go(func() { r.masters.overwrite(beside, overwriteEvery) })
	}
	all := r.feed(ctx)
	took := time.Since(began)
	stop()
	helping.Wait()
	return all, took
}

// feed begins events at the rate that is wanted.
func (r *run) feed(ctx context.Context) []*sent {
	feeding, cancel := ctx, context.CancelFunc(func() {})
	if r.For > 0 {
		feeding, cancel = context.WithTimeout(ctx, r.For)
	}
	defer cancel()
	answering, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var all []*sent
	var open sync.WaitGroup
	room := make(chan struct{}, r.AtOnce)
	next := newMix(r.Seed)
	for pace := newPace(r.Rate); (r.For > 0 || len(all) < r.Requests) && pace.wait(feeding, room); {
		s := &sent{event: next.event()}
		all = append(all, s)
		r.tally.begin()
		open.Go(func() {
			defer func() { <-room }()
			r.deliver(answering, s)
			r.tally.end()
		})
	}
	late := time.AfterFunc(patience, giveUp)
	defer late.Stop()
	open.Wait()
	return all
}

// pace lets events begin.
type pace struct{ tick *time.Ticker }

func newPace(rate float64) pace {
	if rate <= 0 {
		return pace{}
	}
	return pace{time.NewTicker(time.Duration(float64(time.Second) / rate))}
}

// wait waits for the next beat and for room, and takes it. It reports false once ctx
// has ended.
func (p pace) wait(ctx context.Context, room chan<- struct{}) bool {
	if p.tick != nil {
		select {
		case <-p.tick.C:
		case <-ctx.Done():
			return false
		}
	}
	select {
	case room <- struct{}{}:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
