package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/r2"
	"masterhand/shared/request/ledger"
)

// facts are what can be seen of an event from outside once all is quiet.
type facts struct {
	Answers  []answer
	Item     ledger.Item // zero: the ledger has none
	Outcome  adplatform.Outcome
	Received [][]byte // bodies of its callbacks
	Writes   r2.Writes
	There    bool // an object lies under its storage key
	Timely   bool // the object is the master, as it was when it was asked for or later
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
			problems = append(problems, fmt.Sprintf("event %d (%s): %s", all[i].Number, all[i].Class, problem))
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
	f.Answers, f.Item = s.Answers, s.Item
	token, err := r.platform.Waitpoints.Token(s.request.Token)
	if err != nil {
		return f, err
	}
	f.Received = token.Received
	f.Writes = r.platform.Storage.Writes(s.request.StorageKey)
	if f.Outcome, err = r.platform.Check(ctx, s.request); err != nil {
		return f, err
	}
	object := f.Outcome.Object
	if f.There = object.Size > 0; !f.There { // Check looks only where a delivery was claimed
		object, err = r.platform.Storage.Object(ctx, s.request.StorageKey)
		if f.There = err == nil; err != nil && !errors.Is(err, r2.ErrAbsent) {
			return f, err
		}
	}
	f.Timely = f.There && s.Ask.Key != "" && r.shelf.was(s.Ask.Key, object.SHA256, s.at)
	return f, nil
}

// judge returns what is wrong with an event's facts. With faults a step may have been
// taken twice, the same way.
func judge(e event, f facts, faults bool) []string {
	j := judgement{event: e, facts: f, faults: faults}
	switch {
	case !e.Class.asks():
		j.nothing()
	case e.Ask.Skip != "":
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
	for _, a := range j.Answers {
		var said struct{ Outcome string }
		err := errors.Join(a.Err, json.Unmarshal(a.Body, &said))
		switch {
		case a.Err != nil || err != nil:
			j.want(false, "no answer after %d attempts: %v", a.Attempts, err)
		case j.Class == forged:
			j.want(a.Status == 401, "answered %d %s, should be 401", a.Status, said.Outcome)
		case j.Class == malformed:
			j.want(a.Status == 200 && said.Outcome == "malformed", "answered %d %s, should be 200 malformed", a.Status, said.Outcome)
		default:
			truth := a.Status == 200 && said.Outcome == string(j.Item.State) || a.Status == 202 && said.Outcome == "accepted"
			j.want(truth, "answered %d %s after %d attempts, and is %s", a.Status, said.Outcome, a.Attempts, j.Item.State)
		}
	}
}

// nothing: it did nothing, but for the record of what is malformed.
func (j *judgement) nothing() {
	state := ledger.State("")
	if j.Class == malformed {
		state = ledger.Malformed
	}
	j.want(j.Item.State == state, "the ledger says %q, should be %q", j.Item.State, state)
	j.want(len(j.Received) == 0, "%d callbacks, should be none", len(j.Received))
	j.unwritten()
}

func (j *judgement) unwritten() {
	j.want(j.Writes.Puts == 0 && !j.There, "%d uploads, should be none", j.Writes.Puts)
}

// skipped: by one decision, for the right reason, without bytes.
func (j *judgement) skipped() {
	j.want(j.Item.State == ledger.Skipped, "the ledger says %q, should be skipped", j.Item.State)
	j.want(j.Outcome.State == adplatform.Skipped && j.Outcome.Completion.Reason == j.Ask.Skip,
		"the platform says %s for %q, should be skipped for %q", j.Outcome.State, j.Outcome.Completion.Reason, j.Ask.Skip)
	j.unwritten()
	j.once()
}

// delivered: the right master, whole, told once.
func (j *judgement) delivered() {
	j.want(j.Item.State == ledger.Delivered, "the ledger says %q, should be delivered", j.Item.State)
	j.want(j.Outcome.State == adplatform.Delivered, "the platform says %s %v, should be delivered", j.Outcome.State, j.Outcome.Problems)
	j.want(j.Item.Decision != nil && j.Item.Decision.Key == j.Ask.Key, "the ledger does not say that %s was chosen", j.Ask.Key)
	j.want(j.Timely, "what lies there is not %s as it was asked for", j.Ask.Key)
	j.want(j.Item.SHA256 == fmt.Sprintf("%x", j.Outcome.Object.SHA256), "the ledger has another SHA-256 than what lies there")
	j.want(j.Writes.Concurrent == 1, "%d uploads at the same time, should be one", j.Writes.Concurrent)
	j.want(j.faults || j.Writes.Puts == 1, "%d uploads, should be one", j.Writes.Puts)
	j.once()
}

// once: the callback had one body, and without faults came once.
func (j *judgement) once() {
	bodies := map[string]bool{}
	for _, body := range j.Received {
		bodies[string(body)] = true
	}
	j.want(len(bodies) == 1, "%d different callbacks, should be one", len(bodies))
	j.want(j.faults || len(j.Received) <= 1, "%d callbacks, should be one", len(j.Received))
}
