package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
)

func redriveCommand(s *session) *cobra.Command {
	var o redriveOptions
	c := &cobra.Command{
		Use: "redrive [QUEUE]", Short: "Move dead letters back to their queues", Args: takes(0, 1, "at most one QUEUE"),
		ValidArgs: deadNames(),
		Long: `Moves the dead letters of QUEUE (` + strings.Join(deadNames(), ", ") + `), or of all queues, back to
their queue. The command first shows the dead letters. It deletes a message only
after it has sent it, so no message is lost; after an interrupt a message may exist
twice, which does no harm. Copies of a message are sent once. A request past its
deadline cannot be delivered any more: it stays among the dead letters, for 14 days
in all, unless --drop-expired deletes it. An unreadable message stays too.`,
		Example: examples("redrive --dry-run", "redrive finish --drop-expired"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.only = args[0]
			}
			if s.asJSON && !o.yes && !o.dryRun {
				return errJSONAsks
			}
			s.localOnlyIfGiven = o.drop
			return s.redrive(c.Context(), o)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show the dead letters")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before messages are moved")
	flags.BoolVar(&o.drop, "drop-expired", false, "delete requests past their deadline, after you have confirmed that")
	within(c, &o.limit, "limit", 1000, 1, 10_000, "largest `number` of messages to take from a queue")
	s.withJSON(c, "a line of JSON for each message, with its fate; needs --yes or --dry-run")
	return c
}

type redriveOptions struct {
	only              string // name of the queue to redrive; "" means all queues
	dryRun, yes, drop bool
	limit             int
}

func deadNames() (names []string) {
	for _, k := range deadKinds {
		names = append(names, k.name)
	}
	return names
}

// errDeadLeft is the error if "redrive" did not move all messages. The exit code is then 1, so that
// scripts notice it.
var errDeadLeft = errors.New("not all dead letters were moved")

// redrive moves the dead letters of one queue or of all queues.
func (s *session) redrive(ctx context.Context, o redriveOptions) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	left := 0
	for _, k := range deadKinds {
		if o.only != "" && o.only != k.name {
			continue
		}
		if k.door && d.queues[k.live] == "" && o.only == "" {
			continue
		}
		if k.intake && d.intake == (intakePlaces{}) {
			if o.only != "" {
				return errNoIntake
			}
			continue
		}
		q, err := s.deadQueue(ctx, k, d)
		if err != nil {
			return err
		}
		n, err := s.redriveQueue(ctx, q, o)
		if err != nil {
			return fmt.Errorf("queue %s: %w", k.name, err)
		}
		left += n
	}
	if left > 0 && !o.dryRun {
		return fmt.Errorf("%w: %d are left", errDeadLeft, left)
	}
	return nil
}

// redriveQueue shows the dead letters of one queue, moves the movable ones and drops the expired
// ones. It returns how many messages are left in the dead-letter queue.
func (s *session) redriveQueue(ctx context.Context, q deadQueue, o redriveOptions) (left int, err error) {
	letters, err := q.take(ctx, o.limit)
	defer func() { q.release(context.WithoutCancel(ctx), letters) }()
	if err != nil {
		return 0, err
	}
	judge(letters, s.now())
	if !s.asJSON {
		if err := s.showDead(q, letters); err != nil {
			return 0, err
		}
	}
	if !o.dryRun {
		if err := s.moveAndDrop(ctx, q, letters, o); err != nil {
			return 0, err
		}
	}
	left = count(letters, func(l *deadLetter) bool { return l.Fate != moved && l.Fate != dropped })
	if s.asJSON {
		return left, printLines(s.terminal, letters...)
	}
	return left, nil
}

// moveAndDrop moves the movable messages and deletes the expired messages. The operator must
// confirm each of these two steps.
func (s *session) moveAndDrop(ctx context.Context, q deadQueue, letters []*deadLetter, o redriveOptions) error {
	if n := countFate(letters, movable); n > 0 {
		if !o.yes {
			if err := s.mustConfirm("redrive", fmt.Sprintf("%s will go back to queue %s.", screen.Plural(n, "message"), q.name)); err != nil {
				return err
			}
		}
		err := q.move(ctx, letters)
		if !s.asJSON {
			s.printf("%s: %s moved back\n", q.name, screen.Plural(countFate(letters, moved), "message"))
		}
		if err != nil {
			return err
		}
	}
	n := countFate(letters, expired)
	if n == 0 || !o.drop {
		return nil
	}
	question := fmt.Sprintf("%s past the deadline will be deleted from the dead letters of queue %s. They cannot be restored.", screen.Plural(n, "request"), q.name)
	if err := s.mustConfirm("drop", question); err != nil {
		return err
	}
	err := q.drop(ctx, letters)
	if !s.asJSON {
		s.printf("%s: %s deleted\n", q.name, screen.Plural(countFate(letters, dropped), "expired message"))
	}
	return err
}

// showDead prints a table of the dead letters.
func (s *session) showDead(q deadQueue, letters []*deadLetter) error {
	if len(letters) == 0 {
		s.printf("%s: no dead letters\n", q.name)
		return nil
	}
	s.printf("%s: %s\n", q.name, screen.Plural(len(letters), "dead letter"))
	t := screen.NewTable("SENT", "TRIES", "WHAT", "FATE").Whole("SENT")
	for _, l := range letters {
		row := screen.Texts(screen.Minute(l.Sent), strconv.Itoa(l.Receives), printable(l.What), string(l.Fate)+l.tail())
		row[3].Paint = map[fate]screen.Paint{movable: screen.Good, expired: screen.Poor, unreadable: screen.Bad}[l.Fate]
		t.Add(row...)
	}
	return s.Print(t)
}

// tail returns the text that follows a message's fate in the table. It is the deadline for an
// expired request, "(copy)" for a copy of an earlier message, and otherwise "".
func (l *deadLetter) tail() string {
	switch {
	case l.Fate == expired:
		return " " + screen.Minute(l.Expires)
	case l.copyOf != nil:
		return " (copy)"
	}
	return ""
}

// judge sets the fate of each message: unreadable, expired or movable. It also links each copy of
// an earlier message to that message.
func judge(letters []*deadLetter, now time.Time) {
	first := map[string]*deadLetter{}
	for _, l := range letters {
		switch {
		case l.same == "":
			l.Fate = unreadable
			continue
		case !l.Expires.IsZero() && !now.Before(l.Expires):
			l.Fate = expired
		default:
			l.Fate = movable
		}
		if l.copyOf = first[l.same]; l.copyOf == nil {
			first[l.same] = l
		}
	}
}

func countFate(letters []*deadLetter, f fate) int {
	return count(letters, func(l *deadLetter) bool { return l.Fate == f })
}

// count returns how many elements of the list satisfy wanted.
func count[T any](list []T, wanted func(T) bool) (n int) {
	for _, v := range list {
		if wanted(v) {
			n++
		}
	}
	return n
}
