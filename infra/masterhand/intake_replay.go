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
		Use: "replay [RECORD… | SENDER SUBJECT]", Short: "Process stored events again, and try their files again",
		Long: `RECORD is the key of an event, as
"` + typed("intake show SENDER SUBJECT") + `" prints it. SENDER SUBJECT means all
events of a subject. With --sender, --since must say how far back the events go,
and --state or --kind leave only those of such subjects.

Stored files stay as they are. Failed files are tried again, and the function
reads from an event whatever it understands by now. A replay can be repeated
without harm. The command first shows the events. Events are kept for a limited
time only.`,
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
	o.define(c, 0, "how far `back` events go, such as 36h or 7d; must be given with --sender")
	within(c, &o.limit, "limit", 1000, 1, 10_000, "`number` of events at most; if there are more, none is replayed")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show the events")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before events are replayed")
	s.withJSON(c, "a line of JSON for each event at its end; needs --yes or --dry-run")
	return c
}

// replayOptions say which events are meant: records, those of a subject, or those that the
// query finds.
type replayOptions struct {
	timelineQuery
	records     []string
	subject     string // of the query's sender
	dryRun, yes bool
}

// understand makes sense of the arguments.
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
	return fmt.Errorf(`%w: expected records ("raw/…"), or a sender and a subject, or --sender and --since`, errUsage)
}

// The fates of an event in a replay.
const (
	replayable fate = "to be replayed"
	replayed   fate = "replayed"
	gone       fate = "gone" // its time in the bucket is over, or it never was there
)

// rerun is an event that somebody wants replayed. What it holds is not shown.
type rerun struct {
	Record   string    `json:"record"`
	Received time.Time `json:"received,omitzero"`
	What     string    `json:"what,omitempty"` // in the sender's words
	Fate     fate      `json:"fate"`
}

var (
	errNotReplayed = errors.New("not all events could be replayed")
	errManyEvents  = errors.New("more events than --limit: give a shorter --since, or a higher --limit; nothing was replayed")
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
		s.printf("no such events\n")
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

// sendAgain asks, and puts into the queue what can be read.
func (s *session) sendAgain(ctx context.Context, d deployment, list []*rerun, o replayOptions) error {
	n := countReruns(list, replayable)
	if n == 0 {
		return nil
	}
	if !o.yes {
		if err := s.mustConfirm("replay", fmt.Sprintf("%s will be processed again.", screen.Plural(n, "event"))); err != nil {
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
