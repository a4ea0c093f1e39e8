package platform

import (
	"encoding/json"
	"slices"
)

// evidence holds the members by which results of different topics differ. They may be at the top of
// a body or in its member fulfillment.
type evidence struct {
	StorageKey  json.RawMessage `json:"storageKey"`
	ContentHash json.RawMessage `json:"contentHash"`
	Channel     json.RawMessage `json:"deliveryChannel"`
	Reason      json.RawMessage `json:"reason"`
	RequestedAt json.RawMessage `json:"requestedAt"`
	ExpiredAt   json.RawMessage `json:"expiredAt"`
	ExpiresAt   json.RawMessage `json:"expiresAt"`
}

// confirms reports whether a body has the members that a result with this topic must have:
//   - a rejection has a reason; the other results have none
//   - a fulfilment has a hash or a channel, or else a storage key without a time
//   - a time-out has a time, but neither a hash nor a channel
//
// So no body fits two topics.
func confirms(topic string, body []byte, s shape) bool {
	var outer, inner evidence
	_ = json.Unmarshal(body, &outer)          // the error is ignored: the function decode has already accepted the body
	_ = json.Unmarshal(s.Fulfillment, &inner) // the error is ignored: a value that is not an object states nothing
	reason := stated(outer.Reason, inner.Reason)
	delivery := stated(outer.ContentHash, inner.ContentHash, outer.Channel, inner.Channel)
	timed := stated(outer.RequestedAt, inner.RequestedAt, outer.ExpiredAt, inner.ExpiredAt, outer.ExpiresAt, inner.ExpiresAt)
	switch topic {
	case TopicRejected:
		return reason
	case TopicFulfilled:
		return !reason && (delivery || !timed && stated(outer.StorageKey, inner.StorageKey))
	}
	return !reason && !delivery && timed
}

// stated reports whether at least one of the members is present and not empty.
func stated(members ...json.RawMessage) bool {
	return slices.ContainsFunc(members, func(m json.RawMessage) bool {
		return len(m) > 0 && string(m) != "null" && string(m) != `""`
	})
}
