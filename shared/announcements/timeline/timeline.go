// Package timeline keeps what other platforms said, in what order whatever, of each
// thing they make: a build, a job, a set of screenshots, a campaign; and what became of
// its files.
//
// Invariants:
//
//   - What a timeline ends as follows from which events came, never from their order: the
//     state is that of the event with the greatest rank, then time, then identity.
//   - A record is told apart from its copies: one that comes again changes nothing.
//   - A file that is stored stays so, but for one that is reopened to be stored
//     elsewhere; that failing, it is stored where it was. A failed one is tried anew
//     only when another record announces it, or somebody has one replayed.
//   - A timeline holds no URL, and is bounded: beyond MaxEntries and MaxFiles it counts.
package timeline

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"masterhand/shared/announcements/senders"
)

// The bounds of a timeline: an item of DynamoDB holds 400 KB.
const (
	MaxEntries  = 100
	MaxFiles    = 200
	MaxNotified = 50
	MaxOrphans  = 8 // of a file
)

// TTL is how long a timeline is kept from its last change on.
const TTL = 90 * 24 * time.Hour

// Timeline is all that is known of one subject of a sender.
type Timeline struct {
	Version int64  `json:"version"` // grows by one with each save; 0: never saved
	Sender  string `json:"sender"`
	Subject string `json:"subject"`

	State      State     `json:"state"`      // of the event that counts
	Test       bool      `json:"test"`       // it came of trying the connection out
	ReceivedAt time.Time `json:"receivedAt"` // when the first of its events was received
	UpdatedAt  time.Time `json:"updatedAt"`

	Entries  []Entry  `json:"entries"`            // by when each event was first taken
	Unlisted int      `json:"unlisted,omitempty"` // events and files beyond the bounds
	Files    []File   `json:"files,omitempty"`
	Notified []string `json:"notified,omitempty"` // what a human was told of, the last MaxNotified
}

// State is what the deciding event said.
type State struct {
	Identity string    `json:"identity"`
	Type     string    `json:"type,omitempty"`
	Status   string    `json:"status,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	Alert    string    `json:"alert,omitempty"`
	Rank     int       `json:"rank"`
	At       time.Time `json:"at"`
}

// Entry is one event, however often it came.
type Entry struct {
	Identity string    `json:"identity"`
	Type     string    `json:"type,omitempty"`
	Status   string    `json:"status,omitempty"`
	At       time.Time `json:"at"`       // the latest of its times
	Received time.Time `json:"received"` // when it came first
	Count    int       `json:"count"`    // how often it came
	Record   string    `json:"record"`   // key of the record that came last
	Unknown  []string  `json:"unknown,omitempty"`
}

// What a Store says beside faults.
var (
	ErrNotFound = errors.New("no such timeline")
	ErrStale    = errors.New("timeline changed since it was read")
)

// Store keeps timelines. Reads by id are strongly consistent. An error other than the
// ones named is a fault: the caller does not know whether a write took place.
type Store interface {
	// Load returns the timeline of an id, or ErrNotFound.
	Load(ctx context.Context, id string) (Timeline, error)
	// Save writes t if the stored version is t.Version-1, 0 being absence; else it is
	// ErrStale and nothing is written.
	Save(ctx context.Context, t Timeline) error
	// ByDay returns the timelines of a sender whose first event was received on a day
	// (UTC, "2006-01-02"), newest first. It may lag behind.
	ByDay(ctx context.Context, sender, day string, limit int) ([]Timeline, error)
	// Mark notes that the record of a key was taken; again is as good as once.
	Mark(ctx context.Context, record string, now time.Time) error
	// Marked reports whether it was.
	Marked(ctx context.Context, record string) (bool, error)
}

// ID is what the timeline of a subject is stored under.
func ID(sender, subject string) string { return "intake#" + sender + "#" + subject }

// ID is what the timeline is stored under.
func (t Timeline) ID() string { return ID(t.Sender, t.Subject) }

// saves is how often a change is tried while others change the same timeline.
const saves = 20

// Change applies change to a subject's timeline, an empty one if there is none, and
// saves it. While another run saves at the same time it does so again, with the
// timeline as it then is. Where change returns false nothing is written.
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

// Take adds an event that a record told of, its files included. It reports whether
// that changed anything; the record that came last before changes nothing.
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

// stateOf returns what an event says of its subject.
func stateOf(e senders.Event) State {
	return State{Identity: e.Identity, Type: e.Type, Status: e.Status, Detail: e.Detail, Alert: e.Alert, Rank: e.Rank, At: e.At.UTC()}
}

// Told notes that a human was told of something. It reports false if that is noted.
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

// understand drops what was not known of the event and now is.
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

// before says whether what another event said counts rather than this.
func (s State) before(other State) bool {
	if s.Identity == "" {
		return true
	}
	return cmp.Or(
		cmp.Compare(s.Rank, other.Rank), s.At.Compare(other.At), cmp.Compare(s.Identity, other.Identity),
	) < 0
}
