package timeline

import (
	"reflect"
	"time"

	"masterhand/shared/announcements/senders"
)

// Replay processes an event again because an operator asked for it at the time at. The event is read
// with the present code. Files that are not stored are tried again; of several records for one file
// the newest counts. The event's count does not grow. A second call with the same at changes
// nothing. Replay reports whether anything changed.
func (t *Timeline) Replay(e senders.Event, record string, received, at time.Time) (changed bool) {
	if entry := t.entry(e.Identity); entry == nil && len(t.Entries) < MaxEntries {
		changed = t.Take(e, record, received, at)
	} else if entry != nil {
		changed = t.reread(entry, e)
	}
	if e.Test {
		return changed
	}
	for _, f := range e.Files {
		old := t.File(f.Name)
		if old == nil && len(t.Files) == MaxFiles || old != nil && !old.another(record, at) {
			continue
		}
		var before File
		if old != nil {
			before = *old
		}
		t.announce(f, record, at)
		changed = changed || !reflect.DeepEqual(*t.File(f.Name), before)
	}
	if changed && at.After(t.UpdatedAt) {
		t.UpdatedAt = at.UTC()
	}
	return changed
}

// reread updates a listed event if the present code understands more of it. It reports whether
// anything changed.
func (t *Timeline) reread(entry *Entry, e senders.Event) (changed bool) {
	before, unknown := t.State, len(entry.Unknown)
	entry.understand(e)
	said := stateOf(e)
	if t.State.before(said) || t.State.Identity == said.Identity && t.State.At.Equal(said.At) {
		t.State = said
	}
	return t.State != before || len(entry.Unknown) != unknown
}

// another reports whether replaying a record makes the file be tried again.
func (f File) another(record string, at time.Time) bool {
	switch {
	case f.State == Stored, f.State == Announced && record < f.Record:
		return false
	}
	return record > f.Record || f.Since.Before(at)
}
