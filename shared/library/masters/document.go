// Package masters records which original files exist, and chooses the file that answers a request.
//
// One small document per creative lists its masters, so one read answers a request, however many
// masters the bucket holds. Invariants:
//
//   - A document lists every key that is placed at its creative. It lists unreadable files with
//     their problem, because a missing entry would mean that the file does not exist.
//   - [Choose] is a pure function that explains its choice: it returns every candidate with the
//     rule that dropped it.
//   - [Place] takes creative, locale and aspect from tags and metadata first, then from the name.
//     A key that it cannot place is kept, with the reason, in the list of unplaced keys. There it
//     is filed under the anchors (parts of codes) by which a proof of absence looks for it.
package masters

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/library/creative"
)

// Format is the version of the documents' JSON layout.
const Format = 1

// MaxDocument is the size limit of a document in bytes, enough for about 30,000 masters. MaxBlob is
// the size limit of a document that is marked as full. No document above MaxBlob is read.
const (
	MaxDocument = 16 << 20
	MaxBlob     = MaxDocument + 1<<10
)

// Problem states why a placed file cannot be delivered; "" means that it has no problem.
type Problem string

// The problems that probing a file can find.
const (
	Truncated  Problem = "truncated"
	Corrupt    Problem = "corrupt"
	NoPicture  Problem = "no_picture"
	NoMedia    Problem = "no_media"
	TooComplex Problem = "too_complex"
	noProblem  Problem = ""
)

// Master is one original file, with the facts that probing found.
type Master struct {
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
	ETag      string `json:"etag"`
	Size      int64  `json:"size"` // in bytes
	Storage
	Modified time.Time `json:"modified"`

	Kind        creative.Kind   `json:"kind,omitempty"`
	Locale      creative.Locale `json:"locale,omitempty"`
	Aspect      creative.Aspect `json:"aspect,omitempty"`      // from the pixels if known, else the same as NamedAspect
	NamedAspect creative.Aspect `json:"namedAspect,omitempty"` // from tags, metadata or the name
	// AspectLabelled reports whether NamedAspect was taken from tags or metadata, not from the
	// name. Documents of older versions lack the field, so their aspects count as taken from the
	// name.
	AspectLabelled bool `json:"aspectLabelled,omitempty"`
	// LocaleUnclear states why the name's locale is ambiguous; "" if the name states one locale
	// clearly or states none.
	LocaleUnclear string `json:"localeUnclear,omitempty"`
	Rule          string `json:"rule,omitempty"` // name of the rule that placed the file
	Copy          bool   `json:"copy,omitempty"` // the name marks the file as a copy of another file

	Probed    bool          `json:"probed,omitempty"` // true if Width and Height were read from the content
	Width     int           `json:"width,omitempty"`  // in display pixels
	Height    int           `json:"height,omitempty"`
	Rotation  int           `json:"rotation,omitempty"` // in degrees
	Duration  time.Duration `json:"duration,omitempty"` // in nanoseconds; 0 means unknown
	Container string        `json:"container,omitempty"`
	Codec     string        `json:"codec,omitempty"`     // codec of the video or image; "" if the container implies it
	Extension string        `json:"extension,omitempty"` // "" if the platform does not accept the container
	Misnamed  bool          `json:"misnamed,omitempty"`  // the key's extension names another type than the content has
	MediaType string        `json:"mediaType,omitempty"`
	SHA256    string        `json:"sha256,omitempty"`
	Problem   Problem       `json:"problem,omitempty"`
	// Unread states why the content could not be read, even at the last delivery of the event; ""
	// if the content was read or nobody tried to read it.
	Unread string `json:"unread,omitempty"`
}

// Conflict reports whether the name or a label states another aspect than the pixels have. In
// such a conflict, the pixels decide.
func (m Master) Conflict() bool {
	return m.Probed && m.Aspect != "" && m.NamedAspect != "" && m.Aspect != m.NamedAspect
}

// Seen reports whether the content was read, even if it turned out to be damaged or no media. If
// false, the fields about the content are unset and mean nothing.
func (m Master) Seen() bool {
	return m.Probed || m.Problem != noProblem || m.Container != "" || m.Extension != ""
}

// WithContentOf copies into m the fields of old that were read from the file's content, such as
// the width. It does so only if m lacks these fields, old has them, and both describe the same
// bytes under the same key. Otherwise it returns m unchanged.
func (m Master) WithContentOf(old Master) Master {
	if m.Seen() || !old.Seen() || old.Key != m.Key || old.ETag != m.ETag || old.Size != m.Size {
		return m
	}
	seen := old
	seen.VersionID, seen.Storage, seen.Modified, seen.SHA256 = m.VersionID, m.Storage, m.Modified, m.SHA256
	seen.Unread = m.Unread
	seen.Locale, seen.LocaleUnclear, seen.Rule, seen.Copy = m.Locale, m.LocaleUnclear, m.Rule, m.Copy
	seen.NamedAspect, seen.AspectLabelled = m.NamedAspect, m.AspectLabelled
	if !old.Probed || creative.AspectOf(old.Width, old.Height) == "" {
		seen.Aspect = m.Aspect
	}
	return seen
}

