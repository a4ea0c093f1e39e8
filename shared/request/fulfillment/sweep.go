package fulfillment

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/request/ledger"
)

// The limits of a sweep.
const (
	// sweepGrace is the time after a request's expiry during which a sweep leaves the request
	// alone, because a run may be about to settle it.
	sweepGrace = 30 * time.Second
	sweepLimit = 500
)

// Sweep ends requests that are open after their expiry and held by no run: their state becomes
// Expired. Without sweeps, a request that is never sent again would stay open unnoticed.
//
// Sweep returns the requests that it ended. If it returns an error, other requests may still be
// open after their expiry.
func (s *Service) Sweep(ctx context.Context) ([]ledger.Item, error) {
	overdue, err := s.Ledger.Store.Overdue(ctx, s.Now().Add(-sweepGrace), sweepLimit)
	if err != nil {
		return nil, err
	}
	var ended []ledger.Item
	var faults []error
	for _, item := range overdue {
		item, err := s.Ledger.Expire(ctx, item.ID)
		switch {
		case err == nil:
			ended = append(ended, item)
		case !errors.Is(err, ledger.ErrEnded) && !errors.Is(err, ledger.ErrHeld):
			faults = append(faults, err)
		}
	}
	return ended, errors.Join(faults...)
}
