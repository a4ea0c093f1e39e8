package timeline

import "slices"

// Condition is masterhand's own state of a subject. It is independent of the sender's state.
type Condition string

// The conditions of a subject.
const (
	ConditionFailed  Condition = "failed"  // a file could not be stored, or the sender reports a failure
	ConditionWaiting Condition = "waiting" // a file is still to be fetched
	ConditionStored  Condition = "stored"  // all files are stored
	ConditionUnknown Condition = "unknown" // no file is stored, but an event is not understood and may have brought one
	ConditionNoted   Condition = "noted"   // there are no files to store
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
