// Package reindex indexes whole libraries: what lay in a bucket before its events came,
// or was indexed by other rules.
//
// A run is a chain of steps and many batches, all messages of one queue. A step lists
// some of the bucket, sends what it found as batches, and sends the next step, so that no
// run of the function is long and nobody's terminal need stay open. Then the chain waits
// for the batches, takes out of the documents what is gone, and commits: the library
// counts as built.
//
// Invariants:
//
//   - A run commits only when every key listed has been indexed by the library's present
//     rules. Until then nothing is skipped.
//   - Documents are changed one key at a time, as by events: no request ever sees a hole.
//   - Messages come at least once, in any order: a step that was taken is not taken
//     again, a batch may be worked again and is counted once. A step that breaks off
//     cuts the same batches when it comes again, whatever has come into the bucket.
//   - One run at a time has a library; messages of another are thrown away. A run that
//     was replaced never commits, and whoever imports its keys learns of it.
//   - A run that nobody asked for changes nothing if more than half of the documents would
//     lose all masters. It never indexes another bucket or prefix than the run before.
//   - An imported list is never the last word: the bucket is listed after it.
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

// Phase is what a run does.
type Phase string

// The phases, in their order.
const (
	Weighing   Phase = "weighing"   // counting the documents that would lose all masters
	Importing  Phase = "feeding"    // the operator imports keys from an inventory
	Listing    Phase = "listing"    // the bucket, sending batches
	Confirming Phase = "confirming" // listing the bucket for keys that were not imported
	Draining   Phase = "draining"   // waiting for the batches
	Sweeping   Phase = "sweeping"   // taking out of the documents what is gone
	Clearing   Phase = "clearing"   // taking it out of the list of unplaced keys
	Finished   Phase = "finished"
)

// Run is how far the indexing of a library has come, as it is stored.
type Run struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"`
	Rules   string    `json:"rules"` // of the library when it was started
	Started time.Time `json:"started"`
	Moved   time.Time `json:"moved"` // when it last came forward
	Ended   time.Time `json:"ended,omitzero"`
	Done    int       `json:"done"` // batches, when last looked
	Step    Step      `json:"step"`
	Plan    *Plan     `json:"plan,omitempty"`    // of the step, once it lists
	Source  string    `json:"source,omitempty"`  // of the keys, where they are imported
	Problem string    `json:"problem,omitempty"` // why it ended without the library being indexed
}

// Active reports a run that is not through.
func (r Run) Active() bool { return r.ID != "" && r.Step.Phase != Finished }

// Checking reports that all keys are indexed, and are looked for in the bucket.
func (r Run) Checking() bool { return r.Step.Phase == Sweeping || r.Step.Phase == Clearing }

// Stopped reports a run that ended before it changed anything: more than half of the library's
// documents would have lost all masters.
func (r Run) Stopped() bool { return 2*r.Step.Emptied > r.Step.Documents }

// Stalled reports an active run that has not come forward for so long that it counts as
// broken.
func (r Run) Stalled(now time.Time) bool { return r.Active() && now.Sub(r.Moved) > stall }

// Standing reports an active run that stands still, for longer than a message that failed
// needs to come again: something is wrong.
func (r Run) Standing(now time.Time) bool { return r.Active() && now.Sub(r.Moved) > standing }

const (
	stall    = 30 * time.Minute
	standing = 6 * time.Minute
)

