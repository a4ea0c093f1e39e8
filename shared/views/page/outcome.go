package page

import (
	"masterhand/shared/request/ledger"
)

// Outcome is the state of a request as the page shows it.
type Outcome string

// The outcomes of a request.
const (
	Working    Outcome = "working"
	Sending    Outcome = "sending"
	Confirming Outcome = "confirming"
	Waiting    Outcome = "waiting"
	Delivered  Outcome = "delivered"
	Rejected   Outcome = "rejected"
	Skipped    Outcome = "skipped"
	TooLate    Outcome = "expired"
	Failed     Outcome = "failed"
	Superseded Outcome = "superseded"
	Elsewhere  Outcome = "fulfilled elsewhere"
	Unusable   Outcome = "unreadable"
)

// Outcomes lists all outcomes in the order of the page's filter.
var Outcomes = []Outcome{Waiting, Working, Sending, Confirming, Delivered, Rejected, Skipped, TooLate, Failed, Superseded, Elsewhere, Unusable}

func outcomeOf(i ledger.Item) Outcome {
	switch i.State {
	case ledger.Queued:
		return Waiting
	case ledger.Uploaded:
		return Confirming
	case ledger.Delivered:
		if i.ResultClass == ledger.ClassRejected {
			return Rejected
		}
		return Delivered
	case ledger.Skipped:
		return Skipped
	case ledger.Expired:
		return TooLate
	case ledger.Failed:
		return Failed
	case ledger.Superseded:
		return Superseded
	case ledger.FulfilledElsewhere:
		return Elsewhere
	case ledger.Malformed:
		return Unusable
	}
	if i.Decision != nil && i.Decision.Skip == "" {
		return Sending
	}
	return Working
}

// level returns the level of urgency of the outcome, which selects its colour.
func (o Outcome) level() Level {
	switch o {
	case Delivered, Elsewhere, Superseded:
		return Good
	case Working, Sending, Confirming:
		return Busy
	case Waiting, Rejected, TooLate:
		return Poor
	}
	return Bad
}
