package ledger

import (
	"context"
	"sync"
	"time"
)

// KeepAlive renews the lease three times in its length until the returned stop is called, which
// waits for it to end. When a renewal is refused, or the lease ends because renewals
// fail, lost is called once and renewing ends. Once the run has itself settled,
// released or queued the request, renewing ends without a word.
func (h *Hold) KeepAlive(ctx context.Context, lost func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(h.ledger.lease() / renewals)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if h.isOver() {
				return
			}
			if err := h.keep(ctx); err != nil {
				lost(err)
				return
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

// keep renews once. The error says that the request is lost; a renewal that merely
// fails is none while the lease runs.
func (h *Hold) keep(ctx context.Context) error {
	// Bounded, so that a run whose renewals all hang learns that its lease is over
	// before another may claim.
	renewing, cancel := context.WithTimeout(ctx, skew(h.ledger.lease()))
	defer cancel()
	err := h.Renew(renewing)
	if h.isOver() || ctx.Err() != nil || h.Alive() == nil { // over: given up while the renewal waited its turn
		return nil
	}
	return err
}
