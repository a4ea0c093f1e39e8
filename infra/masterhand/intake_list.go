package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"masterhand/shared/announcements/timeline"
)

var intakeListCommand = command{
	name: "intake list", args: "[-sender S] [-since 24h] [-state failed]", short: "list the newest builds, jobs, sets, campaigns that other platforms told of",
	long: `STATE is ours: failed, where a file could not be brought or the sender tells of a
failure; waiting, where a file is still to be brought; stored, where all are there; noted,
where there are none. SAID is the sender's. "intake show" tells all of one.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var q thingQuery
		q.define(flags, age(7*24*time.Hour), "how far `back`, the like of 36h or 7d, to a thing's first event")
		flags.IntVar(&q.limit, "limit", 50, "`how many` at most")
		asJSON := flags.Bool("json", false, "a line of JSON for each, with all that is kept of it")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			if err := q.check(); err != nil {
				return err
			}
			return s.listThings(ctx, q, *asJSON)
		}
	},
}

func (s *session) listThings(ctx context.Context, q thingQuery, asJSON bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	found, err := s.findThings(ctx, d, q)
	switch {
	case err != nil:
		return err
	case asJSON:
		return thingsJSON(s.out, found)
	case len(found) == 0:
		s.printf("nothing of the kind in the last %s\n", rounded(time.Duration(q.since)))
		return nil
	}
	return s.print(thingsTable(found))
}

// thing is a timeline as it is printed for programs.
type thing struct {
	Condition condition `json:"condition"`
	timeline.Timeline
}

func thingsJSON(out io.Writer, list []timeline.Timeline) error {
	e := json.NewEncoder(out)
	for _, t := range list {
		if err := e.Encode(thing{conditionOf(t), t}); err != nil {
			return err
		}
	}
	return nil
}

func thingsTable(list []timeline.Timeline) *table {
	t := newTable("RECEIVED", "SENDER", "THING", "STATE", "SAID", "FILES", "WHY")
	for _, l := range list {
		state := conditionOf(l)
		row := texted(l.ReceivedAt.UTC().Format("2006-01-02 15:04:05"), l.Sender, printable(l.Subject), string(state),
			printable(dash(senderSays(l))), dash(fileCounts(l.Files)), printable(shortened(trouble(l), 100)))
		row[3].paint = state.paint()
		t.add(row...)
	}
	return t
}

// senderSays is the sender's word for how a thing stands.
func senderSays(t timeline.Timeline) string {
	words := strings.TrimSpace(t.State.Type + " " + t.State.Status)
	if t.Test {
		words += " (test)"
	}
	return words
}

// fileCounts is the like of "2 stored, 1 failed".
func fileCounts(files []timeline.File) string {
	var parts []string
	for _, state := range []timeline.FileState{timeline.Stored, timeline.Announced, timeline.Failed, timeline.Recorded, timeline.Skipped} {
		n := 0
		for _, f := range files {
			if f.State == state {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	return strings.Join(parts, ", ")
}
