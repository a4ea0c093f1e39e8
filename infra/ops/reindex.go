package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"time"

	"masterhand/shared/masters"
	"masterhand/shared/reindex"
	"masterhand/shared/reindex/sqsreindex"
)

var reindexCommand = command{
	name: "reindex", args: "[-restart] [-inventory s3://BUCKET/…/manifest.json] [-json]",
	short: "index a whole library anew, and show how far it is",
	long: `What lay in the bucket before its events came, or was indexed by other rules, is found so.
Until it is through, nothing is skipped; requests whose master is indexed are answered.

The functions do the work: Ctrl-C leaves it going, and the command shown again takes up
watching. A run that broke off is taken up where it was. With -inventory the keys come
from a report of S3 Inventory (CSV) and are sent from here: interrupted, the same command
goes on. A report is as old as it is: connect the bucket's events before it is made.`,
	define: func(s *session, flags *flag.FlagSet) action {
		o := reindexOptions{library: libraryFlag(flags)}
		flags.BoolVar(&o.restart, "restart", false, "begin anew, whatever is going on")
		flags.StringVar(&o.inventory, "inventory", "", "take the keys from this report: `URL` of its manifest")
		flags.BoolVar(&o.json, "json", false, "a line of JSON for each look")
		flags.DurationVar(&o.every, "every", 2*time.Second, "how often to look")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 || o.every < 100*time.Millisecond {
				return fmt.Errorf("%w: none are taken, and looks are at least 100ms apart", errUsage)
			}
			return s.reindex(ctx, o)
		}
	},
}

type reindexOptions struct {
	library       *string
	inventory     string
	restart, json bool
	every         time.Duration
}

func (s *session) reindex(ctx context.Context, o reindexOptions) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	lib, err := s.library(ctx, d, *o.library)
	if err != nil {
		return err
	}
	queue, err := s.queueURL(ctx, d, "ReindexQueueUrl")
	if err != nil {
		return err
	}
	c := reindex.Control{
		Index: s.index(d), Queue: sqsreindex.Queue{Client: s.sqs(), URL: queue}, Now: s.now, NewID: rand.Text,
	}
	if o.inventory != "" {
		err = s.feed(ctx, c, d, lib, o)
	} else {
		_, err = c.Start(ctx, lib, o.restart)
	}
	if err != nil {
		return err
	}
	return s.watchReindex(ctx, c, lib, o)
}

// watchReindex shows how far a run is until it ends.
func (s *session) watchReindex(ctx context.Context, c reindex.Control, lib masters.Library, o reindexOptions) error {
	show := s.reindexView(o.json)
	for {
		p, err := c.Progress(ctx, lib)
		if err != nil {
			return s.leaving(ctx, err)
		}
		show(p)
		if !p.Run.Active() {
			return s.reportReindex(lib, p, o.json)
		}
		if err := s.pause(ctx, o.every); err != nil {
			return s.leaving(ctx, err)
		}
	}
}

// leaving says what an interrupted operator leaves behind.
func (s *session) leaving(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		fmt.Fprintln(s.err, "\nthe functions go on; the same command shows how far they are")
		return ctx.Err()
	}
	return err
}

// look is what a line of JSON tells.
type look struct {
	Phase    reindex.Phase     `json:"phase"`
	Listed   int               `json:"listed"` // keys
	Queued   int               `json:"queued"` // batches that wait or are worked
	Done     int               `json:"done"`   // keys
	Rate     float64           `json:"rate"`   // keys a second
	Left     string            `json:"left,omitempty"`
	Counts   reindex.Counts    `json:"counts"`
	Failures []reindex.Failure `json:"failures,omitempty"`
	Problem  string            `json:"problem,omitempty"`
}

func (s *session) looked(p reindex.Progress, since time.Time, before int) look {
	l := look{
		Phase: p.Run.Step.Phase, Listed: p.Run.Step.Listed, Queued: p.Run.Step.Batches - p.Done, Done: p.Counts.Keys,
		Counts: p.Counts, Failures: p.Failures, Problem: p.Run.Problem,
	}
	if took := s.now().Sub(since).Seconds(); took > 0 {
		l.Rate = float64(l.Done-before) / took
	}
	if l.Rate > 0 && l.Phase == reindex.Draining {
		l.Left = (time.Duration(float64(l.Listed-l.Done)/l.Rate) * time.Second).String()
	}
	return l
}

// reindexView returns what shows a look: JSON, a line that is written over on a terminal,
// or a line whenever something has changed.
func (s *session) reindexView(asJSON bool) func(reindex.Progress) {
	began, before, last := s.now(), -1, ""
	return func(p reindex.Progress) {
		if before < 0 {
			before = p.Counts.Keys
		}
		l := s.looked(p, began, before)
		if asJSON {
			_ = json.NewEncoder(s.out).Encode(l) // out's errors show where they matter, at what follows
			return
		}
		text := fmt.Sprintf("%s: %d listed, %d done, %d batches queued, %.0f/s", l.Phase, l.Listed, l.Done, l.Queued, l.Rate)
		if l.Left != "" {
			text += ", about " + l.Left + " left"
		}
		switch {
		case s.screen:
			fmt.Fprintf(s.err, "\r\x1b[K%s", text)
		case text != last:
			fmt.Fprintln(s.err, text)
		}
		last = text
	}
}

// reportReindex says how a run ended.
func (s *session) reportReindex(lib masters.Library, p reindex.Progress, asJSON bool) error {
	if s.screen && !asJSON {
		fmt.Fprintln(s.err)
	}
	if !asJSON {
		t := newTable("LIBRARY "+lib.Name, "KEYS")
		for _, row := range []struct {
			name string
			n    int
		}{
			{"placed", p.Counts.Placed}, {"  name and pixels in conflict", p.Counts.Conflicts}, {"  not to be delivered", p.Counts.Unreadable},
			{"unplaced", p.Counts.Unplaced}, {"gone meanwhile", p.Counts.Gone}, {"failed", p.Counts.Failed},
		} {
			t.add(texted(row.name, fmt.Sprint(row.n))...)
		}
		if err := s.print(t); err != nil {
			return err
		}
		for _, f := range p.Failures {
			s.warn("%s: %s", printable(f.Key), printable(f.Error))
		}
	}
	if p.Run.Problem != "" {
		return fmt.Errorf("%s: the library is not indexed, and nothing is skipped; mend what the log of index says, then run this again", p.Run.Problem)
	}
	if !asJSON {
		s.printf("indexed whole in %v\n", p.Run.Ended.Sub(p.Run.Started).Round(time.Second))
	}
	return nil
}