// Refusal records that the platform refused the bytes of a master for a slot.
type Refusal struct {
	Slot   string    `json:"slot"` // in the form that RefusalSlot returns
	Key    string    `json:"key"`
	ETag   string    `json:"etag"`
	Size   int64     `json:"size,omitempty"` // in bytes; 0 if older code wrote the refusal
	SHA256 string    `json:"sha256"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// RefusalSlot returns the text that stands for the slot in the field Slot of a Refusal.
func RefusalSlot(s creative.Slot) string { return s.Key() + "#" + s.Placement() }

// Refusers returns the projects in which the platform refused a file for this slot, sorted. It
// ignores the slot's own project.
func (d Document) Refusers(slot creative.Slot) (projects []string) {
	for _, r := range d.Refusals {
		key := r.Slot[:max(strings.LastIndex(r.Slot, "#"), 0)]
		of, err := creative.ParseKey(key)
		if slot.Project = of.Project; err == nil && RefusalSlot(slot) == r.Slot {
			projects = append(projects, of.Project)
		}
	}
	slices.Sort(projects)
	return slices.Compact(projects)
}

// Refused reports whether the platform refused the bytes with this SHA-256 (in hex) for a slot.
func (d Document) Refused(sha256 string, slot creative.Slot) bool {
	name := RefusalSlot(slot)
	return slices.ContainsFunc(d.Refusals, func(r Refusal) bool { return r.Slot == name && r.SHA256 == sha256 })
}

// Document lists the masters of one creative.
type Document struct {
	Format    int       `json:"format"`
	Rules     int       `json:"rules"`
	Code      string    `json:"code"`
	Variation int       `json:"variation"`
	Masters   []Master  `json:"masters"`
	Refusals  []Refusal `json:"refusals,omitempty"`
	// Full reports that the document had no room for a master. Since the document does not name
	// that master, no request for the creative is skipped until the document is deleted and its
	// library is indexed again.
	Full bool `json:"full,omitempty"`
}

// ErrDocument means that a stored document cannot be read. It is a fault and never means that a
// master is absent.
var ErrDocument = errors.New("index document unreadable")

// ErrFull means that a document would exceed the size limit MaxDocument.
var ErrFull = errors.New("index document full")

// NewDocument returns a document of c without masters.
func NewDocument(c creative.Creative) Document {
	c = c.Canonical()
	return Document{Format: Format, Rules: RulesVersion, Code: c.Code, Variation: c.Variation, Masters: []Master{}}
}

// DecodeDocument returns the stored document of c. It returns ErrDocument if the data are
// malformed, belong to another creative or have another format.
func DecodeDocument(data []byte, c creative.Creative) (Document, error) {
	var d Document
	if err := decode(data, &d); err != nil {
		return Document{}, err
	}
	stored := creative.Creative{Code: d.Code, Variation: d.Variation}
	if d.Format != Format || !stored.Same(c) {
		return Document{}, fmt.Errorf("%w: format %d of %s, expected format %d of %s", ErrDocument, d.Format, stored, Format, c)
	}
	return d, nil
}

func decode(data []byte, into any) error {
	if len(data) > MaxBlob {
		return fmt.Errorf("%w: over %d bytes", ErrDocument, MaxBlob)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return nil
}

// Find returns the master under key, or nil.
func (d Document) Find(key string) *Master {
	for i := range d.Masters {
		if d.Masters[i].Key == key {
			return &d.Masters[i]
		}
	}
	return nil
}

// Put returns a copy of d in which m replaces the master with the same key, or is added. It does
// not change d.
func (d Document) Put(m Master) Document {
	d = d.Without(m.Key)
	d.Masters = append(d.Masters, m)
	return d
}

// Without returns a copy of d without the master that has the key. It does not change d.
func (d Document) Without(key string) Document {
	d.Masters = append(make([]Master, 0, len(d.Masters)+1), d.Masters...)
	d.Masters = slices.DeleteFunc(d.Masters, func(m Master) bool { return m.Key == key })
	return d
}

// Keys returns the keys of all masters.
func (d Document) Keys() []string {
	keys := make([]string, 0, len(d.Masters))
	for _, m := range d.Masters {
		keys = append(keys, m.Key)
	}
	return keys
}
