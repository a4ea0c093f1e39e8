package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"masterhand/shared/library/masters"
)

// errOtherLibrary means that this run must not decide the request, because a run for another
// library must. One event may arrive through several destinations, each with its own library.
var errOtherLibrary = errors.New("another destination's library has this creative: its copy of the request must decide")

// deliverableElsewhere reports whether another library has a master for the slot. If so, this run
// leaves the request to that library without a proof of absence.
func (r *run) deliverableElsewhere(ctx context.Context) bool {
	return slices.ContainsFunc(r.job.Others, func(other masters.Library) bool {
		doc, _, err := r.Index.Document(ctx, other, r.job.Request.Slot.Creative)
		return err == nil && masters.Choose(doc, r.job.Request.Slot, other).Verdict == masters.Deliver
	})
}

// mayEnd returns errOtherLibrary if another library must decide the request:
//   - a library that has the creative and has not passed: no run has proved yet that it has
//     nothing to deliver
//   - a library that has passed, but can now answer the request
//   - a library that may have a master that is not listed yet, as mayHave reports
//
// The parameter own is the verdict of this run's library.
func (r *run) mayEnd(ctx context.Context, own masters.Verdict) error {
	passed := r.hold.Item().Passed
	for _, other := range r.job.Others {
		doc, _, err := r.Index.Document(ctx, other, r.job.Request.Slot.Creative)
		if err != nil {
			return err
		}
		verdict := masters.Choose(doc, r.job.Request.Slot, other).Verdict
		if slices.Contains(passed, other.Name) {
			if !verdict.Ends() || verdict == masters.Archived && own != masters.Archived {
				return errOtherLibrary
			}
		} else if len(doc.Keys()) > 0 {
			return errOtherLibrary
		}
		if has, err := r.mayHave(ctx, other, doc); has || err != nil {
			return cmp.Or(err, errOtherLibrary)
		}
	}
	return nil
}

// isShared reports whether runs for other libraries may decide the request: there are other
// libraries, and the request has no decision yet.
func (r *run) isShared() bool { return len(r.job.Others) > 0 && r.hold.Item().Decision == nil }

// mayHave reports whether the library other may have a master that doc, the creative's index
// document in that library, does not list: an unplaced file may be the master, or the library is
// not completely indexed.
func (r *run) mayHave(ctx context.Context, other masters.Library, doc masters.Document) (bool, error) {
	err := r.absence(other).Foresee(ctx, doc)
	u, open := errors.AsType[*Unproven](err)
	if open {
		return u.Code != CodeUndeclared, nil
	}
	return false, err
}
