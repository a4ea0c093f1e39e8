package coverage

import (
	"slices"
	"strings"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/request/ledger"
)

// Ask is a request as the ledger remembers it.
type Ask struct {
	Slot    creative.Slot
	Answer  creative.Aspect // that was delivered; "" where nothing was
	Skipped bool
	At      time.Time
}

// AskOf reads a request of the ledger; ok is false for what is none, as a malformed one.
func AskOf(i ledger.Item) (a Ask, ok bool) {
	slot, err := creative.ParseKey(i.Slot)
	if err != nil {
		return Ask{}, false
	}
	a = Ask{Slot: slot, Skipped: i.State == ledger.Skipped, At: i.ReceivedAt}
	if family := creative.Family(i.Target); family.Aspects() != nil {
		a.Slot.Family = family
	} else if a.Slot.Aspect, err = creative.ParseAspect(i.Target); err != nil {
		return Ask{}, false
	}
	if i.Decision != nil && i.Decision.Skip == "" {
		a.Answer = creative.Aspect(i.Decision.Aspect)
	}
	return a, true
}

// concerns returns the aspects that an ask speaks for, given what a request like it
// would be delivered now: of a family one is enough, and any while there is none.
func (a Ask) concerns(now creative.Aspect) []creative.Aspect {
	accepted := a.Slot.Accepts()
	switch {
	case len(accepted) == 1:
		return accepted
	case now != "":
		return []creative.Aspect{now}
	case slices.Contains(accepted, a.Answer):
		return []creative.Aspect{a.Answer}
	}
	return accepted
}

// Of reports whether the ask is for a creative whose code begins so, in any case.
func (a Ask) Of(code string) bool {
	return strings.HasPrefix(a.Slot.Creative.Canonical().Code, strings.ToUpper(code))
}
