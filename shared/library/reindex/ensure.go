package reindex

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/masters"
)

// EnsureBuilt starts to index each small library that its present rules did not index, so
// that a new deployment works as it is, and continues a run that stands still. A large
// library waits for its operator, because indexing it costs money. It returns the names
// of the libraries that are not indexed whole yet.
func (w Worker) EnsureBuilt(ctx context.Context) (unbuilt []string, err error) {
	for _, lib := range w.Libraries {
		waits, problem := w.ensureBuilt(ctx, lib)
		if problem != nil {
			err = errors.Join(err, fmt.Errorf("library %s: %w", lib.Name, problem))
		}
		if waits {
			unbuilt = append(unbuilt, lib.Name)
		}
	}
	return unbuilt, err
}

func (w Worker) ensureBuilt(ctx context.Context, lib masters.Library) (waits bool, err error) {
	state, _, err := w.Index.State(ctx, lib)
	if err != nil || state.Current(lib) {
		return false, err
	}
	run, _, err := loadRun(ctx, w.Index.Blobs, lib)
	if err != nil {
		return true, err
	}
	switch mine := run.Rules == lib.RuleSet(); {
	case mine && run.Step.Phase == Importing:
		return true, nil // whoever imports the keys continues
	case mine && run.Stalled(w.Now()):
		_, err = w.Start(ctx, lib, false)
		return true, err
	case mine && run.Active():
		return true, nil
	case mine && run.ID != "" && w.Now().Sub(run.Ended) < retryAfter:
		return true, nil // it has just failed
	}
	_, more, err := page(ctx, w.Masters, lib.Prefix, "", pageKeys)
	if err != nil || more {
		return true, err
	}
	_, err = w.Start(ctx, lib, false)
	return true, err
}

// retryAfter is how long a small library rests whose indexing has failed.
const retryAfter = time.Hour
