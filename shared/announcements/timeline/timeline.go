// Package timeline records what other platforms announced about each subject, such as a build, a
// job, a set of screenshots or a campaign. Each subject has one timeline, which holds the subject's
// events, its state, and the state of its files.
//
// Invariants:
//
//   - The order in which a subject's events arrive does not matter. The event with the greatest
//     rank decides the final state. Of events with the same rank the latest one decides; of
//     events with the same rank and time, the one with the greatest identity.
//   - If a record is processed again, its timeline does not change.
//   - A stored file stays stored. If it is fetched again to be stored in another place, and this
//     fails, the timeline keeps the key of its old object.
//   - A failed file is tried again only if another record announces it, or if an operator
//     replays a record.
//   - A timeline contains no URL. Its size is bounded: events beyond MaxEntries and files
//     beyond MaxFiles are counted but not listed.
package timeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"masterhand/shared/announcements/senders"
)

// The limits of a timeline. A DynamoDB item may have 400 KB.
const (
	MaxEntries  = 100
	MaxFiles    = 200
	MaxNotified = 50
	MaxOrphans  = 8 // the largest number of keys in a file's Orphans
)

// TTL is the time for which a timeline is stored after its last change.
const TTL = 90 * 24 * time.Hour

// Timeline holds the events and files of one subject of a sender.
type Timeline struct {
	Version int64  `json:"version"` // grows by one with each save; 0 means never saved
	Sender  string `json:"sender"`
	Subject string `json:"subject"`

	State      State     `json:"state"`      // the state that the event with the greatest rank reports
	Test       bool      `json:"test"`       // reports whether one of the events is a test of the connection
	ReceivedAt time.Time `json:"receivedAt"` // the time at which the timeline's first event was received
	UpdatedAt  time.Time `json:"updatedAt"`

	Entries []Entry `json:"entries"` // the events in the order in which they were first added
	// Unlisted counts the announcements of events beyond MaxEntries and of files beyond MaxFiles.
	// The timeline does not list these events and files.
	Unlisted int    `json:"unlisted,omitempty"`
	Files    []File `json:"files,omitempty"`
	// Notified holds the names of the notices that were sent, but only the last MaxNotified names.
	Notified []string `json:"notified,omitempty"`
}

