package placement

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// Placement is the result of reading a key: the coordinates where the key is placed, or the
// reason why it is not placed.
type Placement struct {
	// Creative is the creative that the key is placed at. Its Code is "" if the key is not placed.
	Creative creative.Creative
	Locale   creative.Locale // "" if the key states no locale for certain
	// Aspect is only a hint, because the pixels decide. It is "" if the key states no aspect or
	// several aspects.
	Aspect creative.Aspect
	// Rule is the rule that placed the key: RuleGrammar or a pattern's text. If a pattern matches
	// a key but does not place it, Rule is the pattern's text, too.
	Rule string
	// Copy reports whether the name marks the file as a copy, as in "film (1).mp4". Of two
	// masters with the same locale and aspect, masters.Choose prefers the original.
	Copy bool
	// Unplaced states why the key is not placed and what a person must do. It is "" if the key is
	// placed.
	Unplaced string
	// Never states why the file can be no master, whatever its name is: it is a thumbnail or an
	// empty file, for example. Unplaced then has the same text. Never is "" if the file may be a
	// master.
	Never string
	// LocaleUnclear states why the locale of a placed key is ambiguous: its text names a market
	// or two languages, for example. It is "" if the key states one locale clearly or states
	// none.
	LocaleUnclear string
}

// RuleGrammar is the value of Placement.Rule if the built-in grammar, not a pattern, places a key.
const RuleGrammar = "name"

// UnknownSize is the size that a caller must pass if it knows only a file's name.
const UnknownSize int64 = -1

// MaxKey is the largest length of an S3 key, in bytes.
const MaxKey = 1024

// Place reads a key of the library and returns its coordinates, or the reason why it has none.
// size is the file's size in bytes, or UnknownSize.
func (r Rules) Place(key string, size int64) Placement {
	relative, inside := strings.CutPrefix(key, r.Prefix)
	switch {
	case !inside:
		return Placement{Unplaced: "outside the library's prefix"}
	case len(key) > MaxKey:
		return Placement{Unplaced: fmt.Sprintf("the key is longer than %d bytes", MaxKey)}
	case size == 0:
		return never("the file is empty")
	}
	f := newFile(clean(unescaped(relative)), size)
	if reason := f.never(); reason != "" {
		return never(reason)
	}
	read := read(newText(f.stem), &r)
	if reason := f.standIn(read); reason != "" {
		return never(reason)
	}
	p, matched := r.placeByPattern(f.stem, read.isCopy())
	apart := ""
	if !matched {
		p, apart = read.place(), f.apart()
	}
	if reason := cmp.Or(apart, f.hidden(), read.staleness(matched)); reason != "" {
		if !matched {
			p.Rule = ""
		}
		return Placement{Unplaced: reason, Rule: p.Rule}
	}
	return p
}

func never(reason string) Placement { return Placement{Unplaced: reason, Never: reason} }

// place computes the placement from the tokens, in this order: code, variation, aspect, locale.
func (r *reader) place() Placement {
	at, problem := r.oneCode()
	if problem != "" {
		return Placement{Unplaced: problem}
	}
	variation, problem := r.variation(at)
	if problem != "" {
		return Placement{Unplaced: problem}
	}
	p := Placement{
		Creative: creative.Creative{Code: norm.NFC.String(r.tokens[at[0]].name), Variation: variation},
		Aspect:   aspectHint(r.tokens), Rule: RuleGrammar, Copy: r.isCopy(),
	}
	if err := p.Creative.Check(); err != nil {
		return Placement{Unplaced: err.Error()}
	}
	p.Locale, p.LocaleUnclear = r.locale()
	return p
}

// isCopy reports whether the file's name begins or ends with a copy mark.
func (r *reader) isCopy() bool {
	for k, t := range r.tokens {
		inFolder := strings.Contains(r.s[r.runs[t.to-1].end:], "/")
		if t.class == copied && !inFolder && (k == len(r.tokens)-1 || k == 0 || strings.Contains(r.before(k), "/")) {
			return true
		}
	}
	return false
}
