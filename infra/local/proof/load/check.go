package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"masterhand/infra/local/scenario"
	"masterhand/shared/request/ledger"
)

// facts are what can be seen of an event from outside once all is quiet.
type facts struct {
	scenario.Seen
	Answers []answer
	// Master reports whether a sum is the master's, as it was when it was asked for or later.
	Master func(sum [32]byte) bool
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

// facts looks at ledger, callbacks and the platform's storage.
func (r *run) facts(ctx context.Context, s *sent) (f facts, err error) {
	f.Seen, err = scenario.Look(ctx, r.platform, r.store, s.request)
	f.Item, f.Answers = s.Item, s.Answers // of what is malformed, the ledger's item is another
	f.Master = func(sum [32]byte) bool { return r.masters.was(s.Ask.Key, sum, s.at) }
	return f, err
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
	return j.Problems
}

// judgement collects what is wrong.
type judgement struct {
	event
	facts
	faults bool
	scenario.Problems
}

// answered: every copy has a final answer, and it is true.
func (j *judgement) answered() {
	for _, a := range j.Answers {
		var said struct{ Outcome string }
		err := errors.Join(a.Err, json.Unmarshal(a.Body, &said))
		switch {
		case a.Err != nil || err != nil:
			j.Want(false, "no answer after %d attempts: %v", a.Attempts, err)
		case j.Class == forged:
			j.Want(a.Status == 401, "answered %d %s, want 401", a.Status, said.Outcome)
		case j.Class == malformed:
			j.Want(a.Status == 200 && said.Outcome == "malformed", "answered %d %s, want 200 malformed", a.Status, said.Outcome)
		default:
			truth := a.Status == 200 && said.Outcome == string(j.Item.State) || a.Status == 202 && said.Outcome == "accepted"
			j.Want(truth, "answered %d %s after %d attempts, but the ledger says %s", a.Status, said.Outcome, a.Attempts, j.Item.State)
		}
	}
}

// nothing: it did nothing, but for the record of what is malformed.
func (j *judgement) nothing() {
	state := ledger.State("")
	if j.Class == malformed {
		state = ledger.Malformed
	}
	j.Want(j.Item.State == state, "the ledger says %q, should be %q", j.Item.State, state)
	j.Problems = append(j.Problems, j.Untouched()...)
}

// skipped: by one decision, for the right reason, without bytes.
func (j *judgement) skipped() {
	j.Problems = append(j.Problems, j.Skipped(j.Ask.Skip)...)
	j.once()
}

// delivered: the right master, whole, told once.
func (j *judgement) delivered() {
	j.Problems = append(append(j.Problems, j.Delivered(j.Master)...), j.Alone()...)
	j.Want(j.Item.Decision != nil && j.Item.Decision.Key == j.Ask.Key, "the ledger does not say that %s was chosen", j.Ask.Key)
	j.once()
}

// once: without faults nothing was done twice.
func (j *judgement) once() {
	if !j.faults {
		j.Problems = append(j.Problems, j.Once()...)
	}
}
