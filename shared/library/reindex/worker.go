package reindex

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// The limits of steps and batches. With them, a listing step takes about a second, and so does a
// batch.
const (
	pageKeys     = 1000 // number of keys per page: the limit of S3
	pagesPerStep = 5
	batchKeys    = 100
	drainPause   = 5 * time.Second
)

// Each constant is the number of a delivery of a message. From that delivery on, a failure is
// treated as permanent. The queue discards a message after ten deliveries, some minutes apart.
const (
	// maxReceives is the number of the delivery at which a batch records an unreadable object as
	// unread. It is also the number of the delivery at which a message of a run with other rules
	// ends that run.
	maxReceives = 4
	// maxTries is the number of the delivery at which a failing step ends the run.
	maxTries = 8
)

// Worker processes the messages of runs.
type Worker struct {
	Control
	Masters   Lister // lists the masters bucket
	Documents Lister // lists the index bucket
	Indexer   Indexer
	Libraries []masters.Library
}

// Work processes one message. The argument receives is the number of times that the message has
// been delivered. After an error, the message must be delivered again. Work returns ErrMessage for
// a message that names an unknown library or phase.
func (w Worker) Work(ctx context.Context, m Message, receives int) error {
	lib, err := w.library(m.Library)
	if err != nil {
		return err
	}
	run, _, err := loadRun(ctx, w.Index.Blobs, lib)
	switch {
	case err != nil:
		return err
	case run.ID != m.Run, !run.Active(), m.Step != nil && m.Step.Number < run.Step.Number:
		return nil // ignore the message: the run was replaced, or the step has already finished
	case run.Rules != lib.RuleSet():
		return w.otherRules(ctx, lib, run, receives)
	case m.Batch != nil:
		return w.batch(ctx, lib, run, *m.Batch, receives)
	}
	err = w.step(ctx, lib, run, *m.Step)
	switch {
	case errors.Is(err, ErrReplaced):
		return nil
	case errors.Is(err, masters.ErrDocument), err != nil && receives >= maxTries && !errors.Is(err, errTaken):
		return w.fail(ctx, lib, run, fmt.Sprintf("%s failed permanently: %v", m.Step.Phase, err))
	}
	return err
}

var errOtherRules = errors.New("reindex run has other rules than this program")

// otherRules handles a message of a run that has other rules than this program. It returns an
// error, so that the queue delivers the message again: during a deployment, the old and the new
// program may receive each other's messages. By the fourth delivery the old program is gone. Then
// otherRules ends the run, because otherwise the run would index the library by mixed rules.
func (w Worker) otherRules(ctx context.Context, lib masters.Library, run Run, receives int) error {
	if receives < maxReceives {
		return errOtherRules
	}
	return w.fail(ctx, lib, run, "the library's rules have changed since the run started")
}

// fail ends the run and records the problem. It does nothing if the run has ended or made
// progress meanwhile.
func (w Worker) fail(ctx context.Context, lib masters.Library, run Run, problem string) error {
	stored, revision, err := w.stored(ctx, lib, run)
	if errors.Is(err, ErrReplaced) {
		return nil
	}
	if err != nil || stored.Step.Number > run.Step.Number {
		return err
	}
	err = saveRun(ctx, w.Index.Blobs, lib, end(stored, w.Now().UTC(), problem), revision)
	if errors.Is(err, masters.ErrStale) {
		return errTaken
	}
	return err
}

func (w Worker) library(name string) (masters.Library, error) {
	lib, known := masters.Named(w.Libraries, name)
	if !known {
		return lib, fmt.Errorf("%w: library %.64q is not configured", ErrMessage, name)
	}
	return lib, nil
}

