package ledger

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Hold is a run's hold on a claimed request. The run and its lease renewals may call the methods at
// the same time. After ErrFenced the run must stop, because another run holds the request.
type Hold struct {
	ledger   *Ledger
	deadline time.Time
	run      run

	turn    chan struct{} // holds a value during a step, so that only one step runs at a time
	mu      sync.Mutex    // guards the fields below; never locked during a store call, so that Alive answers at once
	item    Item
	over    bool // whether this run has ended the request, or has started to give it back
	blocker string
}

// Item returns the item as last read or written by this hold.
func (h *Hold) Item() Item {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.item
}

// Alive returns nil while the lease lasts, and an error after it. Bytes may move and callbacks may
// be sent only while Alive returns nil.
func (h *Hold) Alive() error {
	item := h.Item()
	if err := item.owned(h.run); err != nil {
		return err
	}
	if h.isOver() {
		return fmt.Errorf("%w: given back", ErrFenced)
	}
	if !h.ledger.Now().Before(item.LeaseUntil) {
		return fmt.Errorf("%w: lease over", ErrFenced)
	}
	return nil
}

// Renew extends the lease. It returns ErrFenced, ErrEnded, or an error of the store.
func (h *Hold) Renew(ctx context.Context) error {
	return h.step(ctx, "renewing the lease", func(i Item) (Item, error) {
		return i.renew(h.run, h.ledger.clock(h.deadline))
	})
}

// Decide writes the decision. The run must call it before any byte moves. It returns ErrDecided if
// the item has another decision.
func (h *Hold) Decide(ctx context.Context, d Decision) error {
	return h.step(ctx, "deciding", func(i Item) (Item, error) { return i.decide(h.run, d, false) })
}

// Redecide replaces a decision to deliver after the decided version of the object has disappeared.
// It returns ErrDecided if bytes were uploaded, or if the decision is a skip.
func (h *Hold) Redecide(ctx context.Context, d Decision) error {
	return h.step(ctx, "deciding anew", func(i Item) (Item, error) { return i.decide(h.run, d, true) })
}

// BeginUpload counts an upload before its first byte. The first upload needs no call, because the
// first decision counts it. It returns ErrUploads if the request already has MaxUploads uploads.
func (h *Hold) BeginUpload(ctx context.Context) error {
	n := h.Item().Uploads + 1
	return h.step(ctx, "counting an upload", func(i Item) (Item, error) { return i.beginUpload(h.run, n) })
}

// GiveWay allows runs for other libraries to claim the request once this run gives it back. If
// passed is true, nothing in this run's library can be delivered. It returns ErrDecided if a skip
// was decided, or if bytes were uploaded.
func (h *Hold) GiveWay(ctx context.Context, passed bool) error {
	return h.step(ctx, "giving way", func(i Item) (Item, error) { return i.giveWay(h.run, passed) })
}

// Uploaded writes the checkpoint: the upload is complete, and only the callback is still to be
// sent.
func (h *Hold) Uploaded(ctx context.Context, sha256 string) error {
	return h.step(ctx, "noting the upload", func(i Item) (Item, error) { return i.uploaded(h.run, sha256) })
}

// Settle ends the request. It returns ErrOrder if the outcome is delivered without a checkpoint, or
// skipped without a decision to skip.
func (h *Hold) Settle(ctx context.Context, o Outcome) error {
	return h.step(ctx, "settling", func(i Item) (Item, error) { return i.settle(h.run, o) })
}

// Release gives the request back while it is still open, so that the next run can claim it at once.
// The hold is over even if Release fails, because the write may have succeeded and another run may
// have claimed the request. Release accepts repeated calls.
func (h *Hold) Release(ctx context.Context, code, detail string) error {
	h.giveUp()
	return h.step(ctx, "releasing", func(i Item) (Item, error) {
		i, err := i.release(h.run, code, detail)
		return h.withBlocker(i), err
	})
}

// Queue leaves the request to the queue's worker. Other runs may claim it after the length of a
// lease, so a lost message loses no request. The hold is over, as after Release.
func (h *Hold) Queue(ctx context.Context, code, detail string) error {
	h.giveUp()
	return h.step(ctx, "handing off", func(i Item) (Item, error) {
		i, err := i.queue(h.run, code, detail, h.ledger.clock(h.deadline))
		return h.withBlocker(i), err
	})
}

// Block sets the key that blocks the request; "" means no key. Release and Queue write the key to
// the ledger.
func (h *Hold) Block(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blocker = key
}

func (h *Hold) withBlocker(i Item) Item {
	h.mu.Lock()
	defer h.mu.Unlock()
	i.Blocker = h.blocker
	return i
}

func (h *Hold) step(ctx context.Context, doing string, f func(Item) (Item, error)) error {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%s: waiting for the step before: %w", doing, ctx.Err())
	}
	known := h.Item()
	item, err := h.ledger.change(ctx, known.ID, &known, f)
	h.saw(item, err == nil)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// saw keeps the item that a step found or wrote in the store, even if the step was refused. Alive
// checks the lease in the kept item. saw ignores an item that is older than the kept one.
func (h *Hold) saw(item Item, written bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if item.Version < h.item.Version {
		return
	}
	h.item = item
	h.over = h.over || (written && item.owned(h.run) != nil)
}

func (h *Hold) isOver() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.over
}

func (h *Hold) giveUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
}
