package creative

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Family is a placement family: several aspects, any of which will do.
type Family string

// The families the platform documents.
const (
	Feed      Family = "feed"
	StoryReel Family = "story_reel"
)

// Aspects returns what a family accepts where a request does not list it.
func (f Family) Aspects() []Aspect {
	switch f {
	case Feed:
		return []Aspect{"1x1", "3x4", "4x5"}
	case StoryReel:
		return []Aspect{"9x16"}
	}
	return nil
}

// Slot is what a request wants: a creative in a locale, of a kind, and either one
// aspect or a placement family with the aspects it accepts.
type Slot struct {
	Project  string
	Creative Creative
	Locale   Locale
	Kind     Kind
	Aspect   Aspect   // "" when a family is asked for
	Family   Family   // "" when an aspect is asked for
	Accepted []Aspect // the family's; empty means the family's own
}

// Accepts returns the aspects that answer the slot.
func (s Slot) Accepts() []Aspect {
	switch {
	case s.Aspect != "":
		return []Aspect{s.Aspect}
	case len(s.Accepted) > 0:
		return slices.Clone(s.Accepted)
	}
	return s.Family.Aspects()
}

// Key names the slot without its aspect, as results of the platform do:
// "project#CODE#variation#locale#kind", with a "#" inside a part escaped.
func (s Slot) Key() string {
	c := s.Creative.Canonical()
	return fmt.Sprintf("%s#%s#%d#%s#%s", url.PathEscape(s.Project), url.PathEscape(c.Code), c.Variation, s.Locale, s.Kind)
}

// Placement names what is wanted in a word: the aspect, or the family whatever it
// accepts.
func (s Slot) Placement() string {
	if s.Aspect != "" {
		return string(s.Aspect)
	}
	return string(s.Family)
}

// String describes the slot in a line: "HRT-1212-2 en video 9x16".
func (s Slot) String() string {
	return fmt.Sprintf("%s %s %s %s", s.Creative, s.Locale, s.Kind, s.Target())
}

// Target returns the aspect, or the family with what it accepts: "feed (1x1, 4x5)".
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
