package masters

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"masterhand/shared/creative"
)

// folderGrammars are the layouts of folders, anywhere below the library's prefix: code,
// variation, then the folders between them and the file.
var folderGrammars = []struct {
	grammar *regexp.Regexp
	// complete: only with a locale and an aspect, and only if the code itself ends in a
	// number: "HRT-1212" alone is a code as well as a code's variation.
	complete bool
}{
	{regexp.MustCompile(`^(?:.*/)?([^/]+)/[vV]([0-9]{1,6})/((?:[^/]+/){0,2})$`), false},
	{regexp.MustCompile(`^(?:.*/)?([^/]*[^/0-9][^/]*-[0-9]+)-([0-9]{1,6})/((?:[^/]+/){1,2})$`), true},
}

// folderRule places a file by the folder it lies in, "HRT-1212/v2/en/". The file's own
// name may add an aspect, and is free otherwise.
func folderRule(folder, stem string) Placement {
	unplaced := Placement{Unplaced: "no folder of the form CODE/vN/locale"}
	for _, layout := range folderGrammars {
		m := layout.grammar.FindStringSubmatch(folder)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[2]) // at most six digits
		c := creative.Creative{Code: m[1], Variation: n}
		p := placeInFolder(c, m[3], stem)
		if layout.complete && (p.Coordinates.Locale == "" || p.Coordinates.Aspect == "") {
			continue
		}
		return p
	}
	return unplaced
}

func placeInFolder(c creative.Creative, between, stem string) Placement {
	if err := c.Check(); err != nil {
		return Placement{Unplaced: err.Error(), Nearest: RuleFolder}
	}
	p := Placement{Rule: RuleFolder, Coordinates: Coordinates{Creative: c}}
	var tokens []token
	before := other
	for part := range strings.FieldsFuncSeq(between, func(r rune) bool { return r == '/' || r == '_' || r == '-' || r == ' ' }) {
		t := classify(part, before)
		tokens, before = append(tokens, t), t.class
	}
	if problem := p.Coordinates.take(tokens); problem != "" {
		return Placement{Unplaced: fmt.Sprintf("folders: %s", problem), Nearest: RuleFolder, Near: []creative.Creative{c}}
	}
	if p.Coordinates.Aspect == "" {
		p.Coordinates.Aspect = onlyAspect(stem)
	}
	if own := ownLocale(stem); own != "" {
		if p.Coordinates.Locale != "" && p.Coordinates.Locale != own {
			return Placement{
				Unplaced: fmt.Sprintf("the name says locale %s, the folder %s", own, p.Coordinates.Locale),
				Nearest:  RuleFolder, Near: []creative.Creative{c},
			}
		}
		p.Coordinates.Locale = own
	}
	return p
}

// ownLocale is the locale that a file's name has, if all of the name is known words: in a
// title ("do it now") a word may be anything.
func ownLocale(stem string) creative.Locale {
	parts := strings.FieldsFunc(withoutDates(stem), func(r rune) bool { return r == '_' || r == '-' || r == ' ' })
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
	for part := range strings.FieldsFuncSeq(withoutDates(stem), func(r rune) bool { return r == '_' || r == '-' || r == ' ' }) {
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
