package masters

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"masterhand/shared/creative"
)

// Coordinates say where a master belongs.
type Coordinates struct {
	Creative creative.Creative
	Locale   creative.Locale // "" where nothing names it
	Aspect   creative.Aspect // "" where nothing names it; pixels go before it
}

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

// The rules that place an object, as documents name them.
const (
	RuleLabels = "labels"
	RuleFolder = "folder"
	RuleName   = "name"
)

// Placement is where a key belongs, or why nowhere.
type Placement struct {
	Coordinates Coordinates
	Rule        string
	// Unplaced is why the key is not placed; "" where it is.
	Unplaced string
	// Near are the creatives that an unplaced key may be a master of: while it lies
	// there, they are not proved absent.
	Near []creative.Creative
}

// Place applies the rules to a key of the library. Labels go before the name, field by
// field. What cannot be a master (nothing in it, a thumbnail, a Finder's shadow file)
// is unplaced, but for a labelled thumbnail, which somebody placed by hand.
func Place(lib Library, key string, size int64, labels Labels) Placement {
	relative, inside := strings.CutPrefix(key, lib.Prefix)
	if !inside {
		return Placement{Unplaced: "outside the library's prefix"}
	}
	if size == 0 {
		return Placement{Unplaced: "empty: zero bytes"}
	}
	p := placeByName(relative)
	labelled, err := applyLabels(&p, labels)
	switch {
	case err != nil:
		near := p.Near
		if p.Unplaced == "" {
			near = append(near, p.Coordinates.Creative)
		}
		return Placement{Unplaced: err.Error(), Near: near}
	case labelled:
		p.Rule, p.Unplaced, p.Near = RuleLabels, "", nil
	}
	return p
}

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

var (
	// folderGrammar: CODE/vN/[locale/]file, anywhere below the library's prefix.
	folderGrammar = regexp.MustCompile(`^(?:.*/)?([^/]+)/[vV]([0-9]{1,6})/(?:([^/]+)/)?([^/]+)$`)
	// nameGrammar: CODE-N, then what locale and aspect are in.
	nameGrammar = regexp.MustCompile(`^(.+)-([0-9]{1,6})(?:_(.*))?$`)
	// nameLocale is stricter than a language tag: "final" is no locale in a file's name.
	nameLocale = regexp.MustCompile(`^(?i)[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?$`)
	thumbnail  = regexp.MustCompile(`(?i)(?:^|[-_. ])thumb(?:nail)?s?(?:[-_. ]|$)`)
)

// placeByName applies the rules for names to a key relative to its library.
func placeByName(relative string) Placement {
	file := path.Base(relative)
	stem := strings.TrimSuffix(file, path.Ext(file))
	switch {
	case strings.HasSuffix(relative, "/"):
		return Placement{Unplaced: "a folder's marker"}
	case strings.HasPrefix(file, "._"):
		return Placement{Unplaced: "a Finder's shadow file (._)"}
	case strings.HasPrefix(file, "."):
		return Placement{Unplaced: "a hidden file"}
	case thumbnail.MatchString(stem):
		return Placement{Unplaced: "a thumbnail"}
	}
	byName, byFolder := nameRule(stem), folderRule(relative, stem)
	switch {
	case byName.Unplaced != "" && byFolder.Unplaced != "":
		return mostTelling(byName, byFolder)
	case byFolder.Unplaced != "":
		return byName
	case byName.Unplaced != "" || byName.bare():
		return byFolder
	case byName.Coordinates.Creative.Same(byFolder.Coordinates.Creative):
		return byName.completedBy(byFolder)
	case byFolder.Coordinates.Locale == "":
		return byName // "projects/v2/CODE-N_en_9x16.mp4": that folder's version is something else's
	}
	a, b := byName.Coordinates.Creative, byFolder.Coordinates.Creative
	return Placement{
		Unplaced: fmt.Sprintf("the name says %s, the folder %s", a, b), Near: []creative.Creative{a, b},
	}
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

// mostTelling returns the rule's answer that came nearest.
func mostTelling(byName, byFolder Placement) Placement {
	near := append(byName.Near, byFolder.Near...)
	if len(byFolder.Near) > 0 {
		return Placement{Unplaced: byFolder.Unplaced, Near: near}
	}
	return Placement{Unplaced: byName.Unplaced, Near: near}
}

func nameRule(stem string) Placement {
	if m := nameGrammar.FindStringSubmatch(stem); m != nil {
		return place(RuleName, m[1], m[2], strings.Split(m[3], "_"))
	}
	return Placement{Unplaced: "no rule: expected CODE/vN/locale/aspect.ext or CODE-N_locale_aspect.ext"}
}

func folderRule(relative, stem string) Placement {
	m := folderGrammar.FindStringSubmatch(relative)
	if m == nil {
		return Placement{Unplaced: "no folder of the form CODE/vN/locale"}
	}
	parts := strings.Split(m[3], "_")
	if _, err := creative.ParseAspect(stem); err == nil {
		parts = append(parts, stem) // any other name leaves the aspect to the pixels
	}
	return place(RuleFolder, m[1], m[2], parts)
}

// place reads the parts of a name: locale first, aspect last, either may be absent.
func place(rule, code, variation string, parts []string) Placement {
	n, _ := strconv.Atoi(variation) // at most six digits
	p := Placement{Rule: rule, Coordinates: Coordinates{Creative: creative.Creative{Code: code, Variation: n}}}
	if err := p.Coordinates.Creative.Check(); err != nil {
		return Placement{Unplaced: err.Error()}
	}
	if last := len(parts) - 1; last >= 0 {
		if a, err := creative.ParseAspect(parts[last]); err == nil {
			p.Coordinates.Aspect, parts = a, parts[:last]
		}
	}
	text := strings.Join(parts, "-")
	if text == "" {
		return p
	}
	locale, err := creative.ParseLocale(text)
	if err != nil || !nameLocale.MatchString(text) {
		return Placement{
			Unplaced: fmt.Sprintf("neither locale nor aspect: %.40q", text),
			Near:     []creative.Creative{p.Coordinates.Creative},
		}
	}
	p.Coordinates.Locale = locale
	return p
}
