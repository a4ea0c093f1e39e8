package reindex

import (
	"context"
	"errors"

	"masterhand/shared/library/masters"
)

// commit ends the run and records that the library is completely indexed. From then on, requests
// that have no master may be skipped. It returns ErrReplaced if the run has ended or was replaced.
func (c Control) commit(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	if err := c.setBuilt(ctx, lib, run, true); err != nil {
		return run, err
	}
	return end(run, run.Moved, ""), nil
}

// revoke records that the library is not completely indexed, which prevents skips until the run
// commits. It changes nothing if the run has just ended or was just replaced.
func (c Control) revoke(ctx context.Context, lib masters.Library, run Run) error {
	if err := c.setBuilt(ctx, lib, run, false); !errors.Is(err, ErrReplaced) {
		return err
	}
	return nil
}

// setBuilt stores in the library's state whether the run has indexed the whole library. If the run
// has already stored true, it changes nothing. It returns ErrReplaced if the run has ended or was
// replaced. It must read the state before it checks this. If another run replaces this one after
// the check, that run writes the state, and then the conditional write of setBuilt fails.
func (c Control) setBuilt(ctx context.Context, lib masters.Library, run Run, built bool) error {
	return swap("the library's state", func() error {
		state, revision, err := c.Index.State(ctx, lib)
		if err != nil {
			return err
		}
		if _, _, err := c.stored(ctx, lib, run); err != nil {
			return err
		}
		if state.Run == run.ID && (state.Built || !built) {
			return nil
		}
		state = masters.State{
			Format: masters.Format, Rules: run.Rules, Bucket: lib.Bucket, Prefix: lib.Prefix,
			Built: built, Run: run.ID, Keys: run.Step.Listed - run.Step.Imported,
		}
		return c.Index.SaveState(ctx, lib, state, revision)
	})
}
