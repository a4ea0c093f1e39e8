package page

import (
	"masterhand/shared/request/ledger"
)

// Outcome is how a request stands, in a word.
type Outcome string

// The outcomes.
const (
	Working    Outcome = "working"
	Sending    Outcome = "sending"
	Confirming Outcome = "confirming"
	Waiting    Outcome = "waiting"
	Delivered  Outcome = "delivered"
	Rejected   Outcome = "rejected"
	Skipped    Outcome = "skipped"
	TooLate    Outcome = "too late"
	Failed     Outcome = "failed"
	Superseded Outcome = "superseded"
	Elsewhere  Outcome = "met elsewhere"
	Unusable   Outcome = "unreadable"
)

// Outcomes are all outcomes, for a choice of one.
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

// level is the outcome's colour.
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
