package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"masterhand/infra/local/farside"
	"masterhand/infra/local/farside/r2"
	"masterhand/shared/ledger"
)

// facts are what can be seen of an event from outside once all is quiet.
type facts struct {
	answers  []answer
	item     ledger.Item // zero: the ledger has none
	outcome  farside.Outcome
	received [][]byte // bodies of its callbacks
	writes   r2.Writes
	there    bool // an object lies under its storage key
	timely   bool // the object is the master, as it was when it was asked for or later
}

// checkers is how many events are looked at side by side.
const checkers = 4

// check holds every event against the facts, and returns what is wrong in their order.
func (r *run) check(ctx context.Context, all []*sent) []string {
	found := make([][]string, len(all))
	next := make(chan int)
	var checking sync.WaitGroup
	for range checkers {
		checking.Go(func() {
			for i := range next {
				found[i] = r.inspect(ctx, all[i])
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	checking.Wait()
	var problems []string
	for i, list := range found {
		for _, problem := range list {
			problems = append(problems, fmt.Sprintf("event %d (%s): %s", all[i].number, all[i].class, problem))
		}
	}
	return problems
}

func (r *run) inspect(ctx context.Context, s *sent) []string {
	if s.err != nil {
		return []string{s.err.Error()}
	}
	f, err := r.facts(ctx, s)
	if err != nil {
		return []string{err.Error()}
	}
	return judge(s.event, f, r.Faults)
}

// facts looks at ledger, callbacks and far storage.
func (r *run) facts(ctx context.Context, s *sent) (f facts, err error) {
	f.answers, f.item = s.answers, s.item
	token, err := r.platform.Waitpoints.Token(s.request.Token)
	if err != nil {
		return f, err
	}
	f.received = token.Received
	f.writes = r.platform.Storage.Writes(s.request.StorageKey)
	if f.outcome, err = r.platform.Check(ctx, s.request); err != nil {
		return f, err
	}
	object := f.outcome.Object
	if f.there = object.Size > 0; !f.there { // Check looks only where a delivery was claimed
		object, err = r.platform.Storage.Object(ctx, s.request.StorageKey)
		if f.there = err == nil; err != nil && !errors.Is(err, r2.ErrAbsent) {
			return f, err
		}
	}
	f.timely = f.there && s.ask.key != "" && r.shelf.was(s.ask.key, object.SHA256, s.at)
	return f, nil
}

// judge returns what is wrong with an event's facts. With faults a step may have been
// taken twice, the same way.
func judge(e event, f facts, faults bool) []string {
	j := judgement{event: e, facts: f, faults: faults}
	switch {
	case !e.class.asks():
		j.nothing()
	case e.ask.skip != "":
		j.skipped()
	default:
		j.delivered()
	}
	j.answered()
	return j.problems
}

// judgement collects what is wrong.
type judgement struct {
	event
	facts
	faults   bool
	problems []string
}

func (j *judgement) want(holds bool, format string, args ...any) {
	if !holds {
		j.problems = append(j.problems, fmt.Sprintf(format, args...))
	}
}

// answered: every copy has a final answer, and it is true.
func (j *judgement) answered() {
	for _, a := range j.answers {
		var said struct{ Outcome string }
		err := errors.Join(a.Err, json.Unmarshal(a.Body, &said))
		switch {
		case a.Err != nil || err != nil:
			j.want(false, "no answer after %d attempts: %v", a.Attempts, err)
		case j.class == forged:
			j.want(a.Status == 401, "answered %d %s, should be 401", a.Status, said.Outcome)
		case j.class == malformed:
			j.want(a.Status == 200 && said.Outcome == "malformed", "answered %d %s, should be 200 malformed", a.Status, said.Outcome)
		default:
			truth := a.Status == 200 && said.Outcome == string(j.item.State) || a.Status == 202 && said.Outcome == "accepted"
			j.want(truth, "answered %d %s after %d attempts, and is %s", a.Status, said.Outcome, a.Attempts, j.item.State)
		}
	}
}

// nothing: it did nothing, but for the record of what is malformed.
func (j *judgement) nothing() {
	state := ledger.State("")
	if j.class == malformed {
		state = ledger.Malformed
	}
	j.want(j.item.State == state, "the ledger says %q, should be %q", j.item.State, state)
	j.want(len(j.received) == 0, "%d callbacks, should be none", len(j.received))
	j.unwritten()
}

func (j *judgement) unwritten() {
	j.want(j.writes.Puts == 0 && !j.there, "%d uploads, should be none", j.writes.Puts)
}

// skipped: by one decision, for the right reason, without bytes.
func (j *judgement) skipped() {
	j.want(j.item.State == ledger.Skipped, "the ledger says %q, should be skipped", j.item.State)
	j.want(j.outcome.State == farside.Skipped && j.outcome.Completion.Reason == j.ask.skip,
		"the platform says %s for %q, should be skipped for %q", j.outcome.State, j.outcome.Completion.Reason, j.ask.skip)
	j.unwritten()
	j.once()
}

// delivered: the right master, whole, told once.
func (j *judgement) delivered() {
	j.want(j.item.State == ledger.Delivered, "the ledger says %q, should be delivered", j.item.State)
	j.want(j.outcome.State == farside.Delivered, "the platform says %s %v, should be delivered", j.outcome.State, j.outcome.Problems)
	j.want(j.item.Decision != nil && j.item.Decision.Key == j.ask.key, "the ledger does not say that %s was chosen", j.ask.key)
	j.want(j.timely, "what lies there is not %s as it was asked for", j.ask.key)
	j.want(j.item.SHA256 == fmt.Sprintf("%x", j.outcome.Object.SHA256), "the ledger has another SHA-256 than what lies there")
	j.want(j.writes.Concurrent == 1, "%d uploads at the same time, should be one", j.writes.Concurrent)
	j.want(j.faults || j.writes.Puts == 1, "%d uploads, should be one", j.writes.Puts)
	j.once()
}

// once: the callback had one body, and without faults came once.
func (j *judgement) once() {
	bodies := map[string]bool{}
	for _, body := range j.received {
		bodies[string(body)] = true
	}
	j.want(len(bodies) == 1, "%d different callbacks, should be one", len(bodies))
	j.want(j.faults || len(j.received) <= 1, "%d callbacks, should be one", len(j.received))
}
