package fulfillment

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/request/ledger"
)

// The limits of a sweep.
const (
	// sweepGrace is how long after its expiry a request is left to a run that may be about to
	// settle it.
	sweepGrace = 30 * time.Second
	sweepLimit = 500
)

// Sweep ends requests as expired that are still open after their expiry, so that a request that
// nobody sends again does not stay silent. It returns the requests that it ended. If it returns an
// error, more may be overdue.
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
