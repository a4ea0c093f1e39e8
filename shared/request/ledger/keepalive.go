package ledger

import (
	"context"
	"sync"
	"time"
)

// KeepAlive renews the lease three times per lease length, until the caller calls stop. The
// function stop returns once no renewal is running. If a renewal is refused, or if the lease ends
// because renewals fail, KeepAlive calls lost once and stops renewing. It stops without calling
// lost once the run has settled, released or queued the request.
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

// keep renews the lease once. It returns an error if the request is lost. A failed renewal is not
// an error while the lease still lasts.
func (h *Hold) keep(ctx context.Context) error {
	// A renewal may take at most the skew. Another run claims the request only when the skew has
	// passed since the lease's end, so even a renewal that hangs fails before such a claim.
	renewing, cancel := context.WithTimeout(ctx, skew(h.ledger.lease()))
	defer cancel()
	err := h.Renew(renewing)
	// no error: the run needs no lease any more, its context has ended, or its lease still lasts
	if h.isOver() || ctx.Err() != nil || h.Alive() == nil {
		return nil
	}
	return err
}
