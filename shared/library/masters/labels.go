package masters

import (
	"fmt"
	"strconv"

	"masterhand/shared/library/creative"
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

// ambiguous returns the creatives that unusable labels may mean: "v2" for a variation.
func (l Labels) ambiguous() (found []creative.Creative) {
	for _, n := range numbersIn(l.get(LabelVariation)) {
		if c := (creative.Creative{Code: l.get(LabelCode), Variation: n}); c.Check() == nil && len(found) < maxMentioned {
			found = append(found, c)
		}
	}
	return found
}

// The labels that place an object.
const (
	LabelCode      = "creative-code"
	LabelVariation = "creative-variation"
	LabelLocale    = "creative-locale"
	LabelAspect    = "creative-aspect"
)

// applyLabels overrides by what the labels say. Code and variation come together or
// not at all; locale and aspect alone refine what the name says.
func applyLabels(p *Placement, labels Labels) (labelled bool, err error) {
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
		p.Coordinates.Creative = c
	}
	if text := labels.get(LabelLocale); text != "" {
		if p.Coordinates.Locale, err = creative.ParseLocale(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelLocale, err)
		}
		labelled = p.Unplaced == ""
	}
	if text := labels.get(LabelAspect); text != "" {
		if p.Coordinates.Aspect, err = creative.ParseAspect(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelAspect, err)
		}
		labelled = p.Unplaced == ""
	}
	return labelled || code != "", nil
}
