package masters

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// together makes one placement of what the name says and what its folders say.
func together(byName, byFolder Placement, folders string) Placement {
	switch {
	case byName.Unplaced != "" && byFolder.Unplaced != "":
		return mostTelling(byName, byFolder)
	case byFolder.Unplaced != "" && len(byFolder.Ambiguous) > 0:
		return besides(byName, byFolder)
	case byFolder.Unplaced != "":
		return byName.amid(folders)
	case byName.Unplaced != "":
		return byFolder.despite(byName.Ambiguous)
	}
	a, b := byName.Coordinates.Creative, byFolder.Coordinates.Creative
	switch {
	case a.Same(b):
		return inOneLocale(byName, byFolder)
	case alike(a.String(), b.Code): // "HRT-1212/v2/HRT-1212_9x16.mp4": the name has the code alone
		return inOneLocale(byFolder, byName)
	case byName.bare() && !disagree(a, b):
		return byFolder
	case !byName.bare() && byFolder.Coordinates.Locale == "" && !rivals(a, b):
		return byName // "projects/v2/CODE-N_en_9x16.mp4": that folder's version is something else's
	}
	return eitherOf(a, b)
}

// eitherOf leaves a file unplaced whose name says another creative than its folder.
func eitherOf(byName, byFolder creative.Creative) Placement {
	return Placement{
		Unplaced:    fmt.Sprintf("the name says %s, the folder %s", byName, byFolder),
		ClosestRule: RuleName, Ambiguous: []creative.Creative{byName, byFolder},
	}
}

// inOneLocale returns a placement with what another one of the same creative adds.
func inOneLocale(p, other Placement) Placement {
	if a, b := p.Coordinates.Locale, other.Coordinates.Locale; a != "" && b != "" && a != b {
		name, folder := a, b
		if p.Rule == RuleFolder {
			name, folder = b, a
		}
		return twoLocales(p, name, folder)
	}
	return p.completedBy(other)
}

func twoLocales(p Placement, name, folder creative.Locale) Placement {
	return Placement{
		Unplaced:    fmt.Sprintf("the name says locale %s, the folder %s", name, folder),
		ClosestRule: p.Rule, Ambiguous: []creative.Creative{p.Coordinates.Creative},
	}
}

// besides is what a name says in folders that may be read in several ways, or in none: it
// holds where one of them is what the name says.
func besides(byName, byFolder Placement) Placement {
	c := byName.Coordinates.Creative
	rival := func(other creative.Creative) bool { return rivals(c, other) }
	first := slices.IndexFunc(byFolder.Ambiguous, rival)
	if first < 0 || slices.ContainsFunc(byFolder.Ambiguous, c.Same) {
		return byName
	}
	p := eitherOf(c, byFolder.Ambiguous[first])
	p.Ambiguous = append([]creative.Creative{c}, byFolder.Ambiguous...)
	return p
}

// amid is what a name says in folders that name no variation: they may still be those of
// another code of the same sort, or of another locale.
func (p Placement) amid(folders string) Placement {
	c := p.Coordinates.Creative
	for folder := range strings.SplitSeq(strings.Trim(folders, "/"), "/") {
		if isCode(folder) && sortOf(folder) == sortOf(c.String()) && !strings.HasPrefix(canonical(c.String())+"-", canonical(folder)+"-") {
			return eitherOf(c, creative.Creative{Code: folder, Variation: c.Variation})
		}
	}
	own, around := p.Coordinates.Locale, ownLocale(path.Base(folders))
	if own != "" && around != "" && own.Rank(around) < 0 && around.Rank(own) < 0 {
		return twoLocales(p, own, around)
	}
	return p
}

// despite is what the folders say of a file whose name no rule reads, but which may mean
// other creatives.
func (p Placement) despite(ambiguous []creative.Creative) Placement {
	c := p.Coordinates.Creative
	if slices.ContainsFunc(ambiguous, func(n creative.Creative) bool { return n.Same(c) || alike(n.String(), c.Code) }) {
		return p
	}
	for _, n := range ambiguous {
		if disagree(n, c) {
			either := eitherOf(n, c)
			either.Ambiguous = append(slices.Clone(ambiguous), c)
			return either
		}
	}
	return p
}

// bare reports a name that is no more than "something-7", as any file's may be.
func (p Placement) bare() bool { return p.Coordinates.Locale == "" && p.Coordinates.Aspect == "" }

func (p Placement) completedBy(other Placement) Placement {
	if p.Coordinates.Locale == "" {
		p.Coordinates.Locale = other.Coordinates.Locale
	}
	if p.Coordinates.Aspect == "" {
		p.Coordinates.Aspect = other.Coordinates.Aspect
	}
	return p
}

// rivals reports that a folder's creative is one of its own, and not a word with a version
// ("projects/v2") that all creatives lie in.
func rivals(name, folder creative.Creative) bool {
	return sortOf(name.Code) == sortOf(folder.Code) || isCode(folder.Code)
}

// disagree reports that a name's creative is one of its own, and not a take's number
// ("clip-3") in the folder of another creative.
func disagree(name, folder creative.Creative) bool {
	return sortOf(name.Code) == sortOf(folder.Code) || numbered().MatchString(name.Code)
}

// numbered is a code that ends in a number, and is not just "take-12".
var numbered = lazy.Regexp(`^[^a-z]*-[0-9]+$|-[0-9]{3,}$`)

// isCode reports a folder that is called as codes are: HRT-1212, hrt-1212, PROMO.
func isCode(folder string) bool {
	return numbered().MatchString(folder) || !strings.ContainsFunc(folder, isSmall)
}

func isSmall(c rune) bool { return 'a' <= c && c <= 'z' }

// lastNumbers are the numbers at the end of a code, which tell codes of one sort apart.
var lastNumbers = lazy.Regexp(`(?:-[0-9]+)+$`)

// sortOf is a code without the numbers at its end: HRT of HRT-1212.
func sortOf(code string) string { return canonical(lastNumbers().ReplaceAllString(code, "")) }

func canonical(text string) string { return creative.Creative{Code: text}.Canonical().Code }

func alike(a, b string) bool { return canonical(a) == canonical(b) }

// mostTelling returns the rule's answer that came closest.
func mostTelling(byName, byFolder Placement) Placement {
	p := byName
	if byFolder.ClosestRule != "" {
		p = byFolder
	}
	p.Ambiguous = append(byName.Ambiguous, byFolder.Ambiguous...)
	return p
}
