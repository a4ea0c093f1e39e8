package masters

import (
	"cmp"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// Coordinates are the creative, locale and aspect of a master.
type Coordinates struct {
	Creative creative.Creative
	Locale   creative.Locale // "" if neither name nor labels state it
	Aspect   creative.Aspect // "" if neither name nor labels state it; unused if the pixel size is known
}

// RuleLabels is the rule name that documents store for keys whose tags or metadata state the
// creative. Other keys have the rule that [placement.Rules.Place] returns.
const RuleLabels = "labels"

// Place returns the placement of a key of the library. A label overrides what the name states about
// the same field. So labels can also place a file whose name places nothing. If a label cannot be
// used, the file is not placed. An empty file is never a master, nor is a file with the tag
// [LabelIgnore]. An announced file in a folder for files that are no masters is no master until
// somebody labels it.
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