// State is the state of a subject, as one of its events reports it.
type State struct {
	Identity string    `json:"identity"`
	Type     string    `json:"type,omitempty"`
	Status   string    `json:"status,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Alert    string    `json:"alert,omitempty"`
	Rank     int       `json:"rank"`
	At       time.Time `json:"at"`
}

// Entry is one event, however often it arrived.
type Entry struct {
	Identity string    `json:"identity"`
	Type     string    `json:"type,omitempty"`
	Status   string    `json:"status,omitempty"`
	At       time.Time `json:"at"`       // the latest time that the sender stated for the event
	Received time.Time `json:"received"` // the time at which the event first arrived
	Count    int       `json:"count"`    // the number of times that the event arrived
	Record   string    `json:"record"`   // the key of the last record that was added for the event
	Unknown  []string  `json:"unknown,omitempty"`
}

// The errors that describe the stored timeline. Every other error of a Store is a fault, for
// example a failed connection.
var (
	ErrNotFound = errors.New("no such timeline")
	ErrStale    = errors.New("timeline changed since it was read")
)

// Store stores timelines. Reads by id are strongly consistent. Any error other than ErrNotFound and
// ErrStale is a fault: a write may or may not have happened.
type Store interface {
	// Load returns the timeline with an id, or ErrNotFound.
	Load(ctx context.Context, id string) (Timeline, error)
	// Save writes t if the stored version is t.Version-1; an absent timeline has version 0.
	// Otherwise it writes nothing and returns ErrStale.
	Save(ctx context.Context, t Timeline) error
	// ByDay returns a sender's timelines whose first event was received on a day (UTC,
	// "2006-01-02"), the newest first. Recent changes may be missing.
	ByDay(ctx context.Context, sender, day string, limit int) ([]Timeline, error)
	// Mark saves that the record with the given key was added to its timeline. Mark accepts
	// repeated calls for the same record.
	Mark(ctx context.Context, record string, now time.Time) error
	// Marked reports whether Mark was called for the record.
	Marked(ctx context.Context, record string) (bool, error)
}

// ID returns the id that the timeline of a subject is stored under.
func ID(sender, subject string) string { return "intake#" + sender + "#" + subject }

// ID returns the id that the timeline is stored under.
func (t Timeline) ID() string { return ID(t.Sender, t.Subject) }

// saves is the largest number of times that Change tries to save while other runs change the same timeline.
const saves = 20

// Change loads a subject's timeline (or an empty one), calls change with it, and saves it. If
// another run saved the timeline meanwhile, Change repeats these steps with the new timeline. If
// change returns false, Change saves nothing.
func Change(ctx context.Context, store Store, sender, subject string, change func(*Timeline) bool) (Timeline, error) {
	err := ErrStale
	for range saves {
		t, loading := store.Load(ctx, ID(sender, subject))
		if errors.Is(loading, ErrNotFound) {
			t = Timeline{Sender: sender, Subject: subject}
		} else if loading != nil {
			return Timeline{}, loading
		}
		if !change(&t) {
			return t, nil
		}
		t.Version++
		if err = store.Save(ctx, t); !errors.Is(err, ErrStale) {
			return t, err
		}
	}
	return Timeline{}, err
}

// Take adds the event of a record, and the event's files, to the timeline. If this record is the
// last one that was added for the same event, nothing changes. Take reports whether anything
// changed.
func (t *Timeline) Take(e senders.Event, record string, received, now time.Time) bool {
	if entry := t.entry(e.Identity); entry != nil && entry.Record == record {
		return false
	}
	if t.ReceivedAt.IsZero() || received.Before(t.ReceivedAt) {
		t.ReceivedAt = received.UTC()
	}
	t.UpdatedAt, t.Test = now.UTC(), t.Test || e.Test
	t.note(e, record, received)
	if said := stateOf(e); t.State.before(said) {
		t.State = said
	}
	if !e.Test {
		for _, f := range e.Files {
			t.announce(f, record, now)
		}
	}
	return true
}

// stateOf returns the state that an event reports for its subject.
func stateOf(e senders.Event) State {
	return State{Identity: e.Identity, Type: e.Type, Status: e.Status, Detail: e.Detail, Alert: e.Alert, Rank: e.Rank, At: e.At.UTC()}
}

// Told adds the name of a sent notice to Notified. It returns false if Notified already contains
// this name.
func (t *Timeline) Told(what string) bool {
	if slices.Contains(t.Notified, what) {
		return false
	}
	t.Notified = append(t.Notified, what)
	t.Notified = t.Notified[max(0, len(t.Notified)-MaxNotified):]
	return true
}

func (t *Timeline) note(e senders.Event, record string, received time.Time) {
	entry := t.entry(e.Identity)
	if entry == nil {
		if len(t.Entries) == MaxEntries {
			t.Unlisted++
			return
		}
		t.Entries = append(t.Entries, Entry{
			Identity: e.Identity, Type: e.Type, Status: e.Status, Received: received.UTC(), Unknown: e.Unknown,
		})
		entry = &t.Entries[len(t.Entries)-1]
	}
	entry.understand(e)
	entry.Count++
	entry.Record = record
	if e.At.After(entry.At) {
		entry.At, entry.Type, entry.Status = e.At.UTC(), e.Type, e.Status
	}
	if received.Before(entry.Received) {
		entry.Received = received.UTC()
	}
}

// understand replaces the entry's list of unknown parts if the present code reads the same event
// with fewer unknown parts. again is the event as the present code reads it.
func (e *Entry) understand(again senders.Event) {
	if len(again.Unknown) < len(e.Unknown) {
		e.Unknown = again.Unknown
	}
}

func (t *Timeline) entry(identity string) *Entry {
	for i := range t.Entries {
		if t.Entries[i].Identity == identity {
			return &t.Entries[i]
		}
	}
	return nil
}

// before reports whether the state other must replace the state s. The greater rank wins; with
// equal ranks the later time, then the greater identity. An empty s is always replaced.
func (s State) before(other State) bool {
	if s.Identity == "" {
		return true
	}
	return cmp.Or(
		cmp.Compare(s.Rank, other.Rank), s.At.Compare(other.At), cmp.Compare(s.Identity, other.Identity),
	) < 0
}
