package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
)

// Lease is how long a claim lasts without renewal. RenewEvery is how often a run that makes
// progress renews it. So another run takes over a crashed run's request within about a minute.
const (
	Lease      = 60 * time.Second
	RenewEvery = Lease / renewals
)

// QueueLease is how long only the queue's worker may claim a queued request.
const QueueLease = Lease

// Skew is the largest assumed difference between the clocks of two runs. A run waits this much
// longer before it claims a request after a lease.
const Skew = 5 * time.Second

// The numbers by which the length of a lease is divided.
const (
	renewals  = 3 // the number of renewals per lease
	skewShare = 4 // for a short lease, the skew is the lease divided by this number
)

// clock holds the time of a transition, and what limits a lease that starts then: the deadline and
// the lease's length.
type clock struct {
	now      time.Time
	deadline time.Time // when the invocation must end; zero means that there is no deadline
	lease    time.Duration
}

// leaseEnd returns the end of a lease that starts now. It is never after the deadline of the
// invocation.
func (c clock) leaseEnd() time.Time {
	if end := c.now.Add(c.lease); c.deadline.IsZero() || end.Before(c.deadline) {
		return end
	}
	return c.deadline
}

// skew returns Skew, or less if the lease is short.
func skew(lease time.Duration) time.Duration { return min(Skew, lease/skewShare) }

// The reasons why a transition is refused.
var (
	// ErrHeld means that another run holds the request. The caller should wait or try later.
	ErrHeld = errors.New("request held by another run")
	// ErrOtherLibrary means that a run for another library holds the request. It wraps ErrHeld.
	ErrOtherLibrary = fmt.Errorf("%w, for another library", ErrHeld)
	// ErrQueued means that the request is in the queue, whose worker will end it.
	ErrQueued = errors.New("request queued")
	// ErrEnded means that the request has ended; its item says how.
	ErrEnded = errors.New("request ended")
	// ErrConflict means that a different request with the same callback URL arrived before.
	ErrConflict = errors.New("request differs from the one with the same callback")
	// ErrFenced means that this run lost the request to another run. It must stop at once.
	ErrFenced = errors.New("request taken over by another run")
	// ErrDecided means that the request already has another decision.
	ErrDecided = errors.New("request already has another decision")
	// ErrUploads means that the request has had the largest allowed number of uploads.
	ErrUploads = fmt.Errorf("request has had all of its %d uploads", MaxUploads)
	// ErrOrder means that the step is not allowed in the current state.
	ErrOrder = errors.New("step out of order")
)

// run identifies the run that makes a transition.
type run struct {
	owner string
	fence int64
}

// claim makes owner the holder of a new or stored item. The queue's worker may claim a queued
// request at once; other runs may claim it after the lease.
func (i Item) claim(r Request, owner string, fromQueue bool, c clock) (Item, error) {
	switch {
	case i.Version == 0:
		i = Item{
			ID: r.ID, State: Claimed, Fingerprint: r.Fingerprint, Slot: r.Slot, Target: r.Target, StorageKey: r.StorageKey,
			Destination: r.Destination, Library: r.Library, ExpiresAt: r.ExpiresAt, ReceivedAt: c.now,
		}
	case i.Fingerprint != r.Fingerprint:
		return i, ErrConflict
	case i.State.Ended():
		return i, ErrEnded
	case i.Owner == owner: // this run's earlier claim succeeded, but its answer was lost
		return i, nil
	case i.Library != r.Library && i.Library != "":
		if !i.openToOthers(c) {
			return i, ErrOtherLibrary
		}
		i.Destination, i.Library = r.Destination, r.Library
	case i.State == Queued && fromQueue:
	case i.State == Queued && i.held(c):
		return i, ErrQueued
	case i.held(c):
		return i, ErrHeld
	}
	if i.State == Queued {
		i.State = Claimed
		if i.SHA256 != "" {
			i.State = Uploaded
		}
	}
	i.Owner, i.GaveWay = owner, false
	i.Fence++
	i.Attempts++
	i.LeaseUntil = c.leaseEnd()
	i.EventIDs = remember(i.EventIDs, r.EventID)
	return i, nil
}

// openToOthers reports whether a run for another library may claim the request. It may if there is
// no decision yet, and if the last run left the request to other libraries or its lease is over.
func (i Item) openToOthers(c clock) bool {
	return i.Decision == nil && (i.GaveWay && i.Owner == "" || !i.held(c))
}

// held reports whether a run's lease lasts, or ended so recently that another clock may still show
// it as lasting.
func (i Item) held(c clock) bool {
	return !i.LeaseUntil.IsZero() && c.now.Before(i.LeaseUntil.Add(skew(c.lease)))
}

// remember adds an event's id to the list ids. The ids are not signed, so the length of each id and
// of the list is limited.
func remember(ids []string, id string) []string {
	id = cut(id)
	if id == "" || len(id) > 256 || slices.Contains(ids, id) || len(ids) >= MaxEventIDs {
		return ids
	}
	return append(slices.Clone(ids), id)
}

// owned returns an error unless r holds the request. Every step after the claim checks it first.
func (i Item) owned(r run) error {
	if i.Owner != r.owner || i.Fence != r.fence {
		return ErrFenced
	}
	if i.State.Ended() {
		return ErrEnded
	}
	return nil
}

func (i Item) renew(r run, c clock) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	i.LeaseUntil = c.leaseEnd()
	return i, nil
}

