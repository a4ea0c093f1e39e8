package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
)

// thingQuery says which timelines are meant: those of builds, jobs, sets, campaigns.
type thingQuery struct {
	sender, kind, state string // "" is all
	since               age
	limit               int
}

// define adds the flags; back is how far is looked unless told, and since what that means.
func (q *thingQuery) define(flags *flag.FlagSet, back age, since string) {
	q.since = back
	flags.StringVar(&q.sender, "sender", "", "only of this `sender`: "+strings.Join(senders.Names(), ", "))
	flags.StringVar(&q.kind, "kind", "", "only of this `kind`: build, job, set, campaign and so on, as their names begin")
	flags.StringVar(&q.state, "state", "", "only those in this `state`: "+strings.Join(conditionNames(), ", "))
	flags.Var(&q.since, "since", since)
}

func (q thingQuery) check() error {
	switch {
	case q.sender != "" && !slices.Contains(senders.Names(), q.sender):
		return fmt.Errorf("%w: -sender must be one of %s", errUsage, strings.Join(senders.Names(), ", "))
	case q.state != "" && !slices.Contains(conditionNames(), q.state):
		return fmt.Errorf("%w: -state must be one of %s", errUsage, strings.Join(conditionNames(), ", "))
	case q.limit < 1:
		return fmt.Errorf("%w: -limit must be at least 1", errUsage)
	}
	return nil
}

// senders are those that are meant.
func (q thingQuery) senders() []string {
	if q.sender != "" {
		return []string{q.sender}
	}
	return senders.Names()
}

// narrow reports whether not everything of a day is wanted.
func (q thingQuery) narrow() bool { return q.kind != "" || q.state != "" }

// wants reports whether a timeline is one of those asked for.
func (q thingQuery) wants(t timeline.Timeline, oldest time.Time) bool {
	kind, _, _ := strings.Cut(t.Subject, "/")
	return !t.ReceivedAt.Before(oldest) && (q.kind == "" || q.kind == kind) &&
		(q.state == "" || q.state == string(conditionOf(t)))
}

// findThings reads day by day, the newest first, until there are enough.
func (s *session) findThings(ctx context.Context, d deployment, q thingQuery) (found []timeline.Timeline, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	now := s.now()
	oldest := now.Add(-time.Duration(q.since))
	looked := s.counting("things looked through")
	defer looked.end()
	for day := now.UTC(); !day.Before(oldest.UTC().Truncate(24 * time.Hour)); day = day.AddDate(0, 0, -1) {
		var of []timeline.Timeline
		for _, sender := range q.senders() {
			read := q.limit - len(found)
			if q.narrow() {
				read = scanned
			}
			some, err := store.ByDay(ctx, sender, day.Format(time.DateOnly), read)
			if err != nil {
				return nil, err
			}
			if len(some) == scanned {
				s.warn("only the newest %d of %s on %s were looked through", scanned, sender, day.Format(time.DateOnly))
			}
			looked.add(int64(len(some)))
			of = append(of, some...)
		}
		slices.SortFunc(of, func(a, b timeline.Timeline) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
		for _, t := range of {
			if q.wants(t, oldest) {
				found = append(found, t)
			}
			if len(found) == q.limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// condition says how a thing stands on our side.
type condition string

const (
	conditionFailed  condition = "failed"  // a file could not be brought, or the sender tells of a failure
	conditionWaiting condition = "waiting" // a file is still to be brought
	conditionStored  condition = "stored"  // all files are there
	conditionNoted   condition = "noted"   // nothing is to be brought
)

func conditionNames() []string {
	return []string{string(conditionFailed), string(conditionWaiting), string(conditionStored), string(conditionNoted)}
}

func conditionOf(t timeline.Timeline) condition {
	has := func(state timeline.FileState) bool {
		return slices.ContainsFunc(t.Files, func(f timeline.File) bool { return f.State == state })
	}
	switch {
	case t.State.Alert != "", has(timeline.Failed):
		return conditionFailed
	case has(timeline.Announced):
		return conditionWaiting
	case has(timeline.Stored):
		return conditionStored
	}
	return conditionNoted
}

func (c condition) paint() paint {
	return map[condition]paint{conditionFailed: bad, conditionWaiting: poor, conditionStored: good}[c]
}

// trouble is what there is to say of why a thing is not as it should be: its first file
// that failed, then what the sender says, then what a file waits for or lacks.
func trouble(t timeline.Timeline) string {
	failed := fileTrouble(t.Files, timeline.Failed)
	if failed == "" && t.State.Alert != "" {
		why := cmp.Or(t.State.Detail, fileTrouble(t.Files, timeline.Skipped))
		return strings.TrimSuffix(t.State.Alert+": "+why, ": ")
	}
	return cmp.Or(failed, fileTrouble(t.Files, timeline.Announced), fileTrouble(t.Files, timeline.Skipped), fileTrouble(t.Files, timeline.Stored))
}

// fileTrouble tells of the first file in a state with which something is wrong.
func fileTrouble(files []timeline.File, state timeline.FileState) string {
	for _, f := range files {
		if code := cmp.Or(f.Code, f.Problem); f.State == state && code != "" {
			return strings.TrimSuffix(f.Name+": "+code+": "+f.Detail, ": ")
		}
	}
	return ""
}

// age is how far back something may lie.
type age time.Duration

var errAge = errors.New("must be the like of 36h or 7d, up to 90d")

// String implements [flag.Value]: as Set takes it, in the units that are needed.
func (a *age) String() string {
	span := time.Duration(*a)
	if days := span / (24 * time.Hour); days > 0 && span%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", days)
	}
	text := span.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = strings.TrimSuffix(text, none[1:])
		}
	}
	return text
}

// Set implements [flag.Value].
func (a *age) Set(text string) error {
	span, err := time.ParseDuration(text)
	if days, ofDays := strings.CutSuffix(text, "d"); ofDays {
		var n int
		n, err = strconv.Atoi(days)
		span = time.Duration(min(n, 1000)) * 24 * time.Hour
	}
	if err != nil || span <= 0 || span > timeline.TTL {
		return errAge
	}
	*a = age(span)
	return nil
}
