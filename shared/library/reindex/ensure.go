package reindex

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/masters"
)

// Unbuilt is a library that is not completely indexed by its present rules.
type Unbuilt struct {
	Library string
	// Waits states why only a person can start to index the library; "" if it is indexed
	// automatically.
	Waits string
}

// EnsureBuilt starts to index each small library that is not indexed by its present rules, so
// that a new deployment works without a command. It also restarts a run that has stalled. It
// returns the libraries that are not completely indexed yet. It does not index these libraries,
// which wait for their operator:
//
//   - a large library, because indexing it costs money
//   - a library whose settings name another bucket or prefix than its index, because the settings
//     may be wrong
//   - a library most of whose documents would lose all masters, for the same reason
func (w Worker) EnsureBuilt(ctx context.Context) (unbuilt []Unbuilt, err error) {
	for _, lib := range w.Libraries {
		built, waits, problem := w.ensureBuilt(ctx, lib)
		if problem != nil {
			err = errors.Join(err, fmt.Errorf("library %s: %w", lib.Name, problem))
		}
		if !built {
			unbuilt = append(unbuilt, Unbuilt{lib.Name, waits})
		}
	}
	return unbuilt, err
}

func (w Worker) ensureBuilt(ctx context.Context, lib masters.Library) (built bool, waits string, err error) {
	state, revision, err := w.Index.State(ctx, lib)
	if err != nil || state.Current(lib) {
		return err == nil, "", err
	}
	run, _, err := loadRun(ctx, w.Index.Blobs, lib)
	if err != nil {
		return false, "", err
	}
	switch mine := run.Rules == lib.RuleSet(); {
	case mine && run.Step.Phase == Importing:
		return false, "", nil // do not start a run, because the importing command continues this run
	case mine && run.Stalled(w.Now()):
		return false, "", w.startWeighed(ctx, lib)
	case mine && run.Active():
		return false, "", nil
	case state.Moved(lib):
		return false, state.Doubt(lib), w.distrust(ctx, lib, state, revision)
	case mine && run.Stopped():
		return false, run.Problem, nil
	case mine && run.Problem != "" && w.Now().Sub(run.Ended) < retryAfter:
		return false, "", nil // do not start a run yet, because the last run failed recently
	}
	_, more, err := page(ctx, w.Masters, lib.Prefix, "", pageKeys)
	if errors.Is(err, masters.ErrBucket) {
		return false, err.Error(), err
	}
	if more {
		return false, fmt.Sprintf("it has over %d files", pageKeys), nil
	}
	if err == nil {
		err = w.startWeighed(ctx, lib)
	}
	return false, "", err
}

// distrust records that a library is not completely indexed. It is called if the library's settings
// name another bucket or prefix than the one that was indexed. From then on, no events of the
// indexed keys arrive, so the index becomes outdated, even if somebody changes the settings back.
func (w Worker) distrust(ctx context.Context, lib masters.Library, state masters.State, revision string) error {
	if !state.Built {
		return nil
	}
	state.Built = false
	err := w.Index.SaveState(ctx, lib, state, revision)
	if errors.Is(err, masters.ErrStale) {
		return nil // no error: another run wrote the state first, and the next call checks that state
	}
	return err
}

// retryAfter is the time for which EnsureBuilt waits after a failure before it indexes a small
// library again.
const retryAfter = time.Hour
