package timeline

import "slices"

// Condition is our own state of a subject, other than its sender's.
type Condition string

// The conditions.
const (
	ConditionFailed  Condition = "failed"  // a file could not be stored, or the sender reports a failure
	ConditionWaiting Condition = "waiting" // a file is not stored yet
	ConditionStored  Condition = "stored"  // all files are there
	ConditionUnknown Condition = "unknown" // no file is there, and an event is not understood: there may be one
	ConditionNoted   Condition = "noted"   // there are no files to store
)

// Condition returns the condition of the subject.
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

// Unknown returns what was not known of the first event that is not understood; nil if all are.
func (t Timeline) Unknown() []string {
	for _, e := range t.Entries {
		if len(e.Unknown) > 0 {
			return e.Unknown
		}
	}
	return nil
}
