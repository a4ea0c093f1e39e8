package coverage

import (
	"slices"
	"strings"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// Ask is a request from the ledger, reduced to the facts that coverage needs.
type Ask struct {
	Slot    creative.Slot
	Answer  creative.Aspect // the delivered master's aspect; "" means that nothing was delivered
	Skipped bool
	Met     bool   // reports whether the platform has got a master for this slot
	Blocker string // the key of the file that last blocked the request's skip; "" if none did
	// Unindexed reports whether Blocker only has to be indexed: nothing else about it is unclear.
	Unindexed bool
	At        time.Time
	// Affected names the ads that wait for this request; it is empty if the caller does not know them.
	Affected affected.Names
}

// AskOf converts an item of the ledger to an Ask. It returns false if no ad waits for the item,
// because the item is a malformed request, a smoke test of the deployment, or a result that matched
// no request.
func AskOf(i ledger.Item) (a Ask, ok bool) {
	slot, err := creative.ParseKey(i.Slot)
	if err != nil || slot.Project == names.SmokeProject || i.State == ledger.Unmatched {
		return Ask{}, false
	}
	a = Ask{Slot: slot, Skipped: i.State == ledger.Skipped, Blocker: i.Blocker, Unindexed: i.Code == fulfillment.CodeIndex, At: i.ReceivedAt}
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

// concerns returns the aspects in whose cells the request is counted. A request for an exact aspect
// is counted in that aspect. For a request for a family, concerns returns the first of these:
//   - the aspect of the master that would be delivered now: the argument now, unless it is ""
//   - the aspect that was delivered, if the request was delivered
//   - all aspects that the family accepts
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

// Of reports whether the code of the requested creative begins with the argument code. Upper and
// lower case are the same.
func (a Ask) Of(code string) bool {
	return strings.HasPrefix(a.Slot.Creative.Canonical().Code, strings.ToUpper(code))
}
