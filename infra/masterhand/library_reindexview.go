package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
)

// look is the progress of a reindex at one moment, as --json prints it.
type look struct {
	Phase    reindex.Phase     `json:"phase"`
	Listed   int               `json:"listed"`            // number of keys that are listed so far
	Queued   int               `json:"queued"`            // number of batches that were sent and are not finished
	Done     int               `json:"done"`              // number of keys whose batches are finished
	Checked  int               `json:"checked,omitempty"` // number of indexed keys looked up in the bucket so far
	ToCheck  int               `json:"toCheck,omitempty"` // estimated number of keys to look up; 0 except in the phases sweeping and clearing
	Rate     float64           `json:"rate"`              // number of keys that are indexed (or looked up) per second
	Left     string            `json:"left,omitempty"`
	LeftFor  float64           `json:"left_seconds,omitempty"`
	Stalled  string            `json:"stalled,omitempty"` // time since the last progress; "" unless the reindex seems stalled
	StillFor float64           `json:"stalled_seconds,omitempty"`
	Counts   reindex.Counts    `json:"counts"`
	Failures []reindex.Failure `json:"failures,omitempty"`
	Problem  string            `json:"problem,omitempty"`

	done, total int // numbers of finished keys and of all keys in the present phase
}

// mark is the point from which the rate is measured: a time, and the number of keys that were
// finished at that time.
type mark struct {
	checking bool
	at       time.Time
	done     int
}

// longest is the limit of the estimated remaining time. A longer estimate is not shown.
const longest = 100 * 24 * time.Hour

func (s *session) looked(p reindex.Progress, from mark) look {
	done, total := p.Keys()
	l := look{
		Phase: p.Run.Step.Phase, Listed: p.Run.Step.Listed, Queued: p.Run.Step.Batches - p.Done, Done: p.Counts.Keys,
		Checked: p.Run.Step.Checked, Counts: p.Counts, Failures: p.Failures, Problem: p.Run.Problem,
	}
	if p.Run.Checking() {
		l.ToCheck = total
	}
	now := s.now()
	if !p.Run.Active() {
		now = p.Run.Ended
	}
	if took := now.Sub(from.at).Seconds(); took > 0 {
		l.Rate = float64(done-from.done) / took
	}
	bounded := p.Run.Checking() || l.Phase == reindex.Draining || l.Phase == reindex.Confirming
	// The condition is false if the rate is 0, because seconds is then +Inf or NaN.
	if seconds := float64(total-done) / l.Rate; bounded && seconds < longest.Seconds() {
		l.Left, l.LeftFor = (time.Duration(seconds) * time.Second).String(), math.Trunc(seconds)
	}
	if p.Run.Standing(now) {
		still := now.Sub(p.Run.Moved).Truncate(time.Minute)
		l.Stalled, l.StillFor = still.String(), still.Seconds()
	}
	l.done, l.total = done, total
	return l
}

// line returns the progress as one line of text.
func (l look) line() string {
	if l.ToCheck > 0 {
		return fmt.Sprintf("%s: %s of %s checked, %s", l.Phase, grouped(l.Checked), counted(l.ToCheck, "key"), l.pace())
	}
	return fmt.Sprintf("%s: %s listed, %s done, %s queued, %s", l.Phase, grouped(l.Listed), grouped(l.Done), counted(l.Queued, "batch"), l.pace())
}

// short returns the progress as the text beside a bar, short enough for a terminal of 80 columns.
func (l look) short() string {
	words := fmt.Sprintf("%s: %s of %s, ", l.Phase, grouped(l.done), grouped(l.total))
	if l.ToCheck > 0 {
		words = fmt.Sprintf("checking: %s of %s, ", grouped(l.done), grouped(l.total))
	} else if l.Left == "" && l.Stalled == "" {
		words += grouped(l.Queued) + " queued, "
	}
	return words + l.pace()
}

func (l look) pace() string {
	switch rate := grouped(int(math.Round(l.Rate))) + "/s"; {
	case l.Stalled != "":
		return "stalled for " + l.Stalled
	case l.Left != "":
		return rate + ", " + l.Left + " left"
	default:
		return rate
	}
}

