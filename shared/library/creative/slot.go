package creative

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Family is a placement family. A family accepts masters of several aspects.
type Family string

// The families that the platform documents.
const (
	Feed      Family = "feed"
	StoryReel Family = "story_reel"
)

// Aspects returns the aspects that the family accepts if the request does not list them.
func (f Family) Aspects() []Aspect {
	switch f {
	case Feed:
		return []Aspect{"1x1", "3x4", "4x5"}
	case StoryReel:
		return []Aspect{"9x16"}
	}
	return nil
}

// Slot is what a request asks for: a creative in a locale, of a kind, with one aspect or with a
// placement family and the aspects that it accepts.
type Slot struct {
	Project  string
	Creative Creative
	Locale   Locale
	Kind     Kind
	Aspect   Aspect   // "" if the request names a family
	Family   Family   // "" if the request names an aspect
	Accepted []Aspect // aspects that the family accepts; empty means Family.Aspects
}

// Accepts returns the aspects of masters that fit the slot.
func (s Slot) Accepts() []Aspect {
	switch {
	case s.Aspect != "":
		return []Aspect{s.Aspect}
	case len(s.Accepted) > 0:
		return slices.Clone(s.Accepted)
	}
	return s.Family.Aspects()
}

// Key identifies the slot without its aspect or family, as the platform's results do:
// "project#CODE#variation#locale#kind". It escapes "#" inside a part.
func (s Slot) Key() string {
	c := s.Creative.Canonical()
	return fmt.Sprintf("%s#%s#%d#%s#%s", url.PathEscape(s.Project), url.PathEscape(c.Code), c.Variation, s.Locale, s.Kind)
}

// Placement returns the slot's aspect. If the slot has none, it returns the name of the slot's
// placement family.
func (s Slot) Placement() string {
	if s.Aspect != "" {
		return string(s.Aspect)
	}
	return string(s.Family)
}

// String describes the slot in one line: "HRT-1212-2 en video 9x16".
func (s Slot) String() string {
	return fmt.Sprintf("%s %s %s %s", s.Creative, s.Locale, s.Kind, s.Target())
}

// Target returns the aspect, or the family with its accepted aspects: "feed (1x1, 4x5)".
func (s Slot) Target() string {
	if s.Aspect != "" {
		return string(s.Aspect)
	}
	var names []string
	for _, a := range s.Accepts() {
		names = append(names, string(a))
	}
	return fmt.Sprintf("%s (%s)", s.Family, strings.Join(names, ", "))
}
