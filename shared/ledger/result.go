package ledger

import (
	"context"
	"encoding/json"
	"regexp"
	"time"
)

// Verdict is what the platform says became of a request.
type Verdict struct {
	State  State  // FulfilledElsewhere, Failed (rejected) or Expired (timed out)
	SHA256 string // hex, of what it took; "" where it does not say
	Reason string
	Raw    json.RawMessage
	Began  time.Time // only a request received before is meant; zero is any
}

// recent bounds how many requests of a slot a result is held against.
const recent = 25

// Resolve applies the platform's verdict to the newest request of the slot that is
// open, unconfirmed or delivered without a result yet. It returns the item as it then
// stands, or ErrNotFound where no request is meant.
func (l *Ledger) Resolve(ctx context.Context, slot string, v Verdict) (Item, error) {
	items, err := l.Store.BySlot(ctx, slot, recent)
	if err != nil {
		return Item{}, err
	}
	for _, item := range items {
		if item.Result != nil || !v.Began.IsZero() && item.ReceivedAt.After(v.Began) {
			continue
		}
		return l.change(ctx, item.ID, nil, func(i Item) (Item, error) { return i.resolve(v), nil })
	}
	return Item{}, ErrNotFound
}

// resolve keeps the verdict beside the outcome, and lets it change the outcome only
// where it knows better: an open request is over, an unconfirmed delivery is confirmed,
// one that the platform fulfilled with other bytes is superseded.
func (i Item) resolve(v Verdict) Item {
	i.Result = keepable(v.Raw)
	ours := v.SHA256 == "" || v.SHA256 == i.SHA256
	switch {
	case !i.State.Ended() && v.State == FulfilledElsewhere && i.State == Uploaded && ours:
		i.State, i.LeaseUntil = Delivered, time.Time{}
	case !i.State.Ended():
		i.State, i.LeaseUntil = v.State, time.Time{}
		i.Code, i.Detail = "platform_said_so", cut(v.Reason)
	case i.State == Delivered && v.State == FulfilledElsewhere && !ours:
		i.State = Superseded
	case v.State == FulfilledElsewhere && ours:
		i.Unconfirmed = false
	}
	return i
}

// keepable returns a result as an item keeps it: no URL, and not beyond its size.
func keepable(raw json.RawMessage) json.RawMessage {
	clean := json.RawMessage(address.ReplaceAll(raw, []byte("$1/[redacted]")))
	if len(clean) > MaxResult || !json.Valid(clean) {
		return json.RawMessage(`{"omitted":"over 16 KiB"}`)
	}
	return clean
}

// address finds URLs; what it keeps of one is scheme and host.
var address = regexp.MustCompile(`(https?:(?:\\?/){2}[^/\\\s"'<>?#@]*)[^\s"'<>]*`)
