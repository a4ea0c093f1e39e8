package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var redriveCommand = command{
	name: "redrive", args: "[QUEUE] [-dry-run] [-yes] [-drop-expired]", short: "move dead letters back to their queues, but for requests past their expiry",
	long: `QUEUE is one of ` + deadNames() + `; all unless told.
First it is shown what there is. Each message is sent before it is deleted, so that none
is lost: after an interruption one may be there twice, which does no harm. Copies of a
message are sent once. A request past its expiry can be delivered no more: it stays among
the dead letters (for 14 days in all), unless -drop-expired removes it. What cannot be
read stays too.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var o redriveOptions
		flags.BoolVar(&o.dryRun, "dry-run", false, "only show what there is")
		flags.BoolVar(&o.yes, "yes", false, "do not ask before messages are moved")
		flags.BoolVar(&o.drop, "drop-expired", false, "delete requests past their expiry, once that is confirmed by typing")
		flags.BoolVar(&o.json, "json", false, "a line of JSON for each message at its end")
		flags.IntVar(&o.limit, "limit", 1000, "`how many` messages of a queue at most")
		return func(ctx context.Context, args []string) error {
			if len(args) == 1 {
				o.only = args[0]
			}
			switch {
			case len(args) > 1 || !o.known():
				return fmt.Errorf("%w: at most one QUEUE, one of %s", errUsage, deadNames())
			case o.limit < 1 || o.limit > 10_000:
				return fmt.Errorf("%w: -limit is 1 to 10,000", errUsage)
			case o.json && !o.yes && !o.dryRun:
				return fmt.Errorf("%w: -json needs -yes or -dry-run", errUsage)
			}
			return s.redrive(ctx, o)
		}
	},
}

type redriveOptions struct {
	only                    string // queue; "" is all
	dryRun, yes, drop, json bool
	limit                   int
}

func (o redriveOptions) known() bool {
	for _, k := range deadKinds {
		if o.only == "" || o.only == k.name {
			return true
		}
	}
	return false
}

func deadNames() string {
	var names []string
	for _, k := range deadKinds {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// errDeadLeft is what a script should hear of.
var errDeadLeft = errors.New("not all dead letters could be moved")

// redrive works queue by queue.
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

// redriveQueue returns how many messages are left, those refused among them.
func (s *session) redriveQueue(ctx context.Context, q deadQueue, o redriveOptions) (left int, err error) {
	letters, err := q.take(ctx, o.limit)
	defer func() { q.release(context.WithoutCancel(ctx), letters) }()
	if err != nil {
		return 0, err
	}
	judge(letters, s.now())
	if !o.json {
		if err := s.showDead(q, letters); err != nil {
			return 0, err
		}
	}
	if !o.dryRun {
		if err := s.settle(ctx, q, letters, o); err != nil {
			return 0, err
		}
	}
	for _, l := range letters {
		if l.Fate != moved && l.Fate != dropped {
			left++
		}
	}
	if o.json {
		return left, s.deadJSON(letters)
	}
	return left, nil
}

// settle asks for what is to be asked, and carries it out.
func (s *session) settle(ctx context.Context, q deadQueue, letters []*letter, o redriveOptions) error {
	if n := countFate(letters, movable); n > 0 {
		if !o.yes {
			if err := s.mustConfirm("redrive", fmt.Sprintf("%d messages are to go back to queue %s.", n, q.name)); err != nil {
				return err
			}
		}
		err := q.move(ctx, letters)
		if !o.json {
			s.printf("%s: %d messages moved back\n", q.name, countFate(letters, moved))
		}
		if err != nil {
			return err
		}
	}
	n := countFate(letters, expired)
	if n == 0 || !o.drop {
		return nil
	}
	question := fmt.Sprintf("%d requests past their expiry are to be deleted from the dead letters of queue %s for ever.", n, q.name)
	if err := s.mustConfirm("drop", question); err != nil {
		return err
	}
	err := q.drop(ctx, letters)
	if !o.json {
		s.printf("%s: %d expired messages deleted\n", q.name, countFate(letters, dropped))
	}
	return err
}

// showDead prints what there is.
func (s *session) showDead(q deadQueue, letters []*letter) error {
	if len(letters) == 0 {
		s.printf("%s: no dead letters\n", q.name)
		return nil
	}
	s.printf("%s: %d dead letters\n", q.name, len(letters))
	t := newTable("SENT", "TRIES", "WHAT", "FATE")
	for _, l := range letters {
		row := texted(l.Sent.UTC().Format("2006-01-02 15:04"), strconv.Itoa(l.Receives), printable(l.What), string(l.Fate)+l.tail())
		row[3].paint = map[fate]paint{movable: good, expired: poor, unreadable: bad}[l.Fate]
		t.add(row...)
	}
	return s.print(t)
}

// tail says more of a fate.
func (l *letter) tail() string {
	switch {
	case l.Fate == expired:
		return " " + l.Expires.UTC().Format("2006-01-02 15:04")
	case l.copyOf != nil:
		return " (copy)"
	}
	return ""
}

func (s *session) deadJSON(letters []*letter) error {
	e := json.NewEncoder(s.out)
	for _, l := range letters {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// judge says what is to become of messages.
func judge(letters []*letter, now time.Time) {
	first := map[string]*letter{}
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

func countFate(letters []*letter, f fate) (n int) {
	for _, l := range letters {
		if l.Fate == f {
			n++
		}
	}
	return n
}
