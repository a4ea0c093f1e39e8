package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/request/affected"
)

// Store keeps items. The contract: reads by id see every write that was
// acknowledged before; Save is a compare-and-swap. A Store does not retry what it
// cannot tell was not done; callers read again. [ledgertest.Run] proves it.
type Store interface {
	// Load returns the item, or ErrNotFound.
	Load(ctx context.Context, id string) (Item, error)
	// Save writes item if the stored version is item.Version-1, where an absent item
	// has version 0; otherwise ErrStale and nothing is written.
	Save(ctx context.Context, item Item) error
	// BySlot returns at most limit items of a slot, newest first. It may lag behind.
	BySlot(ctx context.Context, slot string, limit int) ([]Item, error)
	// ByDay returns at most limit items received on a UTC day ("2006-01-02"), newest
	// first. It may lag behind.
	ByDay(ctx context.Context, day string, limit int) ([]Item, error)
	// Overdue returns at most limit items that have not ended and whose request expired
	// before the given time, the oldest first. It may lag behind.
	Overdue(ctx context.Context, before time.Time, limit int) ([]Item, error)
}

// AffectedStore keeps the names of the ads that wait for a request, beside its item.
// [ledgertest.RunAffected] proves the contract.
type AffectedStore interface {
	// SaveAffected keeps the names until a time, unless the request has some already.
	SaveAffected(ctx context.Context, id string, names affected.Names, until time.Time) error
	// Affected returns the names of the requests that have some, by the requests' ids. It may
	// lag behind.
	Affected(ctx context.Context, ids []string) (map[string]affected.Names, error)
}

// What a Store answers beside faults of its own.
var (
	ErrNotFound = errors.New("ledger item absent")
	ErrStale    = errors.New("ledger item changed since it was read")
)

// MinLease is the shortest lease that leaves its renewals time to be answered.
const MinLease = time.Second

// Ledger makes transitions durable.
type Ledger struct {
	Store    Store
	Now      func() time.Time
	NewOwner func() string // unique for each run
	// Lease is how long a claim holds without renewal, the same for all who share the
	// store; renewals and skew go by it. Zero: [Lease].
	Lease time.Duration
}

func (l *Ledger) lease() time.Duration { return cmp.Or(l.Lease, Lease) }

// clock is what a step goes by that is taken now, in a process that ends at deadline.
func (l *Ledger) clock(deadline time.Time) clock {
	return clock{now: l.Now(), deadline: deadline, lease: l.lease()}
}

// Claim takes a request for a run that ends before deadline (the process's own; zero
// is none). Errors: ErrHeld, ErrQueued, ErrEnded and ErrConflict, each with the item as
// it stands in a Hold that may only be looked at; faults of the store.
func (l *Ledger) Claim(ctx context.Context, r Request, deadline time.Time) (*Hold, error) {
	return l.claim(ctx, r, deadline, false)
}

// ClaimQueued is Claim for the queue's worker, to whom a queued request is open at once.
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

// Expire ends a request that is open past its expiry. Errors: ErrNotFound, ErrEnded,
// ErrHeld, ErrOrder before the expiry, faults of the store.
func (l *Ledger) Expire(ctx context.Context, id string) (Item, error) {
	return l.change(ctx, id, nil, func(i Item) (Item, error) { return i.expire(l.clock(time.Time{})) })
}

// Look returns a request's item as it stands, or ErrNotFound.
func (l *Ledger) Look(ctx context.Context, id string) (Item, error) { return l.Store.Load(ctx, id) }

// Record writes down an authentic body that cannot be used, once; id is its hash.
// It reports whether it was new.
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

// stamp notes which steps the item has taken since it was read.
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

// maxSwaps bounds the repeats of a swap that others keep overtaking. Each repeat
// means that somebody else's write succeeded.
const maxSwaps = 50

// change applies a transition to the item by compare-and-swap. It begins with known,
// where the caller has a copy that is likely current, and reads when that is stale. The
// item returned is the one written,
// or with an error the one that was refused.
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
