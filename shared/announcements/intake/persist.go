package intake

import (
	"context"
	"errors"
	"time"
)

// Store holds records. A Put that fails may have stored the object all the same, and
// may be repeated.
type Store interface {
	Put(ctx context.Context, key string, data []byte) error
}

// Queue holds messages for collect, which fetches the files. A Send that fails may have stored the
// message all the same, and may be repeated.
type Queue interface {
	Send(ctx context.Context, message []byte) error
}

// How long the parts of keeping an event may take, of the second in which its sender
// should be answered. S3 answers within 100 ms but for one in a thousand times.
const (
	storeTimeout  = 800 * time.Millisecond // while the queue could take the record instead
	notifyTimeout = 700 * time.Millisecond // of the message of a stored record, which is also found without
	inlineTimeout = 2 * time.Second
)

// persist makes a record durable: in the store, with a message that it is there; or else
// in the queue, whole. A stored record without a message is found by who sweeps the
// store. The error is of all that failed, even where something did not.
func (h *Handler) persist(ctx context.Context, r Record) (Durability, error) {
	data, err := Encode(r)
	if err != nil {
		return Durability{}, err
	}
	inline, err := EncodeInline(data)
	if err != nil {
		return Durability{}, err
	}
	first := storeTimeout
	if inline == nil {
		first = requestTimeout // nothing else can take it
	}
	notStored := within(ctx, first, func(ctx context.Context) error { return h.Store.Put(ctx, r.Key(), data) })
	if notStored == nil {
		err := h.notify(ctx, r.Key())
		return Durability{Stored: true, Queued: err == nil}, err
	}
	var notQueued error
	if inline != nil {
		notQueued = within(ctx, inlineTimeout, func(ctx context.Context) error { return h.Queue.Send(ctx, inline) })
		if notQueued == nil {
			return Durability{Queued: true}, notStored
		}
	}
	if err := h.Store.Put(ctx, r.Key(), data); err != nil {
		return Durability{}, errors.Join(err, notQueued)
	}
	return Durability{Stored: true}, errors.Join(notStored, notQueued)
}

// notify tells the queue of a stored record.
func (h *Handler) notify(ctx context.Context, key string) error {
	message, err := EncodeKey(key)
	if err != nil {
		return err
	}
	return within(ctx, notifyTimeout, func(ctx context.Context) error { return h.Queue.Send(ctx, message) })
}

// within gives a step some of the time that is left.
func within(ctx context.Context, d time.Duration, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return step(ctx)
}
