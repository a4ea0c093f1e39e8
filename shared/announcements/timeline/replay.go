package timeline

import (
	"reflect"
	"time"

	"masterhand/shared/announcements/senders"
)

// Replay adds the event of a record to the timeline again. e is the event as the present code reads
// it. at is the time at which an operator asked for the replay. A second call with the same time
// changes nothing. Files that are not stored are tried again, through the newest record that
// announces them. Replay reports whether anything changed.
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

// reread updates the event's entry, and the timeline's state, from e. e is the same event as the
// present code reads it. reread reports whether anything changed.
func (t *Timeline) reread(entry *Entry, e senders.Event) (changed bool) {
	before, unknown := t.State, len(entry.Unknown)
	entry.understand(e)
	said := stateOf(e)
	if t.State.before(said) || t.State.Identity == said.Identity && t.State.At.Equal(said.At) {
		t.State = said
	}
	return t.State != before || len(entry.Unknown) != unknown
}

// another reports whether a replay of the record must announce the file again. at is the time at
// which an operator asked for the replay.
func (f File) another(record string, at time.Time) bool {
	switch {
	case f.State == Stored, f.State == Announced && record < f.Record:
		return false
	}
	return record > f.Record || f.Since.Before(at)
}
