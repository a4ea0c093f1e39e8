package reindex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/masters"
)

// Control starts runs and tells how far they are.
type Control struct {
	Index masters.Index
	Queue Queue
	Now   func() time.Time
	NewID func() string // unique and unguessable
}

// Progress is how far a run is.
type Progress struct {
	Run      Run
	Done     int // batches of Run.Step.Batches
	Counts   Counts
	Failures []Failure // some of those that Counts counts
}

// Start begins to index a library by listing its bucket. A run that is not through is
// taken up where it is, unless it is to begin anew, is fed, or goes by other rules.
func (c Control) Start(ctx context.Context, lib masters.Library, anew bool) (Run, error) {
	run, err := c.begin(ctx, lib, Run{Step: Step{Phase: Listing}}, func(run Run) bool {
		return !anew && run.Step.Phase != Feeding
	})
	if err != nil {
		return Run{}, err
	}
	return run, c.send(ctx, lib, run)
}

// begin stores a new run, unless there is one that is not through, goes by the same rules
// and is as wanted.
func (c Control) begin(ctx context.Context, lib masters.Library, fresh Run, wanted func(Run) bool) (Run, error) {
	for range maxSwaps {
		run, revision, err := loadRun(ctx, c.Index.Blobs, lib)
		if err != nil {
			return Run{}, err
		}
		if run.Active() && run.Rules == lib.Rules() && wanted(run) {
			return run, nil
		}
		if err := setState(ctx, c.Index, lib, false); err != nil { // so that nothing is skipped meanwhile
			return Run{}, err
		}
		fresh.Format, fresh.ID, fresh.Rules, fresh.Started = format, c.NewID(), lib.Rules(), c.Now().UTC()
		fresh.Moved = fresh.Started
		if err := saveRun(ctx, c.Index.Blobs, lib, fresh, revision); !errors.Is(err, masters.ErrStale) {
			return fresh, err
		}
	}
	return Run{}, ErrBusy
}

func (c Control) send(ctx context.Context, lib masters.Library, run Run) error {
	return c.Queue.Send(ctx, 0, Message{Library: lib.Name, Run: run.ID, Step: &run.Step})
}

func setState(ctx context.Context, index masters.Index, lib masters.Library, built bool) error {
	for range maxSwaps {
		_, revision, err := index.State(ctx, lib)
		if err != nil {
			return err
		}
		state := masters.State{Format: masters.Format, Rules: lib.Rules(), Built: built}
		if err := index.SaveState(ctx, lib, state, revision); !errors.Is(err, masters.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("writing the library's state: %w", masters.ErrStale)
}

// Progress tells how far the library's last run is; the zero value says that there was
// none.
func (c Control) Progress(ctx context.Context, lib masters.Library) (Progress, error) {
	run, _, err := loadRun(ctx, c.Index.Blobs, lib)
	if err != nil || run.ID == "" {
		return Progress{}, err
	}
	p := Progress{Run: run}
	p.Done, p.Counts, p.Failures, err = sum(ctx, c.Index.Blobs, lib, run)
	return p, err
}

// loadRun returns the library's last run, the zero value where there was none, with its
// revision.
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
