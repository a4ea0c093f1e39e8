package intake

import (
	"context"
	"errors"
	"time"
)

// Store stores records. A Put that returns an error may still have stored the object. The caller may
// call Put again with the same arguments.
type Store interface {
	Put(ctx context.Context, key string, data []byte) error
}

// Queue holds messages for the function collect, which fetches the files. A Send that returns an error
// may still have put the message into the queue. The caller may send the message again.
type Queue interface {
	Send(ctx context.Context, message []byte) error
}

// The time limits for the steps of storing an event. They are short because the sender should get
// an answer within a second. Yet S3 has enough time: it answers 999 of 1000 calls within 100 ms.
const (
	// storeTimeout limits the storing of a record in S3, if the record is small enough to be sent
	// to the queue instead.
	storeTimeout = 800 * time.Millisecond
	// notifyTimeout limits the sending of the message about a stored record. If it is exceeded, a
	// sweep finds the record later.
	notifyTimeout = 700 * time.Millisecond
	inlineTimeout = 2 * time.Second
)

// persist makes a record durable: it stores the record in S3 and sends a message with the record's
// key. If S3 fails, it sends the whole record to the queue. If only the message with the key cannot
// be sent, a sweep finds the record later. The error joins the failures of all steps, so it can be
// non-nil although the record is durable.
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
		first = requestTimeout // S3 gets more time, because the record is too large for the queue
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

// notify sends the message about a stored record to the queue.
func (h *Handler) notify(ctx context.Context, key string) error {
	message, err := EncodeKey(key)
	if err != nil {
		return err
	}
	return within(ctx, notifyTimeout, func(ctx context.Context) error { return h.Queue.Send(ctx, message) })
}

// within runs a step with a context that ends after the time d.
func within(ctx context.Context, d time.Duration, step func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return step(ctx)
}
