package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"masterhand/shared/library/masters"
)

// current returns the chosen master as the bucket has it now. It returns an error unless the key
// still holds the indexed version and the labels still place it at the creative. This check is
// necessary, because the index learns of a change only after some time.
//
// If the index was built for another bucket, the version ids differ. Then the key may hold another
// version if the bytes are the same.
func (r *run) current(ctx context.Context, m masters.Master) (masters.Master, error) {
	now, err := r.Bucket.Look(ctx, m.Key)
	if err != nil && !errors.Is(err, masters.ErrAbsent) {
		return m, fmt.Errorf("looking at the chosen master: %w", err)
	}
	change := r.changed(m, now, err == nil)
	if change == "" && (m.VersionID == "" || now.VersionID == m.VersionID) {
		return m, nil
	}
	state, _, err := r.Index.State(ctx, r.job.Library)
	switch {
	case err != nil:
		return m, err
	case !state.Moved(r.job.Library):
		return m, unproven("the index does not know yet that the master was " + cmp.Or(change, "replaced"))
	case change != "":
		return m, doubtful(state, r.job.Library)
	}
	m.VersionID = now.VersionID
	return m, nil
}

// changed says what happened to a master since it was indexed: "deleted", "replaced", "placed
// elsewhere" or "archived". It returns "" if nothing of this happened.
func (r *run) changed(m masters.Master, now masters.Object, exists bool) string {
	place := masters.Place(r.job.Library, m.Key, now.Size, now.Labels)
	switch {
	case !exists:
		return "deleted"
	case now.ETag != m.ETag, now.Size != m.Size:
		return "replaced"
	case !place.Creative.Same(r.job.Request.Slot.Creative), place.Locale != m.Locale:
		return "placed elsewhere"
	case now.Archived():
		return "archived"
	}
	return ""
}

// stillArchived looks at each master that was dropped because the index says that it is archived.
// It returns an error if such a master was restored, replaced or deleted since then. Then the run
// must wait until the index knows of the change.
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
