// Package masters knows which original files there are and chooses among them.
//
// One small document per creative lists its masters, so that one read answers a
// request however many masters a bucket holds. Invariants:
//
//   - A document lists every key that is placed at its creative, the unreadable
//     ones with what is wrong with them: leaving one out would say that it is not there.
//   - [Choose] is pure and explains itself: every candidate comes back with the rule
//     that dropped it.
//   - [Place] takes coordinates from tags and metadata first, then from the name. A key
//     that it does not place is kept in the list of unplaced keys with the reason, under
//     the anchors that a proof of absence looks for.
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

// Format is the version of the documents' layout.
const Format = 1

// MaxDocument is the largest document that is written, in bytes: some 30,000 masters. One that
// says that it is full may be a little larger.
const (
	MaxDocument = 16 << 20
	maxFull     = MaxDocument + 1<<10
)

// Problem says why a placed file cannot be delivered; "" is none.
type Problem string

// The problems that probing finds.
const (
	Truncated  Problem = "truncated"
	Corrupt    Problem = "corrupt"
	NoPicture  Problem = "no_picture"
	NoMedia    Problem = "no_media"
	TooComplex Problem = "too_complex"
	noProblem  Problem = ""
)

// Master is one original file as probing found it.
type Master struct {
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
	ETag      string `json:"etag"`
	Size      int64  `json:"size"` // bytes
	Storage
	Modified time.Time `json:"modified"`

	Kind        creative.Kind   `json:"kind,omitempty"`
	Locale      creative.Locale `json:"locale,omitempty"`
	Aspect      creative.Aspect `json:"aspect,omitempty"`      // of the pixels, else of the name
	NamedAspect creative.Aspect `json:"namedAspect,omitempty"` // what tags or name say
	// AspectLabelled: NamedAspect comes from tags or metadata. Documents of older versions
	// lack it, so that their aspects count as named only.
	AspectLabelled bool `json:"aspectLabelled,omitempty"`
	// LocaleUnclear is why the locale cannot be told, although the name says something of it;
	// "" where the name states a locale or nothing.
	LocaleUnclear string `json:"localeUnclear,omitempty"`
	Rule          string `json:"rule,omitempty"` // what placed it
	Copy          bool   `json:"copy,omitempty"` // named as a copy of another file

	Probed    bool          `json:"probed,omitempty"` // the sides come from the content
	Width     int           `json:"width,omitempty"`  // display pixels
	Height    int           `json:"height,omitempty"`
	Rotation  int           `json:"rotation,omitempty"` // degrees
	Duration  time.Duration `json:"duration,omitempty"` // nanoseconds; 0 is unknown
	Container string        `json:"container,omitempty"`
	Codec     string        `json:"codec,omitempty"`     // of the picture
	Extension string        `json:"extension,omitempty"` // of the platform's list; "" is outside it
	Misnamed  bool          `json:"misnamed,omitempty"`  // the key's extension says another type
	MediaType string        `json:"mediaType,omitempty"`
	SHA256    string        `json:"sha256,omitempty"`
	Problem   Problem       `json:"problem,omitempty"`
	// Unread is why nobody could read the content, until the last try; "" where it was read,
	// or where nobody tried.
	Unread string `json:"unread,omitempty"`
}

// Conflict reports a master whose name or labels say another aspect than its pixels,
// which it goes by.
func (m Master) Conflict() bool {
	return m.Probed && m.Aspect != "" && m.NamedAspect != "" && m.Aspect != m.NamedAspect
}

// Seen reports whether the content was read, with or without success. The fields about the
// content of a master that nobody has seen are unset, which says nothing about it.
func (m Master) Seen() bool {
	return m.Probed || m.Problem != noProblem || m.Container != "" || m.Extension != ""
}

// WithContentOf returns m with what was seen of its bytes before, if old is about the same
// bytes and the content of m was not seen.
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

// Refusal is the platform's word that it will not have these bytes for this slot.
type Refusal struct {
	Slot   string    `json:"slot"` // as RefusalSlot writes it
	Key    string    `json:"key"`
	ETag   string    `json:"etag"`
	Size   int64     `json:"size,omitempty"` // bytes; 0 in documents of older versions: only Key and ETag count
	SHA256 string    `json:"sha256"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// RefusalSlot names the slot that a refusal is for.
func RefusalSlot(s creative.Slot) string { return s.Key() + "#" + s.Placement() }

// Refusers returns the projects for which a file was refused for such a slot, in order,
// whatever the slot's own is.
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

// Refused reports whether the platform refused the bytes of a SHA-256 (hex) for a slot.
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
	// Full: a master had no room. The document does not name it, so that the creative is held
	// until the document is deleted and its library indexed again.
	Full bool `json:"full,omitempty"`
}

// ErrDocument is a stored document that cannot be read: a fault, never an absence.
var ErrDocument = errors.New("index document unreadable")

// ErrFull is a document that would be larger than MaxDocument.
var ErrFull = errors.New("index document full")

// NewDocument returns an empty document.
func NewDocument(c creative.Creative) Document {
	c = c.Canonical()
	return Document{Format: Format, Rules: RulesVersion, Code: c.Code, Variation: c.Variation, Masters: []Master{}}
}

// DecodeDocument reads the stored document of c. Errors: ErrDocument, also for a
// document of another creative or a newer format.
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
	if len(data) > maxFull {
		return fmt.Errorf("%w: over %d bytes", ErrDocument, MaxDocument)
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

// Put returns d with m in the place of what stood under its key.
func (d Document) Put(m Master) Document {
	d = d.Without(m.Key)
	d.Masters = append(d.Masters, m)
	return d
}

// Without returns d with nothing under key. It leaves d's own list as it is.
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
