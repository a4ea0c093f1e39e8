package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/announcements/timeline"

	"github.com/spf13/cobra"
)

func intakeListCommand(s *session) *cobra.Command {
	var q timelineQuery
	c := &cobra.Command{
		Use: "list", Short: "List the newest announced builds, jobs, sets and campaigns", Args: takesNone,
		Long: `Lists the subjects of announcements: builds, jobs, sets and campaigns. STATE is
failed if a file could not be stored or the sender reports a failure, waiting if a
file is not stored yet, stored if all files are stored, unknown if no file is stored
and masterhand does not understand an event, noted if there are no files. SAID is
the state that the sender reported.
"` + typed("intake show SENDER SUBJECT") + `" shows a subject with its files.`,
		Example: examples("intake list --state failed", "intake list --sender hoox --since 36h"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.listTimelines(c.Context(), q) },
	}
	q.define(c, age(7*24*time.Hour), "only subjects whose first event came within this `time` up to now, such as 36h or 7d")
	within(c, &q.limit, "limit", 50, 1, 0, "largest `number` of subjects to list")
	s.withJSON(c, "a line of JSON for each subject, with everything that is stored about it")
	return c
}

func (s *session) listTimelines(ctx context.Context, q timelineQuery) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	found, err := s.findTimelines(ctx, d, q)
	switch {
	case err != nil:
		return err
	case s.asJSON:
		return s.timelinesJSON(found...)
	case len(found) == 0:
		s.printf("no matching subjects in the last %s\n", rounded(time.Duration(q.since)))
		return nil
	}
	return s.Print(timelinesTable(found))
}

// timelinesJSON prints each timeline as one line of JSON, with the timeline's condition as its
// first member.
func (s *session) timelinesJSON(list ...timeline.Timeline) error {
	for _, t := range list {
		err := s.JSON(struct {
			Condition timeline.Condition `json:"condition"`
			timeline.Timeline
		}{t.Condition(), t})
		if err != nil {
			return err
		}
	}
	return nil
}

func timelinesTable(list []timeline.Timeline) *screen.Table {
	t := screen.NewTable("RECEIVED", "SENDER", "SUBJECT", "STATE", "SAID", "FILES", "WHY").Whole("RECEIVED", "SUBJECT")
	for _, l := range list {
		state := l.Condition()
		row := screen.Texts(screen.Time(l.ReceivedAt), l.Sender, printable(l.Subject), string(state),
			printable(dash(senderSays(l))), dash(fileCounts(l.Files)), printable(trouble(l)))
		row[3].Paint = conditionPaint(state)
		t.Add(row...)
	}
	return t
}

// senderSays returns the state of the timeline's subject in the sender's latest report.
func senderSays(t timeline.Timeline) string {
	words := strings.TrimSpace(t.State.Type + " " + t.State.Status)
	if t.Test {
		words += " (test)"
	}
	return words
}

// fileCounts returns the number of files in each state, for example "2 stored, 1 failed".
func fileCounts(files []timeline.File) string {
	var parts []string
	for _, state := range []timeline.FileState{timeline.Stored, timeline.Announced, timeline.Failed, timeline.Recorded, timeline.Skipped} {
		if n := count(files, func(f timeline.File) bool { return f.State == state }); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}
