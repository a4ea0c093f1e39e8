package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/request/affected"
)

// Store stores items. A read by id must return every acknowledged earlier write, and Save must
// compare and swap. A Store must not retry a write whose outcome it does not know; callers read
// again instead. [ledgertest.Run] tests this contract.
type Store interface {
	// Load returns the item with the id, or ErrNotFound.
	Load(ctx context.Context, id string) (Item, error)
	// Save writes the item if the stored version is item.Version-1; an absent item has version 0.
	// Otherwise it writes nothing and returns ErrStale.
	Save(ctx context.Context, item Item) error
	// BySlot returns at most limit items of a slot, the newest first. The list may lag behind
	// recent writes.
	BySlot(ctx context.Context, slot string, limit int) ([]Item, error)
	// ByDay returns at most limit items received on a UTC day ("2006-01-02"), the newest first. The
	// list may lag behind recent writes.
	ByDay(ctx context.Context, day string, limit int) ([]Item, error)
	// Overdue returns at most limit items that have not ended and whose requests expired before the
	// given time, the oldest first. The list may lag behind recent writes.
	Overdue(ctx context.Context, before time.Time, limit int) ([]Item, error)
}

// AffectedStore stores the names of the ads that wait for a request, outside of the request's item.
// [ledgertest.RunAffected] tests the contract.
type AffectedStore interface {
	// SaveAffected stores the names of a request's ads, and keeps them until the given time. If the
	// request already has names, SaveAffected changes nothing.
	SaveAffected(ctx context.Context, id string, names affected.Names, until time.Time) error
	// Affected returns the stored names by the requests' ids. A request without names is left out.
	// The result may lag behind recent writes.
	Affected(ctx context.Context, ids []string) (map[string]affected.Names, error)
}

// The errors that a Store must use. If the store itself fails, it may return any other error.
var (
	ErrNotFound = errors.New("ledger item absent")
	ErrStale    = errors.New("ledger item changed since it was read")
)

// MinLease is the shortest lease that leaves enough time for renewals to be answered.
const MinLease = time.Second

// Ledger applies transitions to stored items.
type Ledger struct {
	Store    Store
	Now      func() time.Time
	NewOwner func() string // returns a name that is unique to each run
	// Lease is how long a claim lasts without renewal. All users of the store must set the same
	// length, because the renewal times and the allowed clock skew depend on it. Zero means the
	// constant [Lease].
	Lease time.Duration
}

func (l *Ledger) lease() time.Duration { return cmp.Or(l.Lease, Lease) }

// clock returns the current time, the length of a lease and the invocation's deadline. No lease
// lasts beyond the deadline, because the invocation ends by then.
func (l *Ledger) clock(deadline time.Time) clock {
	return clock{now: l.Now(), deadline: deadline, lease: l.lease()}
}

// Claim claims a request for a run whose invocation ends at deadline; zero means no deadline. With
// ErrHeld, ErrQueued, ErrEnded and ErrConflict, Claim also returns a Hold: its Item can be read,
// but its steps fail. Any other error comes from the store.
func (l *Ledger) Claim(ctx context.Context, r Request, deadline time.Time) (*Hold, error) {
	return l.claim(ctx, r, deadline, false)
}

// ClaimQueued is Claim for the queue's worker, which may claim a queued request at once.
func (l *Ledger) ClaimQueued(ctx context.Context, r Request, deadline time.Time) (*Hold, error) {
	return l.claim(ctx, r, deadline, true)
}

func (l *Ledger) claim(ctx context.Context, r Request, deadline time.Time, fromQueue bool) (*Hold, error) {
	owner := l.NewOwner()
	item, err := l.change(ctx, r.ID, nil, func(i Item) (Item, error) {
		return i.claim(r, owner, fromQueue, l.clock(deadline))
	})
	hold := &Hold{
		ledger: l, deadline: deadline, run: run{owner: owner, fence: item.Fence},
		turn: make(chan struct{}, 1), item: item,
	}
	if err != nil {
		return hold, fmt.Errorf("claiming: %w", err)
	}
	return hold, nil
}

// Expire ends an open request after its expiry; before the expiry, it returns ErrOrder. Its other
// errors are ErrNotFound, ErrEnded, ErrHeld, and errors of the store.
func (l *Ledger) Expire(ctx context.Context, id string) (Item, error) {
	return l.change(ctx, id, nil, func(i Item) (Item, error) { return i.expire(l.clock(time.Time{})) })
}

// Look returns the current item of a request, or ErrNotFound.
func (l *Ledger) Look(ctx context.Context, id string) (Item, error) { return l.Store.Load(ctx, id) }

// Record stores an authentic body that cannot be used. The id is the hash of the body. Record
// reports whether the body was new.
func (l *Ledger) Record(ctx context.Context, id, destination, topic, detail string, size int) (bool, error) {
	fresh := false
	_, err := l.change(ctx, id, nil, func(i Item) (Item, error) {
		fresh = i.Version == 0
		if fresh {
			i = Item{ID: id, State: Malformed, Destination: destination, ReceivedAt: l.Now(), Code: "malformed"}
			i.Detail = cut(fmt.Sprintf("topic %.64q, %d bytes: %s", topic, size, detail))
		}
		i.Attempts++
		return i, nil
	})
	return fresh, err
}

// stamp compares the item with its earlier state, the parameter before. It sets the time of each
// step that was taken in between, and removes the time of each step that is no longer valid.
func (i *Item) stamp(before Item) {
	mark := func(at *time.Time, stands, stood bool) {
		switch {
		case !stands:
			*at = time.Time{}
		case !stood:
			*at = i.UpdatedAt
		}
	}
	mark(&i.ClaimedAt, i.Fence > 0, i.Fence == before.Fence)
	decided := i.Decision != nil
	mark(&i.DecidedAt, decided, decided && before.Decision != nil && *i.Decision == *before.Decision)
	mark(&i.UploadedAt, i.SHA256 != "", before.SHA256 != "")
	mark(&i.EndedAt, i.State.Ended(), before.State.Ended())
}

// maxSwaps is the largest number of tries to change an item by compare-and-swap. A try fails if
// another write changed the item first.
const maxSwaps = 50

// change applies the transition f to an item by compare-and-swap. The parameter known is the
// caller's copy of the item, or nil. If the copy is stale, change reads the item and calls f again.
// It returns the written item. If f refuses an item, change returns that item with the error.
func (l *Ledger) change(ctx context.Context, id string, known *Item, f func(Item) (Item, error)) (Item, error) {
	for range maxSwaps {
		if known == nil {
			item, err := l.Store.Load(ctx, id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				return Item{}, err
			}
			known = &item
		}
		next, err := f(*known)
		if err != nil {
			return *known, err
		}
		next.Version = known.Version + 1
		next.UpdatedAt = l.Now()
		next.stamp(*known)
		err = l.Store.Save(ctx, next)
		if err == nil {
			return next, nil
		}
		if !errors.Is(err, ErrStale) {
			return *known, err
		}
		known = nil
	}
	return Item{}, fmt.Errorf("%w: overtaken %d times", ErrStale, maxSwaps)
}
