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

// facts holds the results of an event: the answers to it, and what it caused in the ledger and at
// the platform.
type facts struct {
	scenario.Seen
	Answers []answer
	// Master reports whether a delivered object with this SHA-256 is correct: it must be the
	// version of the master at the time of the request, or a later version.
	Master func(sum [32]byte) bool
}

// checkers is the number of events whose results are checked at the same time.
const checkers = 4

// check compares the facts of each event with the expected result. It returns the problems in the
// order of the events.
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

// facts reads the results of an event from the ledger, the callbacks and the platform's storage.
func (r *run) facts(ctx context.Context, s *sent) (f facts, err error) {
	f.Seen, err = scenario.Look(ctx, r.platform, r.store, s.request)
	// s.Item replaces the ledger item that Look has found by the request's id. This matters for a
	// malformed event: its record in the ledger has another id.
	f.Item, f.Answers = s.Item, s.Answers
	f.Master = func(sum [32]byte) bool { return r.masters.was(s.Ask.Key, sum, s.at) }
	return f, err
}

// judge returns the differences between an event's expected result and its facts. If the parameter
// faults is true, judge accepts repeated uploads and callbacks, if they have the same result.
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

// judgement holds one event with its facts, and collects the problems that the checks find.
type judgement struct {
	event
	facts
	faults bool
	scenario.Problems
}

// answered checks that every copy of the event has a final answer, and that each answer agrees
// with the ledger.
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

// nothing checks that a forged or malformed event had no effect, except that the ledger must
// contain a record of a malformed event.
func (j *judgement) nothing() {
	state := ledger.State("")
	if j.Class == malformed {
		state = ledger.Malformed
	}
	j.Want(j.Item.State == state, "the ledger says %q, should be %q", j.Item.State, state)
	j.Problems = append(j.Problems, j.Untouched()...)
}

// skipped checks that there is one decision with the right reason, and no upload.
func (j *judgement) skipped() {
	j.Problems = append(j.Problems, j.Skipped(j.Ask.Skip)...)
	j.once()
}

// delivered checks that the right master was delivered completely, with one callback.
func (j *judgement) delivered() {
	j.Problems = append(append(j.Problems, j.Delivered(j.Master)...), j.Alone()...)
	j.Want(j.Item.Decision != nil && j.Item.Decision.Key == j.Ask.Key, "the ledger does not say that %s was chosen", j.Ask.Key)
	j.once()
}

// once checks that no upload and no callback was repeated. In a load run with faults it checks
// nothing.
func (j *judgement) once() {
	if !j.faults {
		j.Problems = append(j.Problems, j.Once()...)
	}
}
