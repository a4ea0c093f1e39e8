package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"masterhand/shared/kit/capability"
)

// Verdict is what the platform says became of a request.
type Verdict struct {
	State  State  // FulfilledElsewhere, Failed (rejected) or Expired (timed out)
	SHA256 string // hex, of what it took; "" where it does not say
	Reason string
	// Refused says that the platform looked at the bytes that were delivered, and will
	// not have them.
	Refused    bool
	StorageKey string // "" where it does not say
	Raw        json.RawMessage
}

// meant reports whether the verdict may be on the item: the coordinates are the same,
// so a storage key that both know decides.
func (v Verdict) meant(i Item) bool {
	return v.StorageKey == "" || i.StorageKey == "" || v.StorageKey == i.StorageKey
}

// recent bounds how many requests of a slot a result is held against.
const recent = 25

// Resolve applies the platform's verdict to the newest request of the slot that has
// none yet. The same verdict again changes nothing, even if there is a newer request by
// then: it comes back with the item that has it. It returns the item as it then stands,
// or ErrNotFound where no request is meant.
func (l *Ledger) Resolve(ctx context.Context, slot string, v Verdict) (Item, error) {
	items, err := l.Store.BySlot(ctx, slot, recent)
	if err != nil {
		return Item{}, err
	}
	items = slices.DeleteFunc(items, func(i Item) bool { return !v.meant(i) })
	v.Raw = keepable(v.Raw)
	for _, item := range items {
		if bytes.Equal(item.Result, v.Raw) {
			return item, nil
		}
	}
	for _, item := range items {
		if item.Result == nil {
			return l.change(ctx, item.ID, nil, func(i Item) (Item, error) { return i.resolve(v), nil })
		}
	}
	return Item{}, ErrNotFound
}

// resolve keeps the verdict beside the outcome, and lets it change the outcome only
// where it knows better: an open request is over (an uploaded one delivered, if its bytes
// were taken or looked at), an unconfirmed delivery is confirmed, one that the platform
// fulfilled with other bytes is superseded.
func (i Item) resolve(v Verdict) Item {
	i.Result = v.Raw
	ours := v.SHA256 == "" || v.SHA256 == i.SHA256
	switch {
	case i.State == Uploaded && (v.State == FulfilledElsewhere && ours || v.Refused):
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

// keepable returns a result as an item keeps it: in one spelling, no URL in it, and not
// beyond its size.
func keepable(raw json.RawMessage) json.RawMessage {
	var content any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&content) != nil {
		return json.RawMessage(`{"omitted":"no JSON"}`)
	}
	clean, err := json.Marshal(redacted(content))
	if err != nil || len(clean) > MaxResult {
		return json.RawMessage(`{"omitted":"over 16 KiB"}`)
	}
	return clean
}

// redacted returns decoded JSON with every text in it redacted.
func redacted(content any) any {
	switch content := content.(type) {
	case string:
		return capability.Redact(content)
	case []any:
		for i, element := range content {
			content[i] = redacted(element)
		}
	case map[string]any:
		clean := make(map[string]any, len(content))
		for name, value := range content {
			clean[capability.Redact(name)] = redacted(value)
		}
		return clean
	}
	return content
}
