// Package reindex indexes whole libraries: files that were in a bucket before its events arrived,
// or that were indexed by other rules.
//
// A run is a chain of steps and many batches, all of them messages of one queue. A step lists
// part of the bucket, sends the keys as batches, and sends the next step. So no invocation of the
// function is long and no terminal must stay open. Then the chain waits for the batches and removes
// keys of deleted objects from the documents. Finally, the run commits: it records that the library
// is completely indexed.
//
// Invariants:
//
//   - A run commits only when every listed key has been indexed by the library's present rules.
//     Until then no request to the library is skipped.
//   - Documents change one key at a time, as with events, so no request ever reads a half-built
//     document.
//   - Messages may arrive more than once and in any order. A finished step is not repeated. A
//     batch may be processed twice but is counted once. A step that is repeated after a crash
//     cuts the same batches, whatever has been uploaded meanwhile.
//   - A library has at most one run at a time. Messages of other runs are discarded. A run that
//     was replaced never commits.
//   - A run that no operator started changes nothing if more than half of the documents would
//     lose all masters. It never indexes another bucket or prefix than the previous run.
//   - An imported list is never trusted alone: the bucket is listed afterwards.
package reindex

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// Phase names the work that a run is doing.
type Phase string

// The phases, in their order.
const (
	Weighing   Phase = "weighing"   // the run counts the documents that would lose all masters
	Importing  Phase = "feeding"    // the operator imports keys from an inventory
	Listing    Phase = "listing"    // the run lists the bucket and sends batches
	Confirming Phase = "confirming" // the run lists the bucket for keys that were not imported
	Draining   Phase = "draining"   // the run waits until all batches are processed and counted
	Sweeping   Phase = "sweeping"   // the run removes keys from documents where they do not belong
	Clearing   Phase = "clearing"   // the run removes keys of deleted objects from the list of unplaced keys
	Finished   Phase = "finished"
)

// Run is the stored progress of indexing a library.
type Run struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"`
	Rules   string    `json:"rules"` // name of the library's rules when the run started
	Started time.Time `json:"started"`
	Moved   time.Time `json:"moved"` // time at which the run last made progress
	Ended   time.Time `json:"ended,omitzero"`
	Done    int       `json:"done"` // number of finished batches, as last counted in the phase Draining
	Step    Step      `json:"step"`
	Plan    *Plan     `json:"plan,omitempty"`    // plan of the present step; nil if the step lists no keys
	Source  string    `json:"source,omitempty"`  // name of the S3 Inventory; "" if no keys are imported
	Problem string    `json:"problem,omitempty"` // why the run failed; "" if it did not fail
}

// Active reports whether the run exists and has not finished.
func (r Run) Active() bool { return r.ID != "" && r.Step.Phase != Finished }

// Checking reports whether the run has indexed all keys and now compares the indexed keys with the
// bucket, to remove keys that no longer belong in the index.
func (r Run) Checking() bool { return r.Step.Phase == Sweeping || r.Step.Phase == Clearing }

// Stopped reports whether the run ended before it changed anything, because more than half of the
// library's documents would have lost all masters.
func (r Run) Stopped() bool { return 2*r.Step.Emptied > r.Step.Documents }

// Stalled reports whether an active run has made no progress for more than 30 minutes. Such a run
// is treated as broken.
func (r Run) Stalled(now time.Time) bool { return r.Active() && now.Sub(r.Moved) > stall }

// Standing reports whether an active run has made no progress for more than 6 minutes. That is
// longer than the queue needs to deliver a failed message again, so something is wrong.
func (r Run) Standing(now time.Time) bool { return r.Active() && now.Sub(r.Moved) > standing }

const (
	stall    = 30 * time.Minute
	standing = 6 * time.Minute
)