// counted returns a number and its noun, for example "12,345 keys".
func counted(n int, noun string) string {
	_, words, _ := strings.Cut(screen.Plural(n, noun), " ")
	return grouped(n) + " " + words
}

// grouped returns a number with a comma before each group of three digits. n must not be negative.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// reindexView shows the progress of a reindex: as lines of JSON, as a bar on a terminal, or
// otherwise as a line of text for each change.
type reindexView struct {
	*session
	bar    *progress
	from   *mark // point from which the rate is measured; nil before the first snapshot
	last   string
	warned bool
}

func (s *session) reindexView() *reindexView {
	return &reindexView{session: s, bar: &progress{}}
}

func (v *reindexView) show(p reindex.Progress) {
	if p.Run.Active() && (v.from == nil || v.from.checking != p.Run.Checking()) {
		done, _ := p.Keys()
		v.from = &mark{p.Run.Checking(), v.now(), done}
		if !v.asJSON {
			v.bar.end()
			v.bar = v.measuring()
		}
	}
	from := outset(p.Run)
	if p.Run.Active() {
		from = *v.from
	}
	l := v.looked(p, from)
	if v.asJSON {
		_ = v.JSON(l) // the error is ignored: the next write to the output returns it again
		return
	}
	v.warnStalled(l)
	v.bar.advance(l.done, l.total, l.short())
	if text := l.line(); v.Width == 0 && text != v.last {
		fmt.Fprintln(v.err, text)
		v.last = text
	}
}

// outset returns the point from which the average rate is measured: the start of the reindex or,
// during the sweep, the start of the sweep.
func outset(r reindex.Run) mark {
	if r.Checking() {
		return mark{checking: true, at: r.Step.Since}
	}
	return mark{at: r.Started}
}

// status shows the progress once. It shows the average rate since the start of the reindex or,
// during the sweep, since the start of the sweep.
func (v *reindexView) status(p reindex.Progress) {
	l := v.looked(p, outset(p.Run))
	switch {
	case v.asJSON:
		_ = v.JSON(l)
	case p.Run.Active():
		v.printf("%s\n", l.line())
		v.warnStalled(l)
	}
}

// warnStalled prints a warning, only once, about a reindex that makes no progress, and what to do.
func (v *reindexView) warnStalled(l look) {
	if l.Stalled != "" && !v.warned {
		v.bar.clear()
		v.warn("the run has made no progress for %s: \"%s\" shows why; after the repair, \"%s\" and this command continue the run", l.Stalled, typed("logs --function index")+v.sameDeployment(), typed("redrive reindex")+v.sameDeployment())
	}
	v.warned = l.Stalled != ""
}

// reportReindex prints the result of a reindex that has ended. If the library is still not
// completely indexed, it returns an error.
func (s *session) reportReindex(lib masters.Library, p reindex.Progress) error {
	if p.Run.Stopped() {
		return s.waitsForReindex(lib, fmt.Sprintf("the index of library %s is unchanged: by its present rules %s", lib.Name, p.Run.Problem))
	}
	if !s.asJSON {
		t := screen.NewTable("LIBRARY "+lib.Name, "KEYS")
		for _, row := range []struct {
			name string
			n    int
		}{
			{"placed", p.Counts.Placed}, {"  name and pixels in conflict", p.Counts.Conflicts}, {"  not deliverable", p.Counts.Unreadable},
			{"unplaced", p.Counts.Unplaced}, {"in the report and in the bucket", p.Counts.Confirmed}, {"deleted meanwhile", p.Counts.Gone}, {"failed", p.Counts.Failed},
		} {
			t.Add(screen.Texts(row.name, fmt.Sprint(row.n))...)
		}
		if err := s.Print(t); err != nil {
			return err
		}
		for _, f := range p.Failures {
			s.warn("%s: %s", printable(f.Key), printable(f.Error))
		}
	}
	if p.Run.Problem != "" {
		return fmt.Errorf("%s: the library is not indexed, and no request is skipped; repair the cause that the log of the function index shows, then run this command again", p.Run.Problem)
	}
	if !s.asJSON {
		s.printf("completely indexed in %v\n", p.Run.Ended.Sub(p.Run.Started).Round(time.Second))
	}
	return nil
}
