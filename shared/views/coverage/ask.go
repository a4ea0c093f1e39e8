package coverage

import (
	"slices"
	"strings"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
)

// Ask is a request as the ledger remembers it.
type Ask struct {
	Slot    creative.Slot
	Answer  creative.Aspect // that was delivered; "" where nothing was
	Skipped bool
	Met     bool   // the platform has a master for it
	Blocker string // the key that held it up last
	At      time.Time
	// Affected are the ads that wait for it, where the caller knows them.
	Affected affected.Names
}

// AskOf reads a request of the ledger; ok is false for what nobody waits for: a malformed one,
// and one that tries the deployment.
func AskOf(i ledger.Item) (a Ask, ok bool) {
	slot, err := creative.ParseKey(i.Slot)
	if err != nil || slot.Project == names.SmokeProject || i.State == ledger.Unmatched {
		return Ask{}, false
	}
	a = Ask{Slot: slot, Skipped: i.State == ledger.Skipped, Blocker: i.Blocker, At: i.ReceivedAt}
	switch i.State {
	case ledger.Delivered, ledger.Superseded, ledger.FulfilledElsewhere:
		a.Met = true
	}
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
