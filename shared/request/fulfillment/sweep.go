package fulfillment

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/request/ledger"
)

// What a sweep takes on.
const (
	// sweepGrace is left to a run that is about to settle its own request.
	sweepGrace = 30 * time.Second
	sweepLimit = 500
)

// Sweep ends, as expired, the requests that are open past their expiry, so that one
// that nobody asks for again is not silent. It returns those that it ended; an error
// says that there may be more.
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
