package model

import (
	"fmt"
	"sync"
)

// Breaks reports whether the day broke the account: requests ended too late, or webhooks were
// refused. If it did not, the limits at most made requests wait.
func (o Outcome) Breaks() bool { return o.Late > 0 || o.Throttled > 0 }

// harm says in what way a day broke the account.
func (o Outcome) harm() string {
	return fmt.Sprintf("%s requests end too late, %s webhooks get 429", count(o.Late), count(o.Throttled))
}

// worse reports whether a day did more harm than another: first by late requests, then by refused
// webhooks.
func (o Outcome) worse(than Outcome) bool {
	return o.Late > than.Late || o.Late == than.Late && o.Throttled > than.Throttled
}

// delay says how much longer than without limits the requests waited: it names the kind of request
// whose longest wait grew most.
func (o Outcome) delay(free Outcome) string {
	kind, most := kinds, 0.5 // a smaller difference is not visible in whole seconds
	for k := range kinds {
		if more := Share(o.Waits[k], 1) - Share(free.Waits[k], 1); more > most {
			kind, most = k, more
		}
	}
	if kind == kinds {
		return "does not make the longest wait longer"
	}
	return fmt.Sprintf("only makes requests wait, %q at most %.0f s instead of %.0f s", kind, Share(o.Waits[kind], 1), Share(free.Waits[kind], 1))
}

// simulateEach simulates the same day with each of the limits, several of them at the same time.
func simulateEach(day []Request, keys int, each ...Limits) []Outcome {
	outcomes := make([]Outcome, len(each))
	var all sync.WaitGroup
	for i, l := range each {
		all.Go(func() { outcomes[i] = Simulate(day, l, keys) })
	}
	all.Wait()
	return outcomes
}

// exceeded returns, for each limit that a day exceeds, the limits of an account that has only this
// limit. The uses are those of Uses.
func exceeded(uses []Use) (alone []Limits) {
	for _, u := range uses {
		if u.Share() > 1 {
			alone = append(alone, u.Alone)
		}
	}
	return alone
}

// Growth says how many requests a day an account takes.
type Growth struct {
	Takes  int // the largest simulated day that does not break the account, if all smaller days do not break it
	Breaks int // the smallest simulated day that breaks the account; 0 if none does
	Late   int // the smallest simulated day with requests that end too late; 0 if none has
	// First is the limit that breaks the day of the field Breaks. If several limits break it, First
	// is the limit that does the most harm.
	First   Use
	Outcome Outcome // the day of the field Breaks
}

// Grow simulates the days, from the smallest to the largest, until requests end too late. keys is
// the number of keys in the library.
func Grow(days [][]Request, l Limits, keys int) (g Growth) {
	for _, day := range days {
		o := Simulate(day, l, keys)
		if o.Breaks() && g.Breaks == 0 {
			g.Breaks, g.Outcome, g.First = len(day), o, first(day, l, keys)
		}
		if o.Late > 0 {
			g.Late = len(day)
			break
		}
		if g.Breaks == 0 {
			g.Takes = len(day)
		}
	}
	return g
}

// first returns the limit that does the most harm to a day if the account has no other limit.
func first(day []Request, l Limits, keys int) (worst Use) {
	uses := Uses(Simulate(day, Limits{}, keys).Peak, l)
	worst = uses[0]
	alone := exceeded(uses)
	if len(alone) < 2 {
		return worst
	}
	var harm Outcome
	for i, o := range simulateEach(day, keys, alone...) {
		if o.worse(harm) {
			worst, harm = uses[i], o
		}
	}
	return worst
}

// growth says how many requests a day a new account and a default account take.
type growth struct {
	largest int // number of requests of the largest simulated day
	account [2]Growth
}

const growthMasters = 20_000 // size of the library of the growing days

var growthAccounts = [...]struct {
	name   string
	limits Limits
}{{"new", New()}, {"default", Default()}}

// grow simulates ever larger days with both accounts.
func grow() (g growth) {
	var days [][]Request
	for n := 10; n < 1e6; n *= 10 {
		days = append(days, NewDay(n), NewDay(2*n), NewDay(5*n))
	}
	g.largest = len(days[len(days)-1])
	for i, a := range growthAccounts {
		g.account[i] = Grow(days, a.limits, growthMasters)
	}
	return g
}

// growth prints which limit of an account breaks first as days grow, what to ask AWS for, and what
// the requests of that day cost.
func (w *printer) growth(grown growth) {
	w.line("\nWhat breaks first as days grow: simulated with 10, 20, 50, 100 … %s requests and %s masters", count(grown.largest), count(growthMasters))
	for i, a := range growthAccounts {
		g := grown.account[i]
		name := fmt.Sprintf("a %s account (%s invocations at a time)", a.name, count(a.limits.Concurrency))
		if g.Breaks == 0 {
			w.line("  %s: nothing breaks", name)
			continue
		}
		late := "none ends too late"
		if g.Late > 0 {
			late = fmt.Sprintf("requests end too late from %s a day on", count(g.Late))
		}
		w.line("  %s takes %s requests a day, and breaks at %s; %s", name, count(g.Takes), count(g.Breaks), late)
		w.line("    breaks first: %s (%s); %s", g.First.Limit, g.Outcome.harm(), g.First.Ask)
		w.line("    that day costs %s", each(g.Outcome.Calls, g.Breaks))
	}
}
