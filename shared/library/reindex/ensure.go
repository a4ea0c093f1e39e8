package reindex

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/masters"
)

// Unbuilt is a library that is not indexed whole by its present rules.
type Unbuilt struct {
	Library string
	// Waits is why nothing but a human's work has the library indexed; "" if it is indexed by
	// itself.
	Waits string
}

// EnsureBuilt starts to index each small library that its present rules did not index, so
// that a new deployment works as it is, and continues a run that stands still. These wait for
// their operator: a large library, because indexing it costs money; a library whose index is of
// another bucket or prefix, and one whose documents would lose their masters, because the
// settings may be wrong. EnsureBuilt returns the libraries that are not indexed whole yet.
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
		return false, "", nil // whoever imports the keys continues
	case mine && run.Stalled(w.Now()):
		return false, "", w.startWeighed(ctx, lib)
	case mine && run.Active():
		return false, "", nil
	case state.Moved(lib):
		return false, state.Doubt(lib), w.distrust(ctx, lib, state, revision)
	case mine && run.Stopped():
		return false, run.Problem, nil
	case mine && run.Problem != "" && w.Now().Sub(run.Ended) < retryAfter:
		return false, "", nil // it has just failed
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

// distrust takes back that a library is indexed whole whose settings name other keys: the events
// of its keys no longer come, so that the index is not whole any more if the settings return.
func (w Worker) distrust(ctx context.Context, lib masters.Library, state masters.State, revision string) error {
	if !state.Built {
		return nil
	}
	state.Built = false
	err := w.Index.SaveState(ctx, lib, state, revision)
	if errors.Is(err, masters.ErrStale) {
		return nil // the next look sees what somebody else wrote
	}
	return err
}

// retryAfter is how long a small library rests whose indexing has failed.
const retryAfter = time.Hour
