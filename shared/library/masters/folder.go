package masters

import (
	"fmt"
	"strings"

	"masterhand/shared/library/creative"
)

// folderRule places a file by the folders it lies in, "HRT-1212/v2/en/" or
// "HRT-1212-2/en/9x16/". The file's own name may add an aspect, and is free otherwise.
func folderRule(folder, stem string) Placement {
	readings := readPath(strings.Split(strings.Trim(folder, "/"), "/"))
	ambiguous := creativesOf(readings)
	switch {
	case len(readings) == 0:
		return Placement{Unplaced: noFolder}
	case len(ambiguous) > 1:
		return Placement{Unplaced: fmt.Sprintf("folders: %s or %s", ambiguous[0], ambiguous[1]), ClosestRule: RuleFolder, Ambiguous: ambiguous}
	}
	r := readings[0]
	if len(r.between) > maxBetween || r.behind > maxBehind {
		return Placement{Unplaced: "more folders than CODE/vN/locale/aspect", ClosestRule: RuleFolder, Ambiguous: ambiguous}
	}
	p := placeInFolder(r.creative, r.between, stem)
	if r.numbered && (len(r.between) == 0 || p.Unplaced == "" && (p.Coordinates.Locale == "" || p.Coordinates.Aspect == "")) {
		return Placement{Unplaced: noFolder, ClosestRule: RuleFolder, Ambiguous: ambiguous}
	}
	return p
}

// The most folders that say something of a file, and how many of them lie behind what
// names the variation.
const (
	maxBetween = 3
	maxBehind  = 2
)

const noFolder = "no folder of the form CODE/vN/locale"

func placeInFolder(c creative.Creative, between []string, stem string) Placement {
	if err := c.Check(); err != nil {
		return Placement{Unplaced: err.Error(), ClosestRule: RuleFolder}
	}
	p := Placement{Rule: RuleFolder, Coordinates: Coordinates{Creative: c}}
	var tokens []token
	before := other
	for _, folder := range between {
		for part := range strings.FieldsFuncSeq(withoutDates(folder), isBetweenWords) {
			t := classify(part, before)
			tokens, before = append(tokens, t), t.class
		}
	}
	if problem := p.Coordinates.take(tokens); problem != "" {
		return Placement{Unplaced: fmt.Sprintf("folders: %s", problem), ClosestRule: RuleFolder, Ambiguous: []creative.Creative{c}}
	}
	if p.Coordinates.Aspect == "" {
		p.Coordinates.Aspect = onlyAspect(stem)
	}
	if own := ownLocale(stem); own != "" {
		if p.Coordinates.Locale != "" && p.Coordinates.Locale != own {
			return Placement{
				Unplaced:    fmt.Sprintf("the name says locale %s, the folder %s", own, p.Coordinates.Locale),
				ClosestRule: RuleFolder, Ambiguous: []creative.Creative{c},
			}
		}
		p.Coordinates.Locale = own
	}
	return p
}

// ownLocale is the locale that a file's name has, if all of the name is known words: in a
// title ("do it now") a word may be anything.
func ownLocale(stem string) creative.Locale {
	parts := strings.FieldsFunc(withoutDates(stem), isBetweenWords)
	tokens, known := classifyAll(parts)
	var c Coordinates
	if !known || c.take(tokens) != "" {
		return ""
	}
	return c.Locale
}

// onlyAspect is the one aspect that a file's name has, "" where it has none or several.
func onlyAspect(stem string) creative.Aspect {
	var found creative.Aspect
	for part := range strings.FieldsFuncSeq(withoutDates(stem), isBetweenWords) {
		switch t := classify(part, other); {
		case t.class != aspect || t.aspect == found:
		case found != "":
			return ""
		default:
			found = t.aspect
		}
	}
	return found
}
