package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"masterhand/shared/kit/legible"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"

	"github.com/spf13/cobra"
)

func reindexCommand(s *session) *cobra.Command {
	var o reindexOptions
	c := &cobra.Command{
		Use: "reindex", Short: "Index a whole library again, and show the progress", Args: takesNone,
		Long: `A reindex finds the files that were in the bucket before its events arrived, and
those that were indexed by other rules. Until it ends nothing is skipped; requests
whose master is indexed are answered.

The functions do the work: Ctrl-C only ends the display, and the same command shows
it again. A run that broke off continues. With --inventory the keys come from a
report of S3 Inventory (CSV), and this command sends them: after an interrupt run
it again. A report may be old: the functions list the bucket after it, and index
the files that it lacks.

If the library's rules have changed, the command first shows what the new ones change,
by names and the index alone: tags are not read. --dry-run shows that and ends. It
asks before a creative loses all its files, and before the index of one bucket
becomes that of another: no function does either by itself.

weighing            a run that began by itself counts what would be lost
feeding, listing    keys are sent to be indexed, of a report or the bucket
draining            all keys are sent, and the last ones are being indexed
confirming          after a report: the bucket is listed for other files
sweeping, clearing  files that are gone are removed from the index`,
		Example: examples("reindex", "reindex --status", "reindex --yes", "reindex --inventory s3://reports/films/manifest.json"),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case o.every < 100*time.Millisecond:
				return fmt.Errorf("%w: --every must be at least 100ms", errUsage)
			case o.status && (o.restart || o.dryRun || o.yes || o.inventory != ""):
				return fmt.Errorf("%w: --status begins nothing: give it without --restart, --dry-run, --yes and --inventory", errUsage)
			}
			return s.reindex(c.Context(), o)
		},
	}
	flags := c.Flags()
	o.library = libraryFlag(c)
	flags.BoolVar(&o.restart, "restart", false, "begin again, whatever is going on")
	flags.BoolVar(&o.status, "status", false, "only show the progress, and begin nothing")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show what a run would change, and begin nothing")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before files are lost")
	flags.StringVar(&o.inventory, "inventory", "", "take the keys from this report: `URL` of its manifest")
	flags.DurationVar(&o.every, "every", 2*time.Second, "how often to look")
	s.withJSON(c, "a line of JSON for each look; needs --yes where the command would ask")
	return c
}

type reindexOptions struct {
	library                 *string
	inventory               string
	restart, status, dryRun bool
	yes                     bool
	every                   time.Duration
}

func (s *session) reindex(ctx context.Context, o reindexOptions) error {
	d, lib, err := s.library(ctx, *o.library)
	if err != nil {
		return err
	}
	if err := s.foreignMasters(ctx, d); err != nil {
		return err
	}
	queue, err := s.queueURL(ctx, d, "ReindexQueueUrl")
	if err != nil {
		return err
	}
	c := reindex.Control{
		Index: s.index(d), Queue: sqsqueue.Queue{Client: s.sqs(), URL: queue}, Now: s.now, NewID: rand.Text,
	}
	state, _, err := c.Index.State(ctx, lib)
	if err != nil {
		return err
	}
	p, err := c.Progress(ctx, lib)
	if err != nil {
		return err
	}
	if o.status {
		return s.reindexStatus(lib, state, p)
	}
	if err := s.previewReindex(ctx, c, d, lib, state, p, o); err != nil || o.dryRun {
		return err
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

// reindexStatus shows how far a run is, how it ended, or what it waits for.
func (s *session) reindexStatus(lib masters.Library, state masters.State, p reindex.Progress) error {
	mine := p.Run.Rules == lib.RuleSet()
	switch {
	case state.Moved(lib) && !(mine && p.Run.Active()):
		return s.waitsForReindex(lib, state.Doubt(lib))
	case p.Run.ID == "":
		return s.neverRun(lib, state)
	}
	view := s.reindexView()
	if !mine {
		s.warn("that was by other rules than the library's present ones: run \"%s\"", typed("reindex")+s.ofLibrary(lib))
	}
	view.status(p)
	if p.Run.Active() {
		return nil
	}
	return s.reportReindex(lib, p)
}

// waitsForReindex is the error of a library that only the operator's command indexes.
func (s *session) waitsForReindex(lib masters.Library, why string) error {
	return fmt.Errorf("%s: nothing is skipped, and no function indexes the library; correct the settings and deploy again, or, if they are right, run \"%s\"",
		why, typed("reindex")+s.ofLibrary(lib))
}

// ofLibrary returns the flags that name the deployment and the library of this command.
func (s *session) ofLibrary(lib masters.Library) string {
	flags := s.sameDeployment()
	if lib.Name != "default" {
		flags += " --library " + legible.ShellWord(lib.Name)
	}
	return flags
}

// neverRun says how a library stands that no run has indexed: one that was empty at the
// start is whole without any.
func (s *session) neverRun(lib masters.Library, state masters.State) error {
	switch {
	case !state.Current(lib):
		return fmt.Errorf("library %s: not indexed yet: run \"%s\"", lib.Name, typed("reindex")+s.ofLibrary(lib))
	case s.asJSON:
		return s.JSON(look{Phase: reindex.Finished})
	}
	s.printf("library %s: indexed whole; it was empty at the start and needed no reindex\n", lib.Name)
	return nil
}

// watchReindex shows how far a run is until it ends.
func (s *session) watchReindex(ctx context.Context, c reindex.Control, lib masters.Library, o reindexOptions) error {
	view := s.reindexView()
	defer view.bar.end()
	for {
		p, err := c.Progress(ctx, lib)
		if err != nil {
			return s.leaving(ctx, err)
		}
		view.show(p)
		if !p.Run.Active() {
			view.bar.end()
			return s.reportReindex(lib, p)
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
