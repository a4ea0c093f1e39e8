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
		Use: "reindex", Short: "Index a whole library again, or show the progress", Args: takesNone,
		Long: `Indexes a whole library again, or shows the progress. A reindex finds the files that were in the bucket before it sent events, and the
files that were indexed by other rules. Until the reindex ends, no request is
skipped; requests whose master is indexed are delivered.

The functions do the work: Ctrl-C only ends the display, and the same command shows
the progress again. A run that broke off continues. With --inventory, the keys come
from a report of S3 Inventory (CSV), and this command sends them: after an
interrupt, run it again. Because a report may be old, the functions then list the
bucket and index the files that the report lacks.

If the library's rules have changed, the command first shows what the new rules
change. It uses only the names and the index for that, not the tags. --dry-run ends
after that. The command asks before a creative loses all its files, and before the
index of one bucket is replaced by that of another. No function does either without
this command.

weighing            a run that a function started counts the files to lose
feeding, listing    keys of a report or of the bucket are sent to be indexed
draining            all keys are sent, and the last ones are being indexed
confirming          after a report, the bucket is listed for other files
sweeping, clearing  deleted files are removed from the index`,
		Example: examples("reindex", "reindex --status", "reindex --yes", "reindex --inventory s3://reports/films/manifest.json"),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case o.every < 100*time.Millisecond:
				return fmt.Errorf("%w: --every must be at least 100ms", errUsage)
			case o.status && (o.restart || o.dryRun || o.yes || o.inventory != ""):
				return fmt.Errorf("%w: --status starts no run: give it without --restart, --dry-run, --yes and --inventory", errUsage)
			}
			return s.reindex(c.Context(), o)
		},
	}
	flags := c.Flags()
	o.library = libraryFlag(c)
	flags.BoolVar(&o.restart, "restart", false, "start again from the beginning, even if a run is active")
	flags.BoolVar(&o.status, "status", false, "only show the progress, and start no run")
	flags.BoolVar(&o.dryRun, "dry-run", false, "only show what a run would change, and start no run")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before a creative loses all its files")
	flags.StringVar(&o.inventory, "inventory", "", "`URL` of the manifest of a report, to take the keys from")
	flags.DurationVar(&o.every, "every", 2*time.Second, "`interval` at which to read the progress")
	s.withJSON(c, "a line of JSON at each interval; needs --yes if the command would ask")
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

// reindexStatus prints the progress of an active reindex, or the result of a reindex that has
// ended. If the reindex waits for the operator, it returns an error with the reason.
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
		s.warn("the last run used other rules than the library's present ones: run \"%s\"", typed("reindex")+s.ofLibrary(lib))
	}
	view.status(p)
	if p.Run.Active() {
		return nil
	}
	return s.reportReindex(lib, p)
}

// waitsForReindex returns the error for a library that stays unindexed until the operator corrects
// the settings or runs the command "reindex". The parameter why is the reason.
func (s *session) waitsForReindex(lib masters.Library, why string) error {
	return fmt.Errorf("%s: no request is skipped, and no function indexes the library; correct the settings and deploy again or, if the settings are right, run \"%s\"",
		why, typed("reindex")+s.ofLibrary(lib))
}

// ofLibrary returns the flags that select the deployment and the library of this command, so that a
// printed command line works on the same library.
func (s *session) ofLibrary(lib masters.Library) string {
	flags := s.sameDeployment()
	if lib.Name != "default" {
		flags += " --library " + legible.ShellWord(lib.Name)
	}
	return flags
}

// neverRun prints the state of a library that has never been reindexed. A library that was empty at
// the start needs no reindex; for any other library, neverRun returns an error.
func (s *session) neverRun(lib masters.Library, state masters.State) error {
	switch {
	case !state.Current(lib):
		return fmt.Errorf("library %s is not indexed yet: run \"%s\"", lib.Name, typed("reindex")+s.ofLibrary(lib))
	case s.asJSON:
		return s.JSON(look{Phase: reindex.Finished})
	}
	s.printf("library %s is completely indexed; it was empty at the start and needed no reindex\n", lib.Name)
	return nil
}

// watchReindex shows the progress of a reindex until the reindex ends.
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

// leaving returns the error with which the command ends. If the user interrupted the command, it
// prints that the reindex continues without the command, and returns the error of ctx. Otherwise it
// returns err.
func (s *session) leaving(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		fmt.Fprintln(s.err, "\nthe functions continue the run; the same command shows its progress")
		return ctx.Err()
	}
	return err
}