// batch indexes the keys of a batch and counts their outcomes. If a key fails, it returns an error,
// so that the queue delivers the batch again. From the fourth delivery on, it records the failures
// instead.
func (w Worker) batch(ctx context.Context, lib masters.Library, run Run, b Batch, receives int) error {
	keys := b.Keys
	if b.Missed {
		missed, err := w.Indexer.Missed(ctx, keys)
		if err == nil {
			keys = missed
		} else if receives < maxReceives {
			return err
		} // from the fourth delivery on, index all keys of the batch if Missed fails
	}
	index := w.Indexer.Index
	if receives >= maxReceives {
		index = w.Indexer.File
	}
	counts, failures := count(index(ctx, keys))
	counts.Confirmed = len(b.Keys) - len(keys)
	counts.Keys += counts.Confirmed
	if counts.Failed > 0 && receives < maxReceives {
		return fmt.Errorf("%d of %d keys not indexed, the first: %s: %s", counts.Failed, counts.Keys, failures[0].Key, failures[0].Error)
	}
	return record(ctx, w.Index.Blobs, lib, run.ID, b.Number, counts, failures[:min(len(failures), maxSamples)])
}

func count(results []indexing.Result) (c Counts, failures []Failure) {
	for _, r := range results {
		c.Keys++
		switch {
		case r.Err != nil:
			c.Failed++
			failures = append(failures, Failure{Key: r.Key, Error: r.Err.Error()})
		case r.Gone:
			c.Gone++
		case r.Unplaced != "":
			c.Unplaced++
			if r.Unread != "" {
				c.Unreadable++
			}
		default:
			c.Placed++
			if r.Master.Conflict() {
				c.Conflicts++
			}
			if r.Master.Problem != "" || r.Master.Extension == "" || r.Unread != "" {
				c.Unreadable++
			}
		}
	}
	return c, failures
}

// step performs a step. It sends the next step before it stores the progress: a repeated step
// does no harm, but a lost step would end the chain.
func (w Worker) step(ctx context.Context, lib masters.Library, run Run, s Step) error {
	if run.Step.Number != s.Number {
		run.Plan = nil // drop the stored plan, because it belongs to another step
	}
	run.Step = s
	var delay time.Duration
	var err error
	switch s.Phase {
	case Weighing:
		run, err = w.weigh(ctx, lib, run)
	case Listing, Confirming:
		run, err = w.list(ctx, lib, run)
	case Draining:
		run, err = w.drain(ctx, lib, run)
		delay = drainPause
	case Sweeping:
		run, err = w.sweep(ctx, lib, run)
	case Clearing:
		run, err = w.clear(ctx, lib, run)
	default:
		return fmt.Errorf("%w: phase %.20q", ErrMessage, s.Phase)
	}
	if err != nil {
		return err
	}
	run.Step.Number, run.Plan = s.Number+1, nil
	if run.Active() {
		if err := send(ctx, w.Queue, delay, Message{Library: lib.Name, Run: run.ID, Step: &run.Step}); err != nil {
			return err
		}
	}
	return w.advance(ctx, lib, run)
}

// drain checks whether all batches are processed and counted. If so, it begins the next phase, or
// ends the run if keys could not be indexed. If not, it leaves the run in the phase Draining, or
// ends the run if no batch was processed for 30 minutes.
func (w Worker) drain(ctx context.Context, lib masters.Library, run Run) (Run, error) {
	done, counts, _, err := sum(ctx, w.Index.Blobs, lib, run)
	if err != nil {
		return run, err
	}
	now := w.Now().UTC()
	switch {
	case done == run.Step.Batches && counts.Failed > 0:
		return end(run, now, fmt.Sprintf("%d keys could not be indexed", counts.Failed)), nil
	case done == run.Step.Batches && run.Source != "" && !run.Step.Confirmed:
		run.Step.Phase, run.Step.Imported, run.Moved = Confirming, run.Step.Listed, now
	case done == run.Step.Batches:
		run.Step.Phase, run.Step.Since, run.Moved = Sweeping, now, now
	case done > run.Done:
		run.Moved = now
	case run.Stalled(now):
		return end(run, now, fmt.Sprintf("%d of %d batches were not processed for %v", run.Step.Batches-done, run.Step.Batches, stall)), nil
	}
	run.Done = done
	return run, nil
}

func end(run Run, now time.Time, problem string) Run {
	run.Step.Phase, run.Ended, run.Moved, run.Problem = Finished, now, now, problem
	return run
}
