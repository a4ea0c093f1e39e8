package masters

import (
	"fmt"
	"strconv"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// Labels are an object's tags and user metadata, keys in lower case.
type Labels struct {
	Tags     map[string]string
	Metadata map[string]string
}

// get returns a label, "" where there is none. Tags go before metadata.
func (l Labels) get(name string) string {
	if v := l.Tags[name]; v != "" {
		return v
	}
	return l.Metadata[name]
}

// HasAspect reports whether a label states the aspect.
func (l Labels) HasAspect() bool { return l.get(LabelAspect) != "" }

// ignored reports whether a tag says that the object is no master. Metadata, which nobody can
// take off again, does not say so.
func (l Labels) ignored() bool { return strings.EqualFold(l.Tags[LabelIgnore], "true") }

// The labels that place an object.
const (
	LabelCode      = "creative-code"
	LabelVariation = "creative-variation"
	LabelLocale    = "creative-locale"
	LabelAspect    = "creative-aspect"
)

// MetadataSender is the metadata of an object that was taken in: which sender announced it.
const MetadataSender = "intake-sender"

// takenIn reports whether the object is a file that a sender announced.
func (l Labels) takenIn() bool { return l.Metadata[MetadataSender] != "" }

// LabelIgnore is the tag that excludes an object from the masters where its value is true.
const LabelIgnore = "masterhand-ignore"

// applyLabels overrides by what the labels say, and reports whether they state the creative.
// Code and variation come together or not at all; locale and aspect alone refine what the
// name says.
func applyLabels(p *placement.Placement, labels Labels) (stated bool, err error) {
	code, variation := labels.get(LabelCode), labels.get(LabelVariation)
	if (code == "") != (variation == "") {
		return false, fmt.Errorf("labels: only one of %s and %s", LabelCode, LabelVariation)
	}
	if code != "" {
		n, err := strconv.Atoi(variation)
		if err != nil {
			return false, fmt.Errorf("label %s: no number: %.20q", LabelVariation, variation)
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

// Statement is what labels that cannot be used state of an object.
type Statement struct {
	Code      string `json:"code,omitempty"`
	Variation string `json:"variation,omitempty"`
}

// Statement returns what labels that cannot be used state, nil for labels that can be used or
// that state no creative.
func (l Labels) Statement() *Statement {
	s := Statement{l.get(LabelCode), l.get(LabelVariation)}
	if _, err := applyLabels(&placement.Placement{}, l); err == nil || l.ignored() || s == (Statement{}) {
		return nil
	}
	return &s
}

// text returns the statement and the key that it is about as one text, which may name the
// creative that somebody meant.
func (s Statement) text(key string) string { return s.Code + " " + s.Variation + "/" + key }

// MayMean reports whether the labels of a key may mean a creative. A variation without a number
// may be any.
func (s Statement) MayMean(key string, c creative.Creative) bool {
	if !strings.ContainsAny(s.Variation, "0123456789") {
		s.Variation = strconv.Itoa(c.Variation)
	}
	return placement.Names(s.text(key), c)
}
