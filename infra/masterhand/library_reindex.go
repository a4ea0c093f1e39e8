package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/reindex/sqsreindex"
)

var reindexCommand = command{
	name: "reindex", args: "[-restart | -status] [-inventory s3://BUCKET/…/manifest.json] [-json]",
	short: "index a whole library anew, and show how far it is",
	long: `What lay in the bucket before its events came, or was indexed by other rules, is found so.
Until it is through, nothing is skipped; requests whose master is indexed are answered.

The functions do the work: Ctrl-C leaves it going, and the command shown again takes up
watching. A run that broke off is taken up where it was. With -inventory the keys come
from a report of S3 Inventory (CSV) and are sent from here: interrupted, the same command
goes on. A report is as old as it is: the functions list the bucket after it, and index
what it left out.

feeding, listing    keys are sent to be indexed, from a report or as the bucket lists them
draining            all are sent, and it waits until all are indexed
confirming          after a report: the bucket is listed for what was not in it
sweeping, clearing  what is indexed is checked, and taken out where its file is gone`,
	define: func(s *session, flags *flag.FlagSet) action {
		o := reindexOptions{library: libraryFlag(flags)}
		flags.BoolVar(&o.restart, "restart", false, "begin anew, whatever is going on")
		flags.BoolVar(&o.status, "status", false, "only look how far it is, and begin nothing")
		flags.StringVar(&o.inventory, "inventory", "", "take the keys from this report: `URL` of its manifest")
		flags.BoolVar(&o.json, "json", false, "a line of JSON for each look")
		flags.DurationVar(&o.every, "every", 2*time.Second, "how often to look")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 || o.every < 100*time.Millisecond {
				return fmt.Errorf("%w: none are taken, and looks are at least 100ms apart", errUsage)
			}
			if o.status && (o.restart || o.inventory != "") {
				return fmt.Errorf("%w: -status begins nothing, so that it goes alone", errUsage)
			}
			return s.reindex(ctx, o)
		}
	},
}

type reindexOptions struct {
	library               *string
	inventory             string
	restart, status, json bool
	every                 time.Duration
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
	if o.status {
		return s.reindexStatus(ctx, c, lib, o)
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

// reindexStatus shows how far a run is, or how it ended.
func (s *session) reindexStatus(ctx context.Context, c reindex.Control, lib masters.Library, o reindexOptions) error {
	p, err := c.Progress(ctx, lib)
	switch {
	case err != nil:
		return err
	case p.Run.ID == "":
		return fmt.Errorf("library %s: %w", lib.Name, errNeverIndexed)
	}
	view := s.reindexView(o.json)
	if p.Run.Rules != lib.Rules() {
		s.warn("that was by other rules than the library's present ones: run this without -status")
	}
	view.status(p)
	if p.Run.Active() {
		return nil
	}
	return s.reportReindex(lib, p, o.json)
}

var errNeverIndexed = errors.New("not indexed yet: run this without -status")

// watchReindex shows how far a run is until it ends.
func (s *session) watchReindex(ctx context.Context, c reindex.Control, lib masters.Library, o reindexOptions) error {
	view := s.reindexView(o.json)
	defer view.bar.end()
	for {
		p, err := c.Progress(ctx, lib)
		if err != nil {
			return s.leaving(ctx, err)
		}
		view.show(p)
		if !p.Run.Active() {
			view.bar.end()
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
