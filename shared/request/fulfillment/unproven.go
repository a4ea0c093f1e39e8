package fulfillment

import (
	"errors"

	"masterhand/shared/library/masters"
)

// Unproven is an error that says why a proof of absence is not possible now.
type Unproven struct {
	Code string // the reason as a fixed word for programs
	Key  string // the key that blocks the proof, "" if no key blocks it
	Why  string // the reason as a sentence for people
}

func (u *Unproven) Error() string { return "absence not proved: " + u.Why }

// unproven returns an [Unproven] for a cause that goes away when the index has caught up.
func unproven(why string) error { return &Unproven{Code: CodeIndex, Why: why} }

// doubtful returns an [Unproven] that says why a library's index cannot be trusted.
func doubtful(state masters.State, lib masters.Library) error {
	return unproven(state.Doubt(lib) + ": see masterhand reindex --status")
}

func isUnproven(err error) bool {
	_, is := errors.AsType[*Unproven](err)
	return is
}
