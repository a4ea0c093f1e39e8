package masters

import (
	"cmp"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// Coordinates say where a master belongs.
type Coordinates struct {
	Creative creative.Creative
	Locale   creative.Locale // "" where nothing names it
	Aspect   creative.Aspect // "" where nothing names it; pixels go before it
}

// RuleLabels is the rule of keys whose creative tags or metadata state, as documents name it.
// Other keys have the rule that [placement.Rules.Place] returns.
const RuleLabels = "labels"

// Place places a key of the library. Labels go before the name, field by field: they also
// place a file whose name is that of no master. Labels that cannot be used leave the file
// unplaced. An empty file is no master whatever its labels say, and neither is a file that
// the tag [LabelIgnore] excludes. What collect has put apart is none until it is labelled.
func Place(lib Library, key string, size int64, labels Labels) placement.Placement {
	p := lib.Place(key, size)
	switch {
	case !strings.HasPrefix(key, lib.Prefix), len(key) > placement.MaxKey, size == 0:
		return p
	case labels.ignored():
		return placement.Placement{Unplaced: ignored, Never: ignored}
	}
	if labels.takenIn() && lib.KeptApart(key) {
		why := cmp.Or(p.Unplaced, "taken in, and put apart: tag it if it is a master")
		p = placement.Placement{Unplaced: why, Never: why}
	}
	labelled := p
	switch stated, err := applyLabels(&labelled, labels); {
	case err != nil:
		return placement.Placement{Unplaced: err.Error()}
	case stated:
		labelled.Rule, labelled.Unplaced, labelled.Never = RuleLabels, "", ""
	case p.Unplaced != "":
		return p
	}
	return labelled
}

const ignored = "excluded by the tag " + LabelIgnore + "=true"
