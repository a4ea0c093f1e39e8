package tour

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// step performs a step: it sends the event, checks the result and prints a line.
func (t *tour) step(ctx context.Context, s step) error {
	r, err := t.prepare(s)
	if err != nil {
		return err
	}
	began := time.Now()
	results, err := t.send(ctx, s, s.event(r))
	if err != nil {
		return err
	}
	took := time.Since(began)
	v := t.check(ctx, s, r, results)
	if ctx.Err() != nil {
		return context.Cause(ctx) // the problems in v are dropped: the interruption itself may have caused them
	}
	t.conclude(s, v, took)
	return nil
}

// conclude counts a step as passed or failed and prints it.
func (t *tour) conclude(s step, v verdict, took time.Duration) {
	t.asked++
	if len(v.problems) > 0 {
		t.result.Failed++
	}
	t.result.Steps = append(t.result.Steps, Step{Title: s.title, Status: v.status, Outcome: v.outcome, Seconds: took.Seconds(), Problems: v.problems})
	t.print.step(s, v, took)
}

// prepare makes the request of a step, or returns the previous one if the step repeats it.
func (t *tour) prepare(s step) (adplatform.Request, error) {
	if s.again {
		return t.last, nil
	}
	expires := time.Now().Add(time.Hour)
	if s.expired {
		expires = time.Now().Add(-time.Minute)
	}
	r, err := t.newRequest(s.slot, expires)
	t.last = r
	return r, err
}

// event returns the webhook that the step sends.
func (s step) event(r adplatform.Request) gateway.Event {
	e := r.Event()
	if s.raw != "" {
		e.Body = []byte(s.raw)
	}
	return e
}

// verdict is the result of a step.
type verdict struct {
	outcome  string
	status   int
	answer   string // text that explains the outcome, for example the delivered master
	sum      string // SHA-256 of the object in the platform's storage
	problems []string
}

func (v *verdict) problem(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// check compares the answers to a step's event and its results with the expected ones.
func (t *tour) check(ctx context.Context, s step, r adplatform.Request, results []gateway.Result) verdict {
	var v verdict
	for _, result := range results {
		var said struct{ Outcome string }
		if err := json.Unmarshal(result.Body, &said); err != nil || result.Err != nil {
			v.problem("no answer: %v %v", result.Err, err)
			continue
		}
		v.outcome, v.status = said.Outcome, result.Status
		if v.outcome != s.outcome || v.status != s.status {
			v.problem("answered %d %s, want %d %s", v.status, v.outcome, s.status, s.outcome)
		}
	}
	t.look(ctx, &v, s, r)
	return v
}

// look compares the object, the callback and the ledger item with the expected results of a step.
// It returns the ledger item.
func (t *tour) look(ctx context.Context, v *verdict, s step, r adplatform.Request) ledger.Item {
	seen, err := scenario.Look(ctx, t.platform, t.ledger, r)
	if err != nil {
		v.problem("checking the result: %v", err)
		return ledger.Item{}
	}
	v.problems = append(v.problems, append(t.ended(s, seen), seen.Once()...)...)
	if s.master != "" {
		v.sum = fmt.Sprintf("%x", seen.Object.SHA256)
	}
	t.checkLedger(ctx, v, s, seen.Item)
	return seen.Item
}

// ended returns a problem for each way in which the request did not end as the step expects. The
// expected end is a delivery, a skip, or neither an upload nor a callback.
func (t *tour) ended(s step, seen scenario.Seen) scenario.Problems {
	switch {
	case s.sum != nil:
		return seen.Delivered(scenario.Is(*s.sum))
	case s.master != "":
		return seen.Delivered(scenario.Is(sha256.Sum256(t.samples[s.master])))
	case s.skip != "":
		return seen.Skipped(s.skip)
	}
	return seen.Untouched()
}

// checkLedger checks the ledger item of a step, and writes an explanation of the outcome into v.
func (t *tour) checkLedger(ctx context.Context, v *verdict, s step, item ledger.Item) {
	if s.status != 200 || s.raw != "" {
		if item.ID != "" {
			v.problem("the ledger contains the request")
		}
		v.answer = "nothing stored, nothing sent"
		if s.raw != "" {
			v.answer = "recorded for the operator"
		}
		return
	}
	if string(item.State) != s.outcome {
		v.problem("the ledger says %q, should be %q", item.State, s.outcome)
		return
	}
	v.answer = t.why(ctx, s, item)
	if item.Decision != nil && item.Decision.Key != s.master {
		v.problem("delivered %s, want %s", item.Decision.Key, s.master)
	}
}

// why returns a text that explains the decision in a ledger item, with data from the index.
func (t *tour) why(ctx context.Context, s step, item ledger.Item) string {
	if item.Decision == nil {
		return "nothing read, nothing sent"
	}
	doc, _, err := t.System.Index.Document(ctx, t.System.Library, s.slot.Creative)
	if err != nil {
		return err.Error()
	}
	choice := masters.Choose(doc, s.slot, t.System.Library)
	kept := 0
	for _, c := range choice.Candidates {
		if c.Drop == "" {
			kept++
		}
	}
	if item.Decision.Skip != "" {
		return fmt.Sprintf("%s: none of %d masters fits", item.Decision.Skip, len(choice.Candidates))
	}
	if kept == 1 {
		return fmt.Sprintf("%s (1 of %d masters fits)", item.Decision.Key, len(choice.Candidates))
	}
	return fmt.Sprintf("%s (the best of %d that fit, of %d masters)", item.Decision.Key, kept, len(choice.Candidates))
}
