package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"

	"github.com/spf13/cobra"
)

func intakeShowCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "show SENDER SUBJECT", Short: "Show one announced subject: its events, its files, and what to do",
		Args: takes(2, 2, "a sender and a subject"), ValidArgs: senders.Names(),
		Long: `Shows the events and the files of one subject, and what to do. SUBJECT is a build, job, set or campaign as
"` + typed("intake list") + `" names it, such as job/123. RECORD is the
key of an event in the bucket of events;
"` + typed("intake replay RECORD") + `" reprocesses that event. Of a
file's URL, masterhand stores only the host.`,
		Example: examples("intake show hoox job/123"),
		RunE:    func(c *cobra.Command, args []string) error { return s.showTimeline(c.Context(), args[0], args[1]) },
	}
	s.withJSON(c, "one line of JSON")
	return c
}

var errNoTimeline = fmt.Errorf("this sender has no such subject (\"%s\" lists the subjects, which are kept for 90 days)", typed("intake list"))

func (s *session) showTimeline(ctx context.Context, sender, subject string) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	t, err := s.timeline(ctx, d, sender, subject)
	if err != nil {
		return err
	}
	if s.asJSON {
		return s.timelinesJSON(t)
	}
	s.showHead(t)
	if err := s.Print(eventsTable(t.Entries)); err != nil {
		return err
	}
	if t.Unlisted > 0 {
		s.printf("and %s or files more, which exceeded the limits of this subject and were not recorded\n", screen.Plural(t.Unlisted, "event"))
	}
	return s.showFiles(t.Files)
}

// timeline returns the timeline of a sender's subject. If there is none, it returns errNoTimeline.
func (s *session) timeline(ctx context.Context, d deployment, sender, subject string) (timeline.Timeline, error) {
	t, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.Load(ctx, timeline.ID(sender, subject))
	if errors.Is(err, timeline.ErrNotFound) {
		err = errNoTimeline
	}
	return t, err
}

func (s *session) showHead(t timeline.Timeline) {
	state := t.Condition()
	line := func(what, text string) {
		if text != "" {
			s.printf("  %-9s %s\n", what, text)
		}
	}
	s.printf("%s\n", s.Painted(screen.Strong, t.Sender+" "+printable(t.Subject)))
	line("state", s.Painted(conditionPaint(state), string(state)))
	line("said", printable(senderSays(t)))
	line("why", printable(t.State.Detail))
	line("received", screen.Time(t.ReceivedAt)+", last changed "+screen.Time(t.UpdatedAt))
	if t.State.Alert != "" {
		line("alert", t.State.Alert)
	}
	line("notified", printable(strings.Join(t.Notified, ", ")))
	s.printf("\n")
}

func eventsTable(entries []timeline.Entry) *screen.Table {
	t := screen.NewTable("RECEIVED", "SENT", "EVENT", "SAID", "TIMES", "RECORD").Whole("RECEIVED", "RECORD")
	for _, e := range entries {
		event := e.Type
		if len(e.Unknown) > 0 {
			event += " (unknown: " + strings.Join(e.Unknown, ", ") + ")"
		}
		t.Add(screen.Texts(screen.Time(e.Received), screen.Time(e.At), printable(dash(event)), printable(dash(e.Status)), strconv.Itoa(e.Count), printable(e.Record))...)
	}
	return t
}

// showFiles prints the key of each file. For a missing file it prints the reason and the remedy
// instead.
func (s *session) showFiles(files []timeline.File) error {
	if len(files) == 0 {
		s.printf("\nno files were announced\n")
		return nil
	}
	for _, f := range files {
		s.printf("\n%s %s %s\n", s.Painted(screen.Strong, printable(f.Name)), f.Role, s.Painted(filePaint(f.State), string(f.State)))
		for _, line := range fileLines(f, s.now()) {
			s.printf("  %-9s %s\n", line[0], printable(line[1]))
		}
	}
	return nil
}

func filePaint(state timeline.FileState) screen.Paint {
	return map[timeline.FileState]screen.Paint{timeline.Stored: screen.Good, timeline.Failed: screen.Bad, timeline.Announced: screen.Poor}[state]
}

// fileLines returns the known facts about a file, each as a label and a text.
func fileLines(f timeline.File, now time.Time) (lines [][2]string) {
	line := func(what, text string) {
		if text != "" {
			lines = append(lines, [2]string{what, text})
		}
	}
	line("key", f.Key)
	if f.Earlier != nil {
		line("earlier", f.Earlier.Key+", until the file gets its final key")
	}
	for _, key := range f.Orphans {
		line("orphan", key+", which you should delete")
	}
	if f.State == timeline.Stored {
		line("size", screen.Plural(f.Size, "byte"))
	}
	line("sha256", f.SHA256)
	line("from", f.Host)
	line("said", f.Status)
	line("announced", screen.Time(f.Since)+" by "+f.Record)
	if f.Tries > 0 {
		line("tries", strconv.Itoa(f.Tries))
	}
	if f.Holder != "" && now.Before(f.Until) {
		line("fetched", "now, until "+screen.Time(f.Until)+" at the latest")
	}
	if p := f.Progress; p != nil {
		line("so far", screen.Plural(p.Offset, "byte"))
	}
	if code := cmp.Or(f.Code, f.Problem); code != "" {
		line("why", strings.TrimSuffix(code+": "+f.Detail, ": "))
		line("what now", remedies[code])
	}
	return lines
}
