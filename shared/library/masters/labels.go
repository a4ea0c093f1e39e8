package masters

import (
	"fmt"
	"strconv"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// Labels are an object's tags and user metadata, with keys in lower case.
type Labels struct {
	Tags     map[string]string
	Metadata map[string]string
}

// get returns the value of a label, or "" if the label is not set. If a tag and a metadata entry
// have the same name, get returns the tag's value.
func (l Labels) get(name string) string {
	if v := l.Tags[name]; v != "" {
		return v
	}
	return l.Metadata[name]
}

// HasAspect reports whether a tag or a metadata entry states the object's aspect.
func (l Labels) HasAspect() bool { return l.get(LabelAspect) != "" }

// ignored reports whether a tag excludes the object from the masters. Metadata cannot exclude it,
// because metadata cannot be changed after the upload.
func (l Labels) ignored() bool { return strings.EqualFold(l.Tags[LabelIgnore], "true") }

// The names of the labels that place an object.
const (
	LabelCode      = "creative-code"
	LabelVariation = "creative-variation"
	LabelLocale    = "creative-locale"
	LabelAspect    = "creative-aspect"
)

// MetadataSender is the metadata key whose value names the sender who announced a collected
// object.
const MetadataSender = "intake-sender"

// takenIn reports whether the object is a file that a sender announced.
func (l Labels) takenIn() bool { return l.Metadata[MetadataSender] != "" }

// LabelIgnore is the tag that excludes an object from the masters if its value is "true".
const LabelIgnore = "masterhand-ignore"

// applyLabels overrides the placement with the labels' values, and reports whether the labels
// state the creative. It returns an error if only one of code and variation is labelled, or if a
// value is invalid. A locale or an aspect may be labelled alone.
func applyLabels(p *placement.Placement, labels Labels) (stated bool, err error) {
	code, variation := labels.get(LabelCode), labels.get(LabelVariation)
	if (code == "") != (variation == "") {
		return false, fmt.Errorf("labels: only one of %s and %s is set: set both or neither", LabelCode, LabelVariation)
	}
	if code != "" {
		n, err := strconv.Atoi(variation)
		if err != nil {
			return false, fmt.Errorf("label %s: expected a number, got %.20q", LabelVariation, variation)
		}
		c := creative.Creative{Code: code, Variation: n}
		if err := c.Check(); err != nil {
			return false, fmt.Errorf("labels: %w", err)
		}
		p.Creative = c
	}
	if text := labels.get(LabelLocale); text != "" {
		if p.Locale, err = creative.ParseLocale(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelLocale, err)
		}
		p.LocaleUnclear = ""
	}
	if text := labels.get(LabelAspect); text != "" {
		if p.Aspect, err = creative.ParseAspect(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelAspect, err)
		}
	}
	return code != "", nil
}

// Statement holds the code and variation that an object's labels state, if these labels are
// unusable.
type Statement struct {
	Code      string `json:"code,omitempty"`
	Variation string `json:"variation,omitempty"`
}

// Statement returns the creative that unusable labels state. It returns nil if the labels can be
// used or state no creative.
func (l Labels) Statement() *Statement {
	s := Statement{l.get(LabelCode), l.get(LabelVariation)}
	if _, err := applyLabels(&placement.Placement{}, l); err == nil || l.ignored() || s == (Statement{}) {
		return nil
	}
	return &s
}

// text joins the stated code and variation and the object's key into one text. MayMean searches
// that text for the code that the label's author may have meant.
func (s Statement) text(key string) string { return s.Code + " " + s.Variation + "/" + key }

// MayMean reports whether the unusable labels of a key may mean the creative. If the label
// creative-variation contains no digit, it may mean any variation.
func (s Statement) MayMean(key string, c creative.Creative) bool {
	if !strings.ContainsAny(s.Variation, "0123456789") {
		s.Variation = strconv.Itoa(c.Variation)
	}
	return placement.Names(s.text(key), c)
}
