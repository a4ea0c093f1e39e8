package masters

import (
	"cmp"
	"path"
	"regexp"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// Coordinates say where a master belongs.
type Coordinates struct {
	Creative creative.Creative
	Locale   creative.Locale // "" where nothing names it
	Aspect   creative.Aspect // "" where nothing names it; pixels go before it
}

// The rules that place an object, in their order, as documents name them. What a
// library's own pattern places has the pattern's text as its rule.
const (
	RuleLabels = "labels" // tags and metadata
	RuleFolder = "folder" // CODE/vN/…/file, CODE-N/locale/aspect
	RuleName   = "name"   // CODE-N with locale and aspect around it
)

// Placement is where a key belongs, or why nowhere.
type Placement struct {
	Coordinates Coordinates
	Rule        string
	Copy        bool // the name is that of a copy: the original goes before it
	// Unplaced is why the key is not placed; "" where it is.
	Unplaced string
	// Never: it is no master whatever it is called: empty, a thumbnail, kept apart.
	Never bool
	// ClosestRule is the rule that came closest to placing an unplaced key, "" where none did.
	ClosestRule string
	// Ambiguous are the creatives that an unplaced key may be a master of: while it lies
	// there, they are not proved absent.
	Ambiguous []creative.Creative
}

// MaxKey is the longest key of an object in S3, in bytes.
const MaxKey = 1024

// Place applies the rules to a key of the library. Labels go before the name, field by
// field. What cannot be a master (nothing in it, a thumbnail, a Finder's shadow file)
// is unplaced, but for a labelled thumbnail, which somebody placed by hand.
func Place(lib Library, key string, size int64, labels Labels) Placement {
	relative, inside := strings.CutPrefix(key, lib.Prefix)
	if !inside {
		return Placement{Unplaced: "outside the library's prefix"}
	}
	if len(key) > MaxKey {
		return Placement{Unplaced: "a key longer than S3 has"}
	}
	if size == 0 {
		return Placement{Unplaced: "empty: zero bytes", Never: true}
	}
	p := lib.placeByName(relative, size)
	labelled, err := applyLabels(&p, labels)
	switch {
	case err != nil:
		ambiguous := append(p.Ambiguous, labels.ambiguous()...)
		if c := p.Coordinates.Creative; c.Check() == nil {
			ambiguous = append(ambiguous, c)
		}
		return Placement{Unplaced: err.Error(), ClosestRule: RuleLabels, Ambiguous: mentioned(ambiguous, labels.get(LabelCode)+"/"+relative)}
	case labelled:
		p.Rule, p.Unplaced, p.ClosestRule, p.Ambiguous, p.Never = RuleLabels, "", "", nil, false
	}
	return p
}

// What no file is a master by, whatever else its name says.
var noMasters = []struct {
	name   func() *regexp.Regexp // of the last part of the key
	reason string
}{
	{lazy.Regexp(`^\._`), "a Finder's shadow file (._)"},
	{lazy.Regexp(`^\.`), "a hidden file"},
	{lazy.Regexp(`^~\$|^(?i:thumbs\.db|desktop\.ini)$`), "a file of the operating system"},
	{lazy.Regexp(`(?i)\.(?:part|partial|crdownload|tmp)$`), "an unfinished download"},
}

// Folders of a library that hold no masters: only labels place what lies there.
var reserved = map[string]string{
	"unsorted": "taken in without coordinates: tag it with " + LabelCode + " and " + LabelVariation,
	"proofs":   "a proof",
	"builds":   "a build",
}

// placeByName applies the rules for names to a key relative to its library: the
// library's own patterns, then the file's name and its folders together.
func (l Library) placeByName(relative string, size int64) Placement {
	if strings.HasSuffix(relative, "/") {
		return Placement{Unplaced: "a folder's marker", Never: true}
	}
	file := path.Base(relative)
	for _, no := range noMasters {
		if no.name().MatchString(file) {
			return Placement{Unplaced: no.reason, Never: true}
		}
	}
	top, _, _ := strings.Cut(relative, "/")
	if reason := reserved[top]; reason != "" {
		return Placement{Unplaced: reason, Never: true}
	}
	folder := strings.TrimSuffix(relative, file)
	inside, never := foldersStandForOthers(folder, file)
	if never {
		return Placement{Unplaced: inside, Never: true}
	}
	reason, never := standsForAnother(file, size)
	if never {
		return Placement{Unplaced: reason, Never: true}
	}
	stem, copied := original(strings.TrimSuffix(file, path.Ext(file)))
	p, matched := l.placeByPattern(folder + stem)
	if !matched {
		reason = cmp.Or(reason, inside)
		p = together(nameRule(stem), folderRule(folder, stem), folder)
	}
	if reason != "" {
		p = p.unplacedBecause(reason)
	}
	if p.Unplaced != "" {
		p.Ambiguous = mentioned(p.Ambiguous, folder+stem)
	}
	p.Copy = copied
	return p
}
