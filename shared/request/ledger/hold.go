package ledger

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Hold is a claimed request. Its methods may be called by the run and by what
// renews its lease at the same time. After ErrFenced the run must stop: the request
// is somebody else's.
type Hold struct {
	ledger   *Ledger
	deadline time.Time
	run      run

	turn    chan struct{} // full while a step is taken: one at a time
	mu      sync.Mutex    // guards what follows; never held while the store works, so Alive answers at once
	item    Item
	over    bool // this run itself has ended the request, or set about giving it back
	blocker string
}

// Item returns the request as it was last seen.
func (h *Hold) Item() Item {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.item
}

// Alive returns nil while the lease runs; bytes move and callbacks go out only then.
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

// Renew extends the lease. Errors: ErrFenced, ErrEnded, faults of the store.
func (h *Hold) Renew(ctx context.Context) error {
	return h.step(ctx, "renewing the lease", func(i Item) (Item, error) {
		return i.renew(h.run, h.ledger.clock(h.deadline))
	})
}

// Decide writes the decision, before any byte moves. ErrDecided: another one stands.
func (h *Hold) Decide(ctx context.Context, d Decision) error {
	return h.step(ctx, "deciding", func(i Item) (Item, error) { return i.decide(h.run, d, false) })
}

// Redecide replaces a delivery whose object's version is gone. ErrDecided: bytes of it
// were uploaded, or a skip stands.
func (h *Hold) Redecide(ctx context.Context, d Decision) error {
	return h.step(ctx, "deciding anew", func(i Item) (Item, error) { return i.decide(h.run, d, true) })
}

// BeginUpload counts a whole upload before its first byte, other than the one that the first
// decision counted. ErrUploads: there were as many as a request may have.
func (h *Hold) BeginUpload(ctx context.Context) error {
	n := h.Item().Uploads + 1
	return h.step(ctx, "counting an upload", func(i Item) (Item, error) { return i.beginUpload(h.run, n) })
}

// GiveWay opens the request to copies for other libraries, from when this run gives it
// back. passed states that nothing in this run's library can be delivered. ErrDecided: a
// skip stands, or bytes were uploaded.
func (h *Hold) GiveWay(ctx context.Context, passed bool) error {
	return h.step(ctx, "giving way", func(i Item) (Item, error) { return i.giveWay(h.run, passed) })
}

// Uploaded writes the checkpoint: the bytes lie there, only the callback is left.
func (h *Hold) Uploaded(ctx context.Context, sha256 string) error {
	return h.step(ctx, "noting the upload", func(i Item) (Item, error) { return i.uploaded(h.run, sha256) })
}

// Settle ends the request. ErrOrder: delivered without checkpoint, or skipped without
// having decided so.
func (h *Hold) Settle(ctx context.Context, o Outcome) error {
	return h.step(ctx, "settling", func(i Item) (Item, error) { return i.settle(h.run, o) })
}

// Release gives the request back unended, so that the next run need not wait. The hold
// is over even after an error: the write may have been done all the same, and another
// run have claimed since. Releasing may be tried again.
func (h *Hold) Release(ctx context.Context, code, detail string) error {
	h.giveUp()
	return h.step(ctx, "releasing", func(i Item) (Item, error) {
		i, err := i.release(h.run, code, detail)
		return h.withBlocker(i), err
	})
}

// Queue leaves the request to the queue's worker; others may claim it after
// a lease, so that a lost message loses nothing. The hold is over as with Release.
func (h *Hold) Queue(ctx context.Context, code, detail string) error {
	h.giveUp()
	return h.step(ctx, "handing off", func(i Item) (Item, error) {
		i, err := i.queue(h.run, code, detail, h.ledger.clock(h.deadline))
		return h.withBlocker(i), err
	})
}

// Block notes the key that holds the request up, "" for none: Release and Queue write it.
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

// saw keeps the item as it stands in the store, also where it was refused: Alive says
// so from here on. A fault tells nothing newer.
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
