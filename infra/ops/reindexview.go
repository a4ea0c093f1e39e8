package main

import (
	"encoding/json"
	"fmt"
	"time"

	"masterhand/shared/masters"
	"masterhand/shared/reindex"
)

// look is what a line of JSON tells.
type look struct {
	Phase    reindex.Phase     `json:"phase"`
	Listed   int               `json:"listed"` // keys
	Queued   int               `json:"queued"` // batches that wait or are worked
	Done     int               `json:"done"`   // keys
	Rate     float64           `json:"rate"`   // keys a second
	Left     string            `json:"left,omitempty"`
	Stalled  string            `json:"stalled,omitempty"` // for how long nothing has moved, once that is too long
	Counts   reindex.Counts    `json:"counts"`
	Failures []reindex.Failure `json:"failures,omitempty"`
	Problem  string            `json:"problem,omitempty"`
}

func (s *session) looked(p reindex.Progress, since time.Time, before int) look {
	l := look{
		Phase: p.Run.Step.Phase, Listed: p.Run.Step.Listed, Queued: p.Run.Step.Batches - p.Done, Done: p.Counts.Keys,
		Counts: p.Counts, Failures: p.Failures, Problem: p.Run.Problem,
	}
	if took := s.now().Sub(since).Seconds(); took > 0 {
		l.Rate = float64(l.Done-before) / took
	}
	if l.Rate > 0 && l.Phase == reindex.Draining {
		l.Left = (time.Duration(float64(l.Listed-l.Done)/l.Rate) * time.Second).String()
	}
	if p.Run.Standing(s.now()) {
		l.Stalled = s.now().Sub(p.Run.Moved).Truncate(time.Minute).String()
	}
	return l
}

// line tells a look on a line of its own.
func (l look) line() string {
	return fmt.Sprintf("%s: %d listed, %d done, %d batches queued, %s", l.Phase, l.Listed, l.Done, l.Queued, l.pace())
}

// short tells it beside a bar, on a terminal of 80 columns.
func (l look) short() string {
	return fmt.Sprintf("%s: %d of %d, %d queued, %s", l.Phase, l.Done, l.Listed, l.Queued, l.pace())
}

func (l look) pace() string {
	switch {
	case l.Stalled != "":
		return "stalled for " + l.Stalled
	case l.Left != "":
		return fmt.Sprintf("%.0f/s, about %s left", l.Rate, l.Left)
	}
	return fmt.Sprintf("%.0f/s", l.Rate)
}

// reindexView shows looks: as JSON, as a bar on a terminal, or as a line whenever
// something has changed.
type reindexView struct {
	*session
	json   bool
	bar    *progress
	began  time.Time
	before int // keys that were done at the first look, -1 before it
	last   string
	warned bool
}

func (s *session) reindexView(asJSON bool) *reindexView {
	return &reindexView{session: s, json: asJSON, bar: &progress{}, began: s.now(), before: -1}
}

func (v *reindexView) show(p reindex.Progress) {
	if v.before < 0 {
		v.before = p.Counts.Keys
		if !v.json {
			v.bar = v.measuring()
		}
	}
	l := v.looked(p, v.began, v.before)
	if v.json {
		_ = json.NewEncoder(v.out).Encode(l) // out's errors show where they matter, at what follows
		return
	}
	v.warnStalled(l)
	v.bar.is(l.Done, l.Listed, l.short())
	if text := l.line(); !v.screen && text != v.last {
		fmt.Fprintln(v.err, text)
		v.last = text
	}
}

// status shows a single look.
func (v *reindexView) status(p reindex.Progress) {
	l := v.looked(p, v.began, p.Counts.Keys)
	switch {
	case v.json:
		_ = json.NewEncoder(v.out).Encode(l)
	case p.Run.Active():
		v.printf("%s\n", l.line())
		v.warnStalled(l)
	}
}

// warnStalled says once what to do about a run that stands still.
func (v *reindexView) warnStalled(l look) {
	if l.Stalled != "" && !v.warned {
		v.bar.clear()
		v.warn("nothing has moved for %s: \"ops logs index\" tells why; once that is mended, \"ops redrive reindex\" and this command take the run up", l.Stalled)
	}
	v.warned = l.Stalled != ""
}

// reportReindex says how a run ended.
func (s *session) reportReindex(lib masters.Library, p reindex.Progress, asJSON bool) error {
	if !asJSON {
		t := newTable("LIBRARY "+lib.Name, "KEYS")
		for _, row := range []struct {
			name string
			n    int
		}{
			{"placed", p.Counts.Placed}, {"  name and pixels in conflict", p.Counts.Conflicts}, {"  not to be delivered", p.Counts.Unreadable},
			{"unplaced", p.Counts.Unplaced}, {"found as they were brought", p.Counts.Confirmed}, {"gone meanwhile", p.Counts.Gone}, {"failed", p.Counts.Failed},
		} {
			t.add(texted(row.name, fmt.Sprint(row.n))...)
		}
		if err := s.print(t); err != nil {
			return err
		}
		for _, f := range p.Failures {
			s.warn("%s: %s", printable(f.Key), printable(f.Error))
		}
	}
	if p.Run.Problem != "" {
		return fmt.Errorf("%s: the library is not indexed, and nothing is skipped; mend what the log of index says, then run this again", p.Run.Problem)
	}
	if !asJSON {
		s.printf("indexed whole in %v\n", p.Run.Ended.Sub(p.Run.Started).Round(time.Second))
	}
	return nil
}
