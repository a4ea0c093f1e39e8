package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/sqsintake"
	"masterhand/shared/announcements/senders"
)

var intakeReplayCommand = command{
	name: "intake replay", args: "RECORD… | SENDER THING | -sender S -since D [-state failed]", short: "have events as they came gone through once more, and their files tried again",
	long: `RECORD is an event's key, as "intake show" tells it; SENDER THING means all events of a
thing; with -sender, -since must say how far back events go, and -state or -kind leave only
those of such things. What is stored stays as it is; of what failed each file is tried
again, and what the function understands by now of an event is taken up. Once more is as
good as once. First it is shown what there is. Events are kept for a limited time only.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var o replayOptions
		o.define(flags, 0, "how far `back` events go, the like of 36h or 7d; must be told with -sender")
		flags.IntVar(&o.limit, "limit", 1000, "`how many` events at most; of more none is replayed")
		flags.BoolVar(&o.dryRun, "dry-run", false, "only show what there is")
		flags.BoolVar(&o.yes, "yes", false, "do not ask before events are replayed")
		flags.BoolVar(&o.json, "json", false, "a line of JSON for each event at its end")
		return func(ctx context.Context, args []string) error {
			if err := o.understand(args); err != nil {
				return err
			}
			return s.replay(ctx, o)
		}
	},
}

// replayOptions say which events are meant: records, those of a thing, or those that the
// query finds.
type replayOptions struct {
	thingQuery
	records           []string
	subject           string // of the query's sender
	dryRun, yes, json bool
}

// understand makes sense of the arguments.
func (o *replayOptions) understand(args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	queried := o.sender != "" || o.since > 0 || o.narrow()
	switch {
	case o.limit > 10_000:
		return fmt.Errorf("%w: -limit is 1 to 10,000", errUsage)
	case o.json && !o.yes && !o.dryRun:
		return fmt.Errorf("%w: -json needs -yes or -dry-run", errUsage)
	case len(args) == 0 && o.sender != "" && o.since > 0:
		return nil
	case len(args) == 2 && slices.Contains(senders.Names(), args[0]) && !queried:
		o.sender, o.subject = args[0], args[1]
		return nil
	case len(args) > 0 && !queried && !slices.ContainsFunc(args, func(a string) bool { return !strings.HasPrefix(a, "raw/") }):
		o.records = args
		return nil
	}
	return fmt.Errorf(`%w: name records ("raw/…"), a sender and a thing, or tell -sender and -since`, errUsage)
}

// The fates of an event that is to be replayed.
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
	errManyEvents  = errors.New("more events than -limit says: tell a shorter -since, or a higher limit; nothing was replayed")
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
	if !o.json {
		if err := s.showReruns(list); err != nil {
			return err
		}
	}
	if !o.dryRun {
		err = s.sendAgain(ctx, d, list, o)
	}
	if o.json {
		e := json.NewEncoder(s.out)
		for _, r := range list {
			err = errors.Join(err, e.Encode(r))
		}
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
	t := newTable("RECEIVED", "SAID", "RECORD", "FATE")
	for _, r := range list {
		received := "-"
		if !r.Received.IsZero() {
			received = stamp(r.Received)
		}
		row := texted(received, printable(dash(r.What)), printable(r.Record), string(r.Fate))
		row[3].paint = map[fate]paint{replayable: good, unreadable: bad, gone: bad}[r.Fate]
		t.add(row...)
	}
	return s.print(t)
}

// sendAgain asks, and puts into the queue what can be read.
func (s *session) sendAgain(ctx context.Context, d deployment, list []*rerun, o replayOptions) error {
	n := countReruns(list, replayable)
	if n == 0 {
		return nil
	}
	if !o.yes {
		if err := s.mustConfirm("replay", fmt.Sprintf("%d events are to be gone through once more.", n)); err != nil {
			return err
		}
	}
	url, err := s.queueURL(ctx, d, "CollectQueueUrl")
	if err != nil {
		return err
	}
	queue, at := sqsintake.Queue{Client: s.sqs(), URL: url}, s.now()
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
	if !o.json {
		s.printf("%d events replayed\n", countReruns(list, replayed))
	}
	return err
}

func countReruns(list []*rerun, f fate) (n int) {
	for _, r := range list {
		if r.Fate == f {
			n++
		}
	}
	return n
}
