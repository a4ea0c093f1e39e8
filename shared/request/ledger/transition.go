package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
)

// Lease is how long a claim holds without renewal, RenewEvery how often a run that
// makes progress renews it: a crashed run is taken over within a minute.
const (
	Lease      = 60 * time.Second
	RenewEvery = Lease / renewals
)

// QueueLease is how long a queued request is the queue worker's alone.
const QueueLease = Lease

// Skew is how far clocks of two runs may differ: a lapsed lease is left alone this
// much longer.
const Skew = 5 * time.Second

// The parts of a lease.
const (
	renewals  = 3 // of them in the time of one lease
	skewShare = 4 // of a short lease one part in this many is left for skew
)

// clock is what a transition goes by.
type clock struct {
	now      time.Time
	deadline time.Time // the process that makes it ends then; zero is never
	lease    time.Duration
}

// leaseEnd is a lease from now, never past the end of the process that takes it.
func (c clock) leaseEnd() time.Time {
	if end := c.now.Add(c.lease); c.deadline.IsZero() || end.Before(c.deadline) {
		return end
	}
	return c.deadline
}

// skew is Skew, less where the lease is short.
func skew(lease time.Duration) time.Duration { return min(Skew, lease/skewShare) }

// The reasons why a transition is refused.
var (
	// ErrHeld: another run holds the request; wait or come back.
	ErrHeld = errors.New("request held by another run")
	// ErrOtherLibrary: a run for another library holds the request. It wraps ErrHeld.
	ErrOtherLibrary = fmt.Errorf("%w, for another library", ErrHeld)
	// ErrQueued: the queue owns the request, and its worker will end it.
	ErrQueued = errors.New("request queued")
	// ErrEnded: the request is over; its item tells how.
	ErrEnded = errors.New("request ended")
	// ErrConflict: the same callback, but another question.
	ErrConflict = errors.New("request differs from the one with the same callback")
	// ErrFenced: this run lost the request to another; it must stop at once.
	ErrFenced = errors.New("request taken over by another run")
	// ErrDecided: another decision stands.
	ErrDecided = errors.New("request decided otherwise before")
	// ErrUploads: as many uploads as a request may have were begun.
	ErrUploads = fmt.Errorf("request had its %d uploads", MaxUploads)
	// ErrOrder: a step that does not follow from the state.
	ErrOrder = errors.New("step out of order")
)

// run is who makes a transition.
type run struct {
	owner string
	fence int64
}

// claim makes r's owner the holder of the item, new or not. A queued request is
// open to the queue's worker at once and to others when its lease is over.
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
	case i.Owner == owner: // our own write, whose answer was lost
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

// openToOthers reports whether a run for another library may claim the request: nothing is
// decided yet, and the last run gave way or its lease is over.
func (i Item) openToOthers(c clock) bool {
	return i.Decision == nil && (i.GaveWay && i.Owner == "" || !i.held(c))
}

// held reports whether somebody's lease runs, or ended too recently to be sure.
func (i Item) held(c clock) bool {
	return !i.LeaseUntil.IsZero() && c.now.Before(i.LeaseUntil.Add(skew(c.lease)))
}

// remember keeps an event's id, which nobody signed.
func remember(ids []string, id string) []string {
	id = cut(id)
	if id == "" || len(id) > 256 || slices.Contains(ids, id) || len(ids) >= MaxEventIDs {
		return ids
	}
	return append(slices.Clone(ids), id)
}

// owned is the guard of every step after the claim.
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

// decide writes the decision. A standing one may only be repeated, or replaced by
// another delivery where its object is gone and nothing was uploaded. The first delivery that is
// decided counts the upload that follows it.
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

// beginUpload counts the nth whole upload, which is about to begin.
func (i Item) beginUpload(r run, n int) (Item, error) {
	if err := i.owned(r); err != nil {
		return i, err
	}
	switch {
	case i.Decision == nil || i.Decision.Skip != "":
		return i, ErrOrder
	case i.State == Uploaded:
		return i, ErrDecided
	case i.Uploads == n: // our own write, whose answer was lost
		return i, nil
	case n > MaxUploads:
		return i, ErrUploads
	}
	i.Uploads = n
	return i, nil
}

// giveWay opens the request to copies for other libraries once r gives it back. passed
// states that nothing in r's library can be delivered. A delivery whose object is gone is
// no decision any more, unless bytes were uploaded.
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

// uploaded is the checkpoint after which nothing is uploaded again.
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
	Code        string // a word for machines
	Detail      string // a sentence for people; no URLs
	Unconfirmed bool
}

func (i Item) settle(r run, o Outcome) (Item, error) {
	if o.State.Ended() && i.State == o.State && i.Owner == r.owner && i.Fence == r.fence {
		return i, nil // our own write, whose answer was lost
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

// release gives the request back unended: the next run may claim it at once.
func (i Item) release(r run, code, detail string) (Item, error) {
	if i.givenBack(r) && i.State != Queued {
		return i, nil // our own write, whose answer was lost
	}
	if err := i.owned(r); err != nil {
		return i, err
	}
	i.Owner, i.LeaseUntil = "", time.Time{}
	i.Code, i.Detail = cut(code), cut(detail)
	return i, nil
}

// givenBack reports that r was the last to hold the item and gave it back unended.
func (i Item) givenBack(r run) bool {
	return i.Owner == "" && i.Fence == r.fence && !i.State.Ended()
}

// queue leaves the request to the queue, whose worker has a lease's time to come for it.
// What was uploaded stays so.
func (i Item) queue(r run, code, detail string, c clock) (Item, error) {
	if i.givenBack(r) && i.State == Queued {
		return i, nil // our own write, whose answer was lost
	}
	if err := i.owned(r); err != nil {
		return i, err
	}
	i.State, i.Owner, i.LeaseUntil = Queued, "", c.now.Add(c.lease)
	i.Code, i.Detail = cut(code), cut(detail)
	return i, nil
}

// expire ends a request that nobody ended in its time. Whoever holds it ends it himself.
// After an upload the callback may have been taken, with its answer lost.
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

// cut makes text fit for an item: URLs reduced to their hosts, valid, and not too long.
func cut(s string) string {
	s = capability.Redact(s)
	return strings.ToValidUTF8(s[:min(len(s), maxDetail)], "")
}