// Step is one link of the chain.
type Step struct {
	Number   int    `json:"number"`
	Phase    Phase  `json:"phase"`
	Cursor   string `json:"cursor,omitempty"`  // key or document after which to go on
	Listed   int    `json:"listed"`            // keys so far
	Batches  int    `json:"batches"`           // sent so far
	Imported int    `json:"brought,omitempty"` // keys of Listed, once the bucket is listed after them
	// Confirmed: the bucket has been listed for keys that were not imported.
	Confirmed bool `json:"confirmed,omitempty"`
	// Checked are the keys that were looked for in the bucket, to take out what is gone;
	// Since is when that began.
	Checked int       `json:"checked,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	// Documents are those that list masters, and Emptied those of them that would lose all. A
	// run that weighs nothing has none.
	Documents int `json:"documents,omitempty"`
	Emptied   int `json:"emptied,omitempty"`
}

// Plan is how a step cuts what it lists into batches. It is written down before the first
// is sent: cut anew, after keys have come or gone, a batch of the old cut and one of the
// new would leave keys out between them.
type Plan struct {
	Bounds []string `json:"bounds"` // the last key of each batch
	Listed int      `json:"listed"` // keys
	More   bool     `json:"more"`   // the bucket has more keys after the last bound
}

// Batch is some keys to be indexed.
type Batch struct {
	Number int      `json:"number"`
	Keys   []string `json:"keys"`
	Missed bool     `json:"missed,omitempty"` // only those that the index does not know
}

// Counts are what became of keys.
type Counts struct {
	Keys       int `json:"keys"`
	Placed     int `json:"placed"`
	Unplaced   int `json:"unplaced"`
	Conflicts  int `json:"conflicts"`  // placed, but the name's aspect is not that of the pixels
	Unreadable int `json:"unreadable"` // placed, but not to be delivered as they are
	Confirmed  int `json:"confirmed"`  // imported before, and found as the index has them
	Gone       int `json:"gone"`       // listed, and deleted since
	Failed     int `json:"failed"`     // could not be indexed
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

// Lister lists what is in a bucket.
type Lister interface {
	// Page returns at most n keys that begin with prefix and come after the one given, in
	// order, and whether there are more: never without a key to go on from. It sees every
	// write that was acknowledged before.
	Page(ctx context.Context, prefix, after string, n int) (keys []string, more bool, err error)
}

// Queue delivers messages to a worker, each at least once.
type Queue interface {
	// SendBatch stores all messages durably, to be received after the delay, or returns an
	// error; some may be stored then.
	SendBatch(ctx context.Context, delay time.Duration, bodies ...[]byte) error
}

// send stores messages.
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

// Indexer indexes keys as they are now.
type Indexer interface {
	Index(ctx context.Context, keys []string) []indexing.Result
	// File is Index for the last try: it files what cannot be read.
	File(ctx context.Context, keys []string) []indexing.Result
	// Missed returns those of the keys that are not indexed as they are now, or were by
	// other rules.
	Missed(ctx context.Context, keys []string) ([]string, error)
	// Belongs reports whether a key's object is to be listed in a creative's document.
	Belongs(ctx context.Context, lib masters.Library, c creative.Creative, key string) (bool, error)
	// Remove takes keys that do not belong into a creative's document out of it.
	Remove(ctx context.Context, lib masters.Library, c creative.Creative, keys []string) error
	// Exists reports whether there is an object under the key.
	Exists(ctx context.Context, key string) (bool, error)
}

// page is a page of a lister that keeps its word: without a key to go on from, a listing
// would never end.
func page(ctx context.Context, from Lister, prefix, after string, n int) ([]string, bool, error) {
	keys, more, err := from.Page(ctx, prefix, after, n)
	if err == nil && more && (len(keys) == 0 || keys[len(keys)-1] <= after) {
		return nil, false, fmt.Errorf("listing of %s after %q that does not come forward, though there is more", prefix, after)
	}
	return keys, more, err
}

// ErrBusy is a library that another run has.
var ErrBusy = errors.New("library is being indexed already")

// ErrReplaced is a run that is the library's no more: another took its place, or it ended.
var ErrReplaced = errors.New("run of a reindex is over")

// ErrMessage is a message that cannot be read, or names a library that is not known.
var ErrMessage = errors.New("no message of a reindex")

func runName(lib masters.Library) string { return fmt.Sprintf("reindex/%s/run.json", lib.Name) }

func tallyName(lib masters.Library, run string, shard int) string {
	return fmt.Sprintf("reindex/%s/%s/%06d.json", lib.Name, run, shard)
}
