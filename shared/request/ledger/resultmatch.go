package ledger

import (
	"slices"
	"time"

	"masterhand/shared/library/creative"
)

// choose returns the one request that the result matches. It compares all fields that both the
// result and the request state. If none or several match, the error wraps ErrUnmatched and says
// why.
func (v Verdict) choose(items []Item, c clock) (Item, error) {
	left := slices.DeleteFunc(slices.Clone(items), func(i Item) bool { return !v.fits(i, c) })
	for _, names := range []func(Item) bool{v.sameHash, v.sameExpiry} {
		if slices.ContainsFunc(left, names) {
			left = slices.DeleteFunc(left, func(i Item) bool { return !names(i) })
		}
	}
	switch {
	case len(left) == 0:
		return Item{}, unmatched("it fits no request of this slot that still lacks a result")
	case len(left) > 1:
		return Item{}, unmatched("it fits several requests")
	}
	return left[0], nil
}

// fits reports whether the result may be about the request in its current state. If both state a
// field, the values must agree. If the request is open, the result must name it exactly. Only a
// result of the class ClassTimedOut may also fit an open request that no run holds.
func (v Verdict) fits(i Item, c clock) bool {
	if i.Result != nil || i.Destination != v.Destination || i.Library != v.Library || !v.fitsTarget(i) {
		return false
	}
	if v.StorageKey != "" && !v.sameKey(i) {
		return false
	}
	named := v.sameKey(i) || v.sameHash(i)
	switch v.Class {
	case ClassFulfilled:
		return (named || v.SHA256 == "") && (named || i.State.Ended())
	case ClassRejected:
		return v.fitsRejected(i) && (named || i.State.Ended())
	case ClassTimedOut:
		return v.fitsExpired(i, c) && (named || v.sameExpiry(i) || i.State.Ended() || !i.held(c))
	}
	return false
}

func (v Verdict) sameKey(i Item) bool  { return v.StorageKey != "" && v.StorageKey == i.StorageKey }
func (v Verdict) sameHash(i Item) bool { return v.SHA256 != "" && v.SHA256 == i.SHA256 }

// sameExpiry reports whether the result states the request's expiry. The platform states it in
// whole seconds.
func (v Verdict) sameExpiry(i Item) bool {
	return !v.ExpiredAt.IsZero() && v.ExpiredAt.Truncate(time.Second).Equal(i.ExpiresAt.Truncate(time.Second))
}

// fitsRejected reports whether the rejection may be about the request. A rejection that repeats our
// skip fits only a request that we skipped. Any other rejection fits only a request whose bytes we
// uploaded.
func (v Verdict) fitsRejected(i Item) bool {
	if v.NotAvailable {
		return i.State == Skipped || !i.State.Ended() && i.Decision != nil && i.Decision.Skip != ""
	}
	return (i.State == Delivered || i.uploadDone() || i.State == Expired && i.SHA256 != "") && (v.SHA256 == "" || v.sameHash(i))
}

// fitsExpired reports whether a result of the class ClassTimedOut may be about the request. The
// request must have expired. Its expiry must not be later than the expiry in the result, if the
// result states one. It must not have arrived before the time at which the platform asked, if the
// result states that time.
func (v Verdict) fitsExpired(i Item, c clock) bool {
	switch {
	case i.ExpiresAt.IsZero(), c.now.Before(i.ExpiresAt):
		return false
	case !v.ExpiredAt.IsZero() && v.ExpiredAt.Before(i.ExpiresAt.Truncate(time.Second)):
		return false
	}
	return v.RequestedAt.IsZero() || !i.ReceivedAt.Before(v.RequestedAt.Add(-maxClockError))
}

// maxClockError is the largest assumed difference between the platform's clock and ours.
const maxClockError = time.Minute

// fitsTarget reports whether the aspect and the family in the result agree with the request. A
// result states the requested aspect or, for a family, the delivered aspect. Even if an exact
// aspect was requested, the reason in the result may name a family.
func (v Verdict) fitsTarget(i Item) bool {
	if i.Target == "" {
		return true
	}
	if _, err := creative.ParseAspect(i.Target); err == nil { // the request names an exact aspect
		switch {
		case v.Family != "":
			return false
		case v.Aspect != "":
			return v.Aspect == i.Target
		}
		return v.ReasonFamily == "" || v.sameKey(i)
	}
	switch {
	case v.Family != "" && v.Family != i.Target, v.ReasonFamily != "" && v.ReasonFamily != i.Target:
		return false
	case v.Aspect == "", v.Family != "", v.ReasonFamily != "":
		return true
	case i.Decision != nil && i.Decision.Aspect != "":
		return v.Aspect == i.Decision.Aspect
	}
	accepted := creative.Family(i.Target).Aspects()
	return len(accepted) == 0 || slices.Contains(accepted, creative.Aspect(v.Aspect))
}
