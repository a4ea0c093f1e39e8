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

var intakeShowCommand = command{
	name: "intake show", args: "SENDER THING [-json]", short: "tell all that is known of one thing: its events, its files, what to do",
	long: `THING is what "intake list" calls it, the like of job/123. RECORD is the key of an event
as it came, in the bucket of events: "intake replay" takes it. No URL is kept of a file,
only its host.`,
	define: func(s *session, flags *flag.FlagSet) action {
		asJSON := flags.Bool("json", false, "one line of JSON")
		return func(ctx context.Context, args []string) error {
			if len(args) != 2 || !slices.Contains(senders.Names(), args[0]) {
				return fmt.Errorf("%w: name a sender (%s) and a thing", errUsage, strings.Join(senders.Names(), ", "))
			}
			return s.showThing(ctx, args[0], args[1], *asJSON)
		}
	},
}

var errNoThing = errors.New(`no such thing ("ops intake list" has those there are; they are kept for 90 days)`)

func (s *session) showThing(ctx context.Context, sender, subject string, asJSON bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	t, err := s.thing(ctx, d, sender, subject)
	if err != nil {
		return err
	}
	if asJSON {
		return thingsJSON(s.out, []timeline.Timeline{t})
	}
	s.showHead(t)
	if err := s.print(eventsTable(t.Entries)); err != nil {
		return err
	}
	if t.Unlisted > 0 {
		s.printf("and %d events and files beyond what is kept\n", t.Unlisted)
	}
	return s.showFiles(t.Files)
}

// thing reads the timeline of a subject.
func (s *session) thing(ctx context.Context, d deployment, sender, subject string) (timeline.Timeline, error) {
	t, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, timeline.ID(sender, subject))
	if errors.Is(err, timeline.ErrNotFound) {
		err = errNoThing
	}
	return t, err
}

func (s *session) showHead(t timeline.Timeline) {
	state := conditionOf(t)
	line := func(what, text string) {
		if text != "" {
			s.printf("  %-9s %s\n", what, text)
		}
	}
	s.printf("%s\n", s.painted(strong, t.Sender+" "+printable(t.Subject)))
	line("state", s.painted(state.paint(), string(state)))
	line("said", printable(senderSays(t)))
	line("why", printable(t.State.Detail))
	line("received", stamp(t.ReceivedAt)+", last changed "+stamp(t.UpdatedAt))
	if t.State.Alert != "" {
		line("alert", t.State.Alert)
	}
	line("told", printable(strings.Join(t.Notified, ", ")))
	s.printf("\n")
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func eventsTable(entries []timeline.Entry) *table {
	t := newTable("RECEIVED", "SENT", "EVENT", "SAID", "TIMES", "RECORD")
	for _, e := range entries {
		event := e.Type
		if len(e.Unknown) > 0 {
			event += " (unknown: " + strings.Join(e.Unknown, ", ") + ")"
		}
		t.add(texted(stamp(e.Received), stamp(e.At), printable(dash(event)), printable(dash(e.Status)), strconv.Itoa(e.Count), printable(e.Record))...)
	}
	return t
}

// showFiles tells of each file where it is, or why it is nowhere and what to do.
func (s *session) showFiles(files []timeline.File) error {
	if len(files) == 0 {
		s.printf("\nno files were announced\n")
		return nil
	}
	for _, f := range files {
		s.printf("\n%s %s %s\n", s.painted(strong, printable(f.Name)), f.Role, s.painted(filePaint(f.State), string(f.State)))
		for _, line := range fileLines(f, s.now()) {
			s.printf("  %-9s %s\n", line[0], printable(line[1]))
		}
	}
	return nil
}

func filePaint(state timeline.FileState) paint {
	return map[timeline.FileState]paint{timeline.Stored: good, timeline.Failed: bad, timeline.Announced: poor}[state]
}

// fileLines are names with what is known under them.
func fileLines(f timeline.File, now time.Time) (lines [][2]string) {
	line := func(what, text string) {
		if text != "" {
			lines = append(lines, [2]string{what, text})
		}
	}
	line("key", f.Key)
	if f.Earlier != nil {
		line("earlier", f.Earlier.Key+", until it is where it belongs")
	}
	for _, key := range f.Orphans {
		line("astray", key+", to be deleted")
	}
	if f.State == timeline.Stored {
		line("size", fmt.Sprintf("%d bytes", f.Size))
	}
	line("sha256", f.SHA256)
	line("from", f.Host)
	line("said", f.Status)
	line("announced", stamp(f.Since)+" by "+f.Record)
	if f.Tries > 0 {
		line("tries", strconv.Itoa(f.Tries))
	}
	if f.Holder != "" && now.Before(f.Until) {
		line("fetched", "just now, until "+stamp(f.Until)+" at the latest")
	}
	if p := f.Progress; p != nil {
		line("so far", fmt.Sprintf("%d bytes", p.Offset))
	}
	if code := cmp.Or(f.Code, f.Problem); code != "" {
		line("why", strings.TrimSuffix(code+": "+f.Detail, ": "))
		line("what now", remedies[code])
	}
	return lines
}