// decide writes the decision. The same decision may be written again. Another decision may replace
// it only if its object is gone and nothing was uploaded. With the first decision to deliver,
// decide also sets the number of uploads to one, because an upload follows.
func (i Item) decide(r run, d Decision, gone bool) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	switch {
	case i.Decision == nil:
	case *i.Decision == d:
		return i, nil
	case !gone || i.State == Uploaded || i.Decision.Skip != "":
		return i, ErrDecided
	}
	i.Decision = &d
	if d.Skip == "" && i.Uploads == 0 {
		i.Uploads = 1
	}
	return i, nil
}

// beginUpload counts the nth upload before it starts.
func (i Item) beginUpload(r run, n int) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	switch {
	case i.Decision == nil || i.Decision.Skip != "":
		return i, ErrOrder
	case i.State == Uploaded:
		return i, ErrDecided
	case i.Uploads == n: // this run's earlier write succeeded, but its answer was lost
		return i, nil
	case n > MaxUploads:
		return i, ErrUploads
	}
	i.Uploads = n
	return i, nil
}

// giveWay allows runs for other libraries to claim the request once r gives it back. It removes a
// decision to deliver. If passed is true, it records that r's library has nothing to deliver. It
// returns ErrDecided after an upload or a decision to skip.
func (i Item) giveWay(r run, passed bool) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	if i.State == Uploaded || i.Decision != nil && i.Decision.Skip != "" {
		return i, ErrDecided
	}
	i.GaveWay, i.Decision = true, nil
	if passed && !slices.Contains(i.Passed, i.Library) {
		i.Passed = append(slices.Clone(i.Passed), i.Library)
	}
	return i, nil
}

// uploaded writes the checkpoint, after which no run uploads again.
func (i Item) uploaded(r run, sha256 string) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	if i.Decision == nil || i.Decision.Skip != "" {
		return i, ErrOrder
	}
	if i.State == Uploaded && i.SHA256 != sha256 {
		return i, ErrDecided
	}
	i.State, i.SHA256 = Uploaded, sha256
	return i, nil
}

// Outcome is how a request ends.
type Outcome struct {
	State       State
	Code        string // a stable word for machines: why the request ended
	Detail      string // a sentence for people, without URLs
	Unconfirmed bool
}

func (i Item) settle(r run, o Outcome) (Item, error) {
	if o.State.Ended() && i.State == o.State && i.Owner == r.owner && i.Fence == r.fence {
		return i, nil // this run's earlier write succeeded, but its answer was lost
	}
	if err := i.owned(r); err != nil {
		return i, err
	}
	ready := o.State.Ended()
	switch o.State {
	case Delivered:
		ready = i.State == Uploaded
	case Skipped:
		ready = i.Decision != nil && i.Decision.Skip != ""
	}
	if !ready {
		return i, ErrOrder
	}
	i.State, i.Code, i.Detail, i.Unconfirmed = o.State, cut(o.Code), cut(o.Detail), o.Unconfirmed
	i.LeaseUntil = time.Time{}
	return i, nil
}

// release gives the request back without an end, so that the next run may claim it at once.
func (i Item) release(r run, code, detail string) (Item, error) {
	if i.givenBack(r) && i.State != Queued {
		return i, nil // this run's earlier write succeeded, but its answer was lost
	}
	if err := i.owned(r); err != nil {
		return i, err
	}
	i.Owner, i.LeaseUntil = "", time.Time{}
	i.Code, i.Detail = cut(code), cut(detail)
	return i, nil
}

// givenBack reports whether r was the last run to hold the item, and gave the item back while it
// was still open.
func (i Item) givenBack(r run) bool {
	return i.Owner == "" && i.Fence == r.fence && !i.State.Ended()
}

// queue leaves the request to the queue. For the length of a lease, only the queue's worker may
// claim the request. An uploaded item keeps its digest.
func (i Item) queue(r run, code, detail string, c clock) (Item, error) {
	if i.givenBack(r) && i.State == Queued {
		return i, nil // this run's earlier write succeeded, but its answer was lost
	}
	if err := i.owned(r); err != nil {
		return i, err
	}
	i.State, i.Owner, i.LeaseUntil = Queued, "", c.now.Add(c.lease)
	i.Code, i.Detail = cut(code), cut(detail)
	return i, nil
}

// expire ends a request that no run ended in time. It returns ErrHeld while a run holds the
// request, because that run must end it. If bytes were uploaded, the platform may have accepted a
// callback whose answer was lost, so the end is marked as unconfirmed.
func (i Item) expire(c clock) (Item, error) {
	switch {
	case i.Version == 0:
		return i, ErrNotFound
	case i.State.Ended():
		return i, ErrEnded
	case c.now.Before(i.ExpiresAt):
		return i, ErrOrder
	case i.State != Queued && i.held(c):
		return i, ErrHeld
	}
	i.Unconfirmed = i.SHA256 != ""
	i.State, i.LeaseUntil = Expired, time.Time{}
	i.Detail = cut("left open past its deadline: " + i.Code + " " + i.Detail)
	i.Code = "overdue"
	return i, nil
}

// cut shortens text for an item: it reduces URLs to their hosts, limits the length, and removes
// invalid UTF-8.
func cut(s string) string {
	s = capability.Redact(s)
	return strings.ToValidUTF8(s[:min(len(s), maxDetail)], "")
}
