package reindex

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/masters"
)

// Control starts runs and reports their progress.
type Control struct {
	Index masters.Index
	Queue Queue
	Now   func() time.Time
	NewID func() string // NewID returns a unique ID that nobody can guess
}

// Progress states how much of a run is done.
type Progress struct {
	Run      Run
	Done     int // number of finished batches; Run.Step.Batches is the number of all batches
	Counts   Counts
	Failures []Failure // examples of the failures; Counts.Failed is the number of all failures
}

// Keys returns the number of keys that the present phase has finished, and the total as far as it
// is known. In the phases Sweeping and Clearing, a key is finished when the run has compared it
// with the bucket. In the other phases, a key is finished when it is indexed.
func (p Progress) Keys() (done, total int) {
	step := p.Run.Step
	if p.Run.Checking() {
		return step.Checked, max(p.Counts.Placed+p.Counts.Unplaced, step.Checked)
	}
	// in this phase the total is an estimate: the listing finds about as many keys as were imported
	if step.Phase == Confirming {
		return p.Counts.Keys, max(step.Listed, 2*step.Imported)
	}
	return p.Counts.Keys, step.Listed
}

// Start begins a run that indexes a library by listing its bucket. Only an operator who accepts the
// changes may call it. If a run is already active, Start continues that run. It replaces an active
// run in these cases: anew is true, the run imports keys, the run has other rules than the library,
// or the run is in the phase Weighing, after which it may stop by itself.
func (c Control) Start(ctx context.Context, lib masters.Library, anew bool) (Run, error) {
	return c.start(ctx, lib, Listing, func(run Run) bool {
		return !anew && run.Step.Phase != Importing && run.Step.Phase != Weighing
	})
}

// startWeighed is the variant of Start without an operator: the run stops before any change if
// more than half of the library's documents would lose all masters.
func (c Control) startWeighed(ctx context.Context, lib masters.Library) error {
	_, err := c.start(ctx, lib, Weighing, func(run Run) bool { return run.Step.Phase != Importing })
	return err
}

func (c Control) start(ctx context.Context, lib masters.Library, first Phase, wanted func(Run) bool) (Run, error) {
	run, err := c.begin(ctx, lib, Run{Step: Step{Phase: first}}, wanted)
	if err != nil {
		return Run{}, err
	}
	return run, c.send(ctx, lib, run)
}

// begin stores a new run, the parameter fresh, and returns it. If a run with the present rules is
// active and the function wanted returns true for it, begin returns that active run instead. In
// both cases, begin records that the library is not completely indexed. So no request is skipped
// until the run commits.
func (c Control) begin(ctx context.Context, lib masters.Library, fresh Run, wanted func(Run) bool) (Run, error) {
	run := fresh
	err := swap("the reindex of "+lib.Name, func() error {
		stored, revision, err := loadRun(ctx, c.Index.Blobs, lib)
		if err != nil {
			return err
		}
		if stored.Active() && stored.Rules == lib.RuleSet() && wanted(stored) {
			run = stored
			return nil
		}
		run.Format, run.ID, run.Rules, run.Started = format, c.NewID(), lib.RuleSet(), c.Now().UTC()
		run.Moved = run.Started
		return saveRun(ctx, c.Index.Blobs, lib, run, revision)
	})
	switch {
	case errors.Is(err, masters.ErrStale):
		return Run{}, ErrBusy
	case err != nil:
		return Run{}, err
	}
	// Record that the library is not completely indexed, even if the run was already active: the
	// process that began the run may have crashed before it recorded this.
	return run, c.revoke(ctx, lib, run)
}

func (c Control) send(ctx context.Context, lib masters.Library, run Run) error {
	return send(ctx, c.Queue, 0, Message{Library: lib.Name, Run: run.ID, Step: &run.Step})
}

// Progress returns the progress of the library's last run. If there was no run, it returns the zero
// value.
func (c Control) Progress(ctx context.Context, lib masters.Library) (Progress, error) {
	run, _, err := loadRun(ctx, c.Index.Blobs, lib)
	if err != nil || run.ID == "" {
		return Progress{}, err
	}
	p := Progress{Run: run}
	p.Done, p.Counts, p.Failures, err = sum(ctx, c.Index.Blobs, lib, run)
	return p, err
}

// stored reads the run again from the store and returns it with its revision. It returns
// ErrReplaced if the run has ended or another run has replaced it.
func (c Control) stored(ctx context.Context, lib masters.Library, run Run) (Run, string, error) {
	stored, revision, err := loadRun(ctx, c.Index.Blobs, lib)
	switch {
	case err != nil:
		return Run{}, "", err
	case stored.ID != run.ID:
		return Run{}, "", fmt.Errorf("%w: the run started at %s replaced it", ErrReplaced, stored.Started.Format(time.DateTime))
	case !stored.Active():
		return Run{}, "", fmt.Errorf("%w: it ended at %s: %s", ErrReplaced, stored.Ended.Format(time.DateTime), cmp.Or(stored.Problem, "without a problem"))
	}
	return stored, revision, nil
}

// loadRun returns the library's last run with its revision. If there was no run, it returns the
// zero value and the revision "".
func loadRun(ctx context.Context, blobs masters.Blobs, lib masters.Library) (Run, string, error) {
	data, revision, err := blobs.Load(ctx, runName(lib))
	if errors.Is(err, masters.ErrAbsent) {
		return Run{}, "", nil
	}
	if err != nil {
		return Run{}, "", fmt.Errorf("reading the reindex of %s: %w", lib.Name, err)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil || run.Format != format {
		return Run{}, "", fmt.Errorf("%w: reindex of %s", masters.ErrDocument, lib.Name)
	}
	return run, revision, nil
}

func saveRun(ctx context.Context, blobs masters.Blobs, lib masters.Library, run Run, revision string) error {
	data, err := json.Marshal(run)
	if err != nil {
		return err
	}
	_, err = blobs.Save(ctx, runName(lib), data, revision)
	return err
}
