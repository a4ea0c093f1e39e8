package timeline

import (
	"reflect"
	"time"

	"masterhand/shared/announcements/senders"
)

// Replay adds an event that somebody sends through once more, because of what became of
// it, as it is read now. Files that did not come to be stored get another chance; of
// several records that announce one the newest counts. The event is not counted as come
// again. at is when it was asked for: the same once more changes nothing. It reports
// whether that changed anything.
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

// reread notes what is by now known of an event that is listed. It reports whether that changes anything.
func (t *Timeline) reread(entry *Entry, e senders.Event) (changed bool) {
	before, unknown := t.State, len(entry.Unknown)
	entry.understand(e)
	said := stateOf(e)
	if t.State.before(said) || t.State.Identity == said.Identity && t.State.At.Equal(said.At) {
		t.State = said
	}
	return t.State != before || len(entry.Unknown) != unknown
}

// another reports whether a record that is replayed gives the file another chance.
func (f File) another(record string, at time.Time) bool {
	switch {
	case f.State == Stored, f.State == Announced && record < f.Record:
		return false
	}
	return record > f.Record || f.Since.Before(at)
}
