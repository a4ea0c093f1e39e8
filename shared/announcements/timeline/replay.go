package timeline

import (
	"reflect"
	"time"

	"masterhand/shared/announcements/senders"
)

// Replay adds an event to the timeline again, because an operator asked at the time at to replay
// the event's record. e is the event as the present code reads it. Files that are not stored are
// tried again; if several records announce a file, the newest one is used. Replay does not increase
// the event's Count. A second call with the same time changes nothing. Replay reports whether
// anything changed.
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

// reread updates an event in the timeline. e is the same event as the present code reads it; parts
// that are no longer unknown are removed from the entry. reread reports whether anything changed.
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
