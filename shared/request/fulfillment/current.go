package fulfillment

import (
	"context"
	"errors"
	"fmt"

	"masterhand/shared/library/masters"
)

// current shows that a chosen master is still what the index says of it: its key holds
// that version, and its labels place it there. The index learns of an overwrite, a delete
// or a new label some time after it happened; who asks in between must not get a file
// that is no longer the master.
func (r *run) current(ctx context.Context, m masters.Master) error {
	now, err := r.Bucket.Look(ctx, m.Key)
	if errors.Is(err, masters.ErrAbsent) {
		return unproven("the index does not know yet that the master was deleted")
	}
	if err != nil {
		return fmt.Errorf("looking at the chosen master: %w", err)
	}
	place := masters.Place(r.job.Library, m.Key, now.Size, now.Labels)
	same := place.Creative.Same(r.job.Request.Slot.Creative) && place.Locale == m.Locale
	switch {
	case now.ETag != m.ETag, m.VersionID != "" && now.VersionID != m.VersionID:
		return unproven("the index does not know yet that the master was replaced")
	case !same:
		return unproven("the index does not know yet that the master was placed elsewhere")
	case now.Archived():
		return unproven("the index does not know yet that the master was archived")
	}
	return nil
}

// stillArchived shows that the masters which were dropped as archived still are: the index
// learns of a restored copy some time after the restore has finished.
func (r *run) stillArchived(ctx context.Context, candidates []masters.Candidate) error {
	for _, c := range candidates {
		if c.Drop != masters.ArchivedStorage {
			continue
		}
		now, err := r.Bucket.Look(ctx, c.Master.Key)
		switch {
		case errors.Is(err, masters.ErrAbsent), err == nil && (now.ETag != c.Master.ETag || !now.Archived()):
			return unproven("the index does not know yet that an archived master was restored, replaced or deleted")
		case err != nil:
			return fmt.Errorf("looking at an archived master: %w", err)
		}
	}
	return nil
}