// Step is one step in a run's chain of messages.
type Step struct {
	Number  int    `json:"number"`
	Phase   Phase  `json:"phase"`
	Cursor  string `json:"cursor,omitempty"` // key or document name after which the step continues
	Listed  int    `json:"listed"`           // number of keys listed so far
	Batches int    `json:"batches"`          // number of batches sent so far
	// Imported is the number of imported keys, which Listed includes. It is 0 until the phase
	// Confirming begins.
	Imported int `json:"brought,omitempty"`
	// Confirmed reports whether the run has finished the phase Confirming: it has listed the bucket
	// to find keys that were not imported.
	Confirmed bool `json:"confirmed,omitempty"`
	// Checked is the number of indexed keys that the run has compared with the bucket. The count
	// starts in the phase Weighing, and starts again in the phase Sweeping. Since is the time at
	// which the phase Sweeping began.
	Checked int       `json:"checked,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	// Documents is the number of documents that list masters. Emptied is the number of those
	// documents that would lose all masters. Both are 0 in a run without the phase Weighing.
	Documents int `json:"documents,omitempty"`
	Emptied   int `json:"emptied,omitempty"`
}

// Plan states how a step cuts its listed keys into batches. It must be stored before the first
// batch is sent. Without a stored plan, a repeated step could cut the keys in another way, after
// keys were added or deleted. A key between an old and a new batch would then be lost.
type Plan struct {
	Bounds []string `json:"bounds"` // the last key of each batch
	Listed int      `json:"listed"` // number of keys in the batches
	More   bool     `json:"more"`   // true if the bucket has more keys after those in the batches
}

// Batch is a set of keys to index.
type Batch struct {
	Number int      `json:"number"`
	Keys   []string `json:"keys"`
	Missed bool     `json:"missed,omitempty"` // if true, index only the keys that Indexer.Missed returns
}

// Counts holds the number of keys for each outcome.
type Counts struct {
	Keys       int `json:"keys"`
	Placed     int `json:"placed"`
	Unplaced   int `json:"unplaced"`
	Conflicts  int `json:"conflicts"`  // placed keys whose name states another aspect than the pixels have
	Unreadable int `json:"unreadable"` // keys, placed or not, whose files cannot be delivered as they are
	Confirmed  int `json:"confirmed"`  // keys that were imported before and are unchanged
	Gone       int `json:"gone"`       // keys that were deleted after they were listed
	Failed     int `json:"failed"`     // keys that were not indexed because of an error
}

func (c *Counts) add(d Counts) {
	c.Keys += d.Keys
	c.Placed += d.Placed
	c.Unplaced += d.Unplaced
	c.Conflicts += d.Conflicts
	c.Unreadable += d.Unreadable
	c.Confirmed += d.Confirmed
	c.Gone += d.Gone
	c.Failed += d.Failed
}

// Lister lists the names in a bucket.
type Lister interface {
	// Page returns the first keys, at most n, in sorted order, that begin with prefix and come
	// after the key given as after. It reports whether more keys follow; if so, it must return at
	// least one key. It must see every write that was acknowledged before the call.
	Page(ctx context.Context, prefix, after string, n int) (keys []string, more bool, err error)
}

// Queue delivers each message to a worker at least once.
type Queue interface {
	// SendBatch stores all messages durably, for delivery after the delay. If it returns an
	// error, it may still have stored some of the messages.
	SendBatch(ctx context.Context, delay time.Duration, bodies ...[]byte) error
}

// send encodes messages and sends them.
func send(ctx context.Context, queue Queue, delay time.Duration, messages ...Message) error {
	bodies := make([][]byte, len(messages))
	for i, m := range messages {
		var err error
		if bodies[i], err = m.Encode(); err != nil {
			return err
		}
	}
	if err := queue.SendBatch(ctx, delay, bodies...); err != nil {
		return fmt.Errorf("sending messages of a reindex: %w", err)
	}
	return nil
}

// Indexer indexes keys from their present objects in the bucket. The type indexing.Indexer
// implements it.
type Indexer interface {
	Index(ctx context.Context, keys []string) []indexing.Result
	// File makes the last try to index the keys. Unlike Index, it also records objects that cannot
	// be read.
	File(ctx context.Context, keys []string) []indexing.Result
	// Missed returns the keys whose present objects are not indexed, were indexed by other rules,
	// or could not be read when they were indexed.
	Missed(ctx context.Context, keys []string) ([]string, error)
	// Belongs reports whether a creative's document should list the key.
	Belongs(ctx context.Context, lib masters.Library, c creative.Creative, key string) (bool, error)
	// Remove takes those keys out of a creative's document that do not belong in it.
	Remove(ctx context.Context, lib masters.Library, c creative.Creative, keys []string) error
	// Exists reports whether there is an object under the key.
	Exists(ctx context.Context, key string) (bool, error)
}

// page returns a page of keys from a lister. It returns an error if the lister states that more
// keys follow but returns no new key, because such a listing would never end.
func page(ctx context.Context, from Lister, prefix, after string, n int) ([]string, bool, error) {
	keys, more, err := from.Page(ctx, prefix, after, n)
	if err == nil && more && (len(keys) == 0 || keys[len(keys)-1] <= after) {
		return nil, false, fmt.Errorf("listing of %s after %q makes no progress: it returned no keys but claims that more follow", prefix, after)
	}
	return keys, more, err
}

// ErrBusy means that other callers changed the library's run during every try.
var ErrBusy = errors.New("another reindex of the library is starting: try again")

// ErrReplaced means that the run is no longer the library's active run: another run replaced it,
// or it ended.
var ErrReplaced = errors.New("reindex run is no longer active")

// ErrMessage means that a message cannot be read or names an unknown library.
var ErrMessage = errors.New("not a valid reindex message")

func runName(lib masters.Library) string { return fmt.Sprintf("reindex/%s/run.json", lib.Name) }

func tallyName(lib masters.Library, run string, shard int) string {
	return fmt.Sprintf("reindex/%s/%s/%06d.json", lib.Name, run, shard)
}
