package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/sqsqueue"

	"github.com/spf13/cobra"
)

func intakeReplayCommand(s *session) *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use: "replay [RECORD… | SENDER SUBJECT]", Short: "Reprocess stored announcements, and try their files again",
		Long: `Reprocesses stored announcements. RECORD is the key of a stored event, as
"` + typed("intake show SENDER SUBJECT") + `" prints it. SENDER SUBJECT selects
all events of a subject. --sender with --since selects the sender's events of that
time, and --state or --kind narrow them to such subjects.

A replay leaves stored files as they are, tries failed files again, and reads the
events with the rules of the deployed version. It can be repeated without harm. The
command first shows the events. Events are kept for a limited time only.`,
		Example: examples("intake replay hoox job/123", "intake replay --sender hoox --since 7d --state failed"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.understand(args); err != nil {
				return err
			}
			if s.asJSON && !o.yes && !o.dryRun {
				return errJSONAsks
			}
			return s.replay(c.Context(), o)
		},
	}
	flags := c.Flags()
	o.define(c, 0, "only events of this `time` up to now, such as 36h or 7d; --sender needs it")
	within(c, &o.limit, "limit", 1000, 1, 10_000, "largest `number` of events; if there are more, none is replayed")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show the events")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before events are replayed")
	s.withJSON(c, "a line of JSON for each event, with its fate; needs --yes or --dry-run")
	return c
}

// replayOptions selects stored events in one of three ways: by their keys, by their subject, or by
// the conditions of a timelineQuery.
type replayOptions struct {
	timelineQuery
	records     []string
	subject     string // subject whose events are replayed; "" selects no subject
	dryRun, yes bool
}

// understand sets the options from the arguments. If the arguments do not fit the flags, it returns
// errUsage.
func (o *replayOptions) understand(args []string) error {
	queried := o.sender != "" || o.since > 0 || o.narrow()
	switch {
	case len(args) == 0 && o.sender != "" && o.since > 0:
		return nil
	case len(args) == 2 && slices.Contains(senders.Names(), args[0]) && !queried:
		o.sender, o.subject = args[0], args[1]
		return nil
	case len(args) > 0 && !queried && !slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "raw/") }):
		o.records = args
		return nil
	}
	return fmt.Errorf(`%w: expected keys of events ("raw/…"), or a sender and a subject, or --sender with --since`, errUsage)
}

// The states of a stored event in a replay.
const (
	replayable fate = "to be replayed"
	replayed   fate = "replayed"
	gone       fate = "gone" // the bucket has no such event
)

// rerun is a stored event that is selected for a replay. Its content is never printed.
type rerun struct {
	Record   string    `json:"record"`
	Received time.Time `json:"received,omitzero"`
	What     string    `json:"what,omitempty"` // the event's type and status, in the sender's own words
	Fate     fate      `json:"fate"`
}

var (
	errNotReplayed = errors.New("not all events were replayed")
	errManyEvents  = errors.New("there are more events than --limit, and nothing was replayed: give a shorter --since or a higher --limit")
)

func (s *session) replay(ctx context.Context, o replayOptions) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	keys, err := s.recordsOf(ctx, d, o)
	if err != nil {
		return err
	}
	list, err := s.readRecords(ctx, d, keys)
	if err != nil {
		return err
	}
	if !s.asJSON {
		if err := s.showReruns(list); err != nil {
			return err
		}
	}
	if !o.dryRun {
		err = s.sendAgain(ctx, d, list, o)
	}
	if s.asJSON {
		err = errors.Join(err, printLines(s.terminal, list...))
	}
	left := len(list) - countReruns(list, replayed)
	if err == nil && left > 0 && !o.dryRun {
		err = fmt.Errorf("%w: %d are left", errNotReplayed, left)
	}
	return err
}

func (s *session) showReruns(list []*rerun) error {
	if len(list) == 0 {
		s.printf("no matching events\n")
		return nil
	}
	t := screen.NewTable("RECEIVED", "SAID", "RECORD", "FATE").Whole("RECEIVED", "RECORD")
	for _, r := range list {
		received := "-"
		if !r.Received.IsZero() {
			received = screen.Time(r.Received)
		}
		row := screen.Texts(received, printable(dash(r.What)), printable(r.Record), string(r.Fate))
		row[3].Paint = map[fate]screen.Paint{replayable: screen.Good, unreadable: screen.Bad, gone: screen.Bad}[r.Fate]
		t.Add(row...)
	}
	return s.Print(t)
}

// sendAgain asks for confirmation, and then sends the readable events to the queue of the function
// collect.
func (s *session) sendAgain(ctx context.Context, d deployment, list []*rerun, o replayOptions) error {
	n := countReruns(list, replayable)
	if n == 0 {
		return nil
	}
	if !o.yes {
		if err := s.mustConfirm("replay", fmt.Sprintf("%s will be reprocessed.", screen.Plural(n, "event"))); err != nil {
			return err
		}
	}
	url, err := s.queueURL(ctx, d, "CollectQueueUrl")
	if err != nil {
		return err
	}
	queue, at := sqsqueue.Queue{Client: s.sqs(), URL: url}, s.now()
	for _, r := range list {
		if r.Fate != replayable || err != nil {
			continue
		}
		var message []byte
		if message, err = intake.EncodeReplay(r.Record, at); err == nil {
			err = queue.Send(ctx, message)
		}
		if err == nil {
			r.Fate = replayed
		}
	}
	if !s.asJSON {
		s.printf("%s replayed\n", screen.Plural(countReruns(list, replayed), "event"))
	}
	return err
}

func countReruns(list []*rerun, f fate) int {
	return count(list, func(r *rerun) bool { return r.Fate == f })
}
