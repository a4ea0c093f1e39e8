package masters

import (
	"fmt"
	"strconv"

	"masterhand/shared/creative"
)

// Labels are an object's tags and user metadata, keys in lower case.
type Labels struct {
	Tags     map[string]string
	Metadata map[string]string
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
	get := func(name string) string {
		if v := labels.Tags[name]; v != "" {
			return v
		}
		return labels.Metadata[name]
	}
	code, variation := get(LabelCode), get(LabelVariation)
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
	if text := get(LabelLocale); text != "" {
		if p.Coordinates.Locale, err = creative.ParseLocale(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelLocale, err)
		}
		labelled = p.Unplaced == ""
	}
	if text := get(LabelAspect); text != "" {
		if p.Coordinates.Aspect, err = creative.ParseAspect(text); err != nil {
			return false, fmt.Errorf("label %s: %w", LabelAspect, err)
		}
		labelled = p.Unplaced == ""
	}
	return labelled || code != "", nil
}
