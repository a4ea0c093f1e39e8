package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
)

// timelineQuery selects timelines. A timeline is the history of one subject: a build, a job, a set
// or a campaign.
type timelineQuery struct {
	sender, kind, state string // the only sender, kind or state to select; "" selects all
	since               age
	limit               int
}

// define adds the query's flags to a command. back is the default of the flag --since, and since is
// the help text of that flag.
func (q *timelineQuery) define(c *cobra.Command, back age, since string) {
	q.since = back
	oneOf(c, &q.sender, "sender", "only subjects of this `sender`", senders.Names())
	c.Flags().StringVar(&q.kind, "kind", "", "only subjects of this `kind`, the word before the slash: build, job, set, campaign and so on")
	oneOf(c, &q.state, "state", "only subjects in this `state`", conditionNames())
	c.Flags().Var(&q.since, "since", since)
}

// senders returns the names of the selected senders.
func (q timelineQuery) senders() []string {
	if q.sender != "" {
		return []string{q.sender}
	}
	return senders.Names()
}

// narrow reports whether the query selects by kind or by state. The table has no index by kind or
// state, so all timelines of a day must then be read.
func (q timelineQuery) narrow() bool { return q.kind != "" || q.state != "" }

// wants reports whether the query selects a timeline. It never selects a timeline whose first event
// is older than oldest.
func (q timelineQuery) wants(t timeline.Timeline, oldest time.Time) bool {
	kind, _, _ := strings.Cut(t.Subject, "/")
	return !t.ReceivedAt.Before(oldest) && (q.kind == "" || q.kind == kind) &&
		(q.state == "" || q.state == string(t.Condition()))
}

// findTimelines returns the selected timelines, the newest first. It reads one day after another,
// from today backwards, until it has found q.limit timelines.
func (s *session) findTimelines(ctx context.Context, d deployment, q timelineQuery) (found []timeline.Timeline, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	now := s.now()
	oldest := now.Add(-time.Duration(q.since))
	looked := s.counting("subjects read")
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
				s.warn("the list may be incomplete: only the newest %d subjects of %s on %s were read", scanned, sender, day.Format(time.DateOnly))
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

func conditionNames() []string {
	return []string{string(timeline.ConditionFailed), string(timeline.ConditionWaiting), string(timeline.ConditionStored), string(timeline.ConditionUnknown), string(timeline.ConditionNoted)}
}

func conditionPaint(c timeline.Condition) screen.Paint {
	switch c {
	case timeline.ConditionFailed:
		return screen.Bad
	case timeline.ConditionWaiting, timeline.ConditionUnknown:
		return screen.Poor
	case timeline.ConditionStored:
		return screen.Good
	}
	return screen.Plain
}

// trouble returns the reason why a subject needs attention, or "" if it needs none. It returns the
// first of these reasons that exists: the error of a failed file, the failure that the sender
// reports, the problem of another file, and the events that masterhand does not understand.
func trouble(t timeline.Timeline) string {
	failed := fileTrouble(t.Files, timeline.Failed)
	if failed == "" && t.State.Alert != "" {
		why := cmp.Or(t.State.Detail, fileTrouble(t.Files, timeline.Skipped))
		return strings.TrimSuffix(t.State.Alert+": "+why, ": ")
	}
	why := cmp.Or(failed, fileTrouble(t.Files, timeline.Announced), fileTrouble(t.Files, timeline.Skipped), fileTrouble(t.Files, timeline.Stored))
	if why == "" && t.Condition() == timeline.ConditionUnknown {
		why = "not understood: " + strings.Join(t.Unknown(), ", ")
	}
	return why
}

// fileTrouble returns the problem of the first file that has this state and a problem, or "" if no
// such file exists.
func fileTrouble(files []timeline.File, state timeline.FileState) string {
	for _, f := range files {
		if code := cmp.Or(f.Code, f.Problem); f.State == state && code != "" {
			return strings.TrimSuffix(f.Name+": "+code+": "+f.Detail, ": ")
		}
	}
	return ""
}

// age is the value of a flag for a time span that ends now, for example 36h or 7d.
type age time.Duration

var errAge = errors.New("must be a time span such as 36h or 7d, at most 90d")

// String implements [pflag.Value]. It returns a text that Set accepts, and "" for zero.
func (a *age) String() string {
	span := time.Duration(*a)
	if span == 0 {
		return ""
	}
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

// Type implements [pflag.Value].
func (a *age) Type() string { return "age" }

// Set implements [pflag.Value].
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
