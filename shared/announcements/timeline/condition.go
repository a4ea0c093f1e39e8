package timeline

import "slices"

// Condition says how far masterhand is with the files of a subject. The sender's own state of the
// subject is in [State].
type Condition string

// The conditions of a subject. If several are true, the first one in this list is the subject's
// condition.
const (
	ConditionFailed  Condition = "failed"  // a file could not be stored, or the sender reports a failure
	ConditionWaiting Condition = "waiting" // a file is still to be fetched
	ConditionStored  Condition = "stored"  // a file is stored, and no file has failed or is still to be fetched
	ConditionUnknown Condition = "unknown" // no file is stored, but an event is not understood and may have brought one
	ConditionNoted   Condition = "noted"   // no file is to be stored, and every event is understood
)

// Condition returns the condition of the timeline's subject.
func (t Timeline) Condition() Condition {
	has := func(state FileState) bool {
		return slices.ContainsFunc(t.Files, func(f File) bool { return f.State == state })
	}
	switch {
	case t.State.Alert != "", has(Failed):
		return ConditionFailed
	case has(Announced):
		return ConditionWaiting
	case has(Stored):
		return ConditionStored
	case t.Unknown() != nil:
		return ConditionUnknown
	}
	return ConditionNoted
}

// Unknown returns the unknown parts of the first event in the timeline that is not understood. It
// returns nil if every event is understood.
func (t Timeline) Unknown() []string {
	for _, e := range t.Entries {
		if len(e.Unknown) > 0 {
			return e.Unknown
		}
	}
	return nil
}
