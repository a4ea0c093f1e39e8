package reindex

import (
	"context"
	"errors"

	"masterhand/shared/library/masters"
)

// commit ends the run and records that it indexed the library. From this write on, the library
// counts as completely indexed, and requests without a master may be skipped. Errors:
// ErrReplaced, faults.
func (c Control) commit(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	if err := c.setBuilt(ctx, lib, run, true); err != nil {
		return run, err
	}
	return end(run, run.Moved, ""), nil
}

// revoke prevents skips until the run commits. It changes nothing if the run has just ended or
// was just replaced.
func (c Control) revoke(ctx context.Context, lib masters.Library, run Run) error {
	if err := c.setBuilt(ctx, lib, run, false); !errors.Is(err, ErrReplaced) {
		return err
	}
	return nil
}

// setBuilt stores whether the run has built the library; once true, the value stays true for this
// run. The state must be read before the run. If another run replaces this run in between, the
// other run writes its own state, and then this write fails. Errors: ErrReplaced, faults.
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
