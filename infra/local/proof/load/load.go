// Package load sends many requests to a complete system, as the platform would, in a burst or for
// a long time. It then checks the result of every single request.
//
// A load run sends a mix of events. Most of them request an existing master, and some request a
// missing one. A tenth arrive several times at once, a tenth are forged, and a tenth are authentic
// but malformed.
//
// Invariants:
//   - The expected result of an event is known before the event is sent. It comes from the masters
//     that this package has made, never from the system's own answers.
//   - Every event is checked, including the SHA-256 of the object in the platform's storage. Only
//     some problems are printed, but all are counted.
//   - A load run has limits: for the number of events or the time, for the number of concurrent
//     events, and for the wait at its end.
//   - The same seed makes the same events in the same order.
//   - A process runs only one system and one load run at a time, because it takes all its child
//     processes named bootstrap for functions of the system.
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

// Config configures a load run.
type Config struct {
	System *system.System
	Key    signature.Key // key of the scheme outpost with which events are signed; the receiver knows it
	// Unknown is a key that the receiver does not know. Forgeries are signed with it.
	Unknown signature.Key
	Out     io.Writer

	Requests int    // number of events to send; not used if For is above 0
	AtOnce   int    // maximum number of events that are sent at the same time
	Seed     uint64 // seed of the order of events and of the masters' bytes

	For time.Duration // if above 0: events are sent for this time, and the processes' memory is watched
	// Rate is the number of events sent per second. 0 means as many as the field AtOnce allows.
	Rate float64
	// Faults makes some uploads and callbacks fail, and replaces masters during the run.
	Faults bool
	// Pauses is a factor: the gateway's pauses between attempts are multiplied by it. 0 means the
	// factor 0.01.
	Pauses float64
}

// Result is the result of a load run.
type Result struct {
	Events   int      `json:"events"`
	Judged   int      `json:"judged"`   // number of checked events; less than Events if the load run was interrupted
	Webhooks int64    `json:"webhooks"` // number of webhooks, without repeated attempts
	Repeated int64    `json:"repeated_webhooks"`
	Seconds  float64  `json:"duration_seconds"`
	Problems []string `json:"problems"`
}

// The errors of a load run. They do not contain the problems that were found, because the load run
// has already printed them.
var (
	ErrWrong       = errors.New("some events did not end as expected")
	ErrInterrupted = errors.New("interrupted before all events were sent and had ended")
)

// patience limits the wait for open requests after the last event is sent. It is longer than the
// sum of a stalled upload, a lease and the longest pause before a repeated message.
const patience = 3 * time.Minute

// retries is the number of times that the gateway sends an event again after the first attempt.
// Source: the platform's documentation says ten attempts.
const retries = 9

// run is the state of one load run: its configuration, the simulated platform and the counters.
type run struct {
	Config
	platform *adplatform.Platform
	gateway  *gateway.Gateway
	store    dynamostore.Store
	masters  *masters
	watch    *watch
	tally    tally
}

// Run uploads masters, sends events, waits until all requests have ended, and checks the results.
// If a check fails, it returns ErrWrong with a result. If ctx ends first, it prints a summary and
// returns ErrInterrupted with a result. It returns other errors without a result.
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
	// The checks need a context of their own, because they must also run if ctx has ended.
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

// send sends events until the configured number or time is reached, or until ctx ends. It waits for
// the answers. It returns the sent events and the time from the first event to the last answer.
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

// feed sends events at the rate of the configuration, waits for the answers and returns the events.
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

// pace limits the number of events that are sent per second.
type pace struct{ tick *time.Ticker }

func newPace(rate float64) pace {
	if rate <= 0 {
		return pace{}
	}
	return pace{time.NewTicker(time.Duration(float64(time.Second) / rate))}
}

// wait waits for the next tick. Then it puts one value into the channel room; if the channel is
// full, it waits until there is space. It returns false if ctx has ended.
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
