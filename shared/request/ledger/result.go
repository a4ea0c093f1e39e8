package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Class says what became of a request, as the platform reports it in a result event.
type Class string

// The classes of results.
const (
	ClassFulfilled Class = "fulfilled"
	ClassRejected  Class = "rejected"
	ClassTimedOut  Class = "timeout"
)

// Verdict is a result of the platform, in the form that the ledger compares. A field that the
// result does not state is empty.
type Verdict struct {
	Class       Class
	Destination string // the name of the destination that received the result
	Library     string // the name of the library of the destination that received the result
	StorageKey  string
	SHA256      string // the hash in hex of the bytes that the platform has
	Aspect      string // the aspect in the result: the requested one, or for a family the delivered one; "" if none
	Family      string // the family that the request names; "" if not stated
	// ReasonFamily is the placement family that a rejection's reason names, such as feed in
	// "aspect_ratio_not_accepted_for_feed".
	ReasonFamily string
	RequestedAt  time.Time
	ExpiredAt    time.Time
	// NotAvailable is set if the platform rejected the request only because we skipped it, not because
	// of bytes that we delivered.
	NotAvailable bool
	Raw          json.RawMessage // the whole body of the result
}

// The errors of Resolve for a result that changes no request.
var (
	// ErrUnmatched means that the result matches no request, or several.
	ErrUnmatched = errors.New("result matches no request for certain")
	// ErrKept means that the same result was stored before as unmatched.
	ErrKept = errors.New("result was kept before")
)

func unmatched(why string) error { return fmt.Errorf("%w: %s", ErrUnmatched, why) }

// recent is the largest number of a slot's requests that a result is compared with.
const recent = 100

// Resolve finds the one request of the slot that the result matches, and applies the result to it.
// The value ends reports whether that ended the request. If the same result comes again, Resolve
// changes nothing and returns the same item.
//
// If the result does not match exactly one request, Resolve stores it in a separate item. It
// returns that item with ErrUnmatched, and when the result comes again, with ErrKept. All other
// errors come from the store.
func (l *Ledger) Resolve(ctx context.Context, slot string, v Verdict) (item Item, ends bool, err error) {
	v.Raw = keepable(v.Raw)
	requests, err := l.candidates(ctx, slot, v)
	if err != nil {
		return Item{}, false, err
	}
	for _, i := range requests {
		if bytes.Equal(i.Result, v.Raw) {
			return i, false, v.repeats(i)
		}
	}
	id := v.id()
	switch kept, err := l.Store.Load(ctx, id); {
	case err == nil:
		return kept, false, errors.Join(ErrKept, v.repeats(kept))
	case !errors.Is(err, ErrNotFound):
		return Item{}, false, err
	}
	request, err := v.choose(requests, l.clock(time.Time{}))
	if err == nil {
		request, err = l.change(ctx, request.ID, nil, func(i Item) (Item, error) {
			next, err := i.resolve(v, l.clock(time.Time{}))
			ends = next.State.Ended() && !i.State.Ended()
			return next, err
		})
	}
	if !errors.Is(err, ErrUnmatched) {
		return request, ends && err == nil, err
	}
	kept, keepErr := l.keep(ctx, id, v, err)
	if keepErr != nil {
		return Item{}, false, keepErr
	}
	return kept, false, err
}

// candidates returns the slot's requests with the same destination and library as the result. The
// store's index may lag, so candidates reads each request that has no result again by its id.
func (l *Ledger) candidates(ctx context.Context, slot string, v Verdict) ([]Item, error) {
	listed, err := l.Store.BySlot(ctx, slot, recent)
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, i := range listed {
		if i.Destination != v.Destination || i.Library != v.Library {
			continue
		}
		if i.Result == nil {
			if i, err = l.Store.Load(ctx, i.ID); errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		items = append(items, i)
	}
	return items, nil
}

// id returns the id of the item that stores an unmatched result. The id does not depend on the
// class, because the class comes from the topic, which is not signed: the same bytes with another
// topic must find the stored item.
func (v Verdict) id() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q %q ", v.Destination, v.Library)
	h.Write(v.Raw)
	return "res#" + hex.EncodeToString(h.Sum(nil))
}

// repeats returns an error if the item already stores the bytes of v with another class. An item
// that older code wrote has no class and causes no error.
func (v Verdict) repeats(i Item) error {
	if i.ResultClass == "" || i.ResultClass == v.Class {
		return nil
	}
	return unmatched(fmt.Sprintf("the same bytes came before as %s", i.ResultClass))
}

// keep stores a result that does not match exactly one request.
func (l *Ledger) keep(ctx context.Context, id string, v Verdict, why error) (Item, error) {
	return l.change(ctx, id, nil, func(i Item) (Item, error) {
		if i.Version == 0 {
			i = Item{
				ID: id, State: Unmatched, Destination: v.Destination, Library: v.Library, StorageKey: v.StorageKey,
				ReceivedAt: l.Now(), Code: string(v.Class), Detail: cut(why.Error()), Result: v.Raw, ResultClass: v.Class,
			}
		}
		i.Attempts++
		return i, nil
	})
}

// resolve stores the verdict in the item. It changes the item's outcome only in these cases, in
// which the platform knows more than the ledger:
//   - a fulfilment with the hash of our upload confirms the delivery
//   - a fulfilment with another hash supersedes a delivery
//   - a fulfilment of an open request without an upload shows that another source fulfilled it
//   - a rejection of uploaded bytes shows that they were delivered
//   - a time-out ends an open request
func (i Item) resolve(v Verdict, c clock) (Item, error) {
	if bytes.Equal(i.Result, v.Raw) {
		return i, v.repeats(i) // the request already has this result, so nothing changes
	}
	if !v.fits(i, c) {
		return i, unmatched("the request has changed meanwhile")
	}
	i.Result, i.ResultClass = v.Raw, v.Class
	ours := v.SHA256 != "" && v.SHA256 == i.SHA256
	switch {
	case v.Class == ClassRejected && i.uploadDone():
		i.State, i.LeaseUntil = Delivered, time.Time{}
	case v.Class == ClassTimedOut && !i.State.Ended():
		i.State, i.Code, i.Detail, i.LeaseUntil = Expired, codePlatform, "", time.Time{}
	case v.Class != ClassFulfilled:
	case ours && i.uploadDone():
		i.State, i.Unconfirmed, i.LeaseUntil = Delivered, false, time.Time{}
	case ours:
		i.Unconfirmed = false
	case v.SHA256 != "" && i.State == Delivered:
		i.State = Superseded
	case !i.State.Ended() && (v.SHA256 != "" || !i.uploadDone()):
		i.State, i.Code, i.Detail, i.LeaseUntil = FulfilledElsewhere, codePlatform, "", time.Time{}
	}
	return i, nil
}

// codePlatform is the code of a request that was ended by a result of the platform.
const codePlatform = "platform_said_so"

// uploadDone reports whether the bytes are uploaded and the request is still open.
func (i Item) uploadDone() bool { return i.State == Uploaded || i.State == Queued && i.SHA256 != "" }
