package placement

import (
	"cmp"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// Placement is what a key says: the coordinates that it is placed at, or why it has none.
type Placement struct {
	// Creative is the creative that the key is placed at; its Code is "" where it is not.
	Creative creative.Creative
	Locale   creative.Locale // "" where the key names none for certain
	// Aspect is a hint: the pixels decide. "" where the key gives none, or several.
	Aspect creative.Aspect
	// Rule is what placed the key: RuleGrammar or a pattern's text. A key that a pattern
	// matches and that is not placed has the pattern's text, too.
	Rule string
	// Copy: the name is that of a copy; the original goes before it.
	Copy bool
	// Unplaced is why the key is not placed, and what to do; "" where it is.
	Unplaced string
	// Never is why the key is no master, whatever it is called: a thumbnail, an empty file.
	// Then Unplaced says the same. "" where it may be one.
	Never string
	// LocaleUnclear is why the locale of a placed key cannot be told, although its text names
	// a market or two languages; "" where the key says a locale or nothing.
	LocaleUnclear string
}

// RuleGrammar is the rule of keys that the built-in grammar places.
const RuleGrammar = "name"

// UnknownSize stands for the size of a file that only a name is known of.
const UnknownSize int64 = -1

// MaxKey is the longest key that S3 has, in bytes.
const MaxKey = 1024

// Place reads a key of the library. The size is the file's, in bytes, or UnknownSize.
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

// place makes the decision from the tokens: code, variation, aspect, locale.
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

// isCopy reports whether a copy's mark stands at an end of the file's name.
func (r *reader) isCopy() bool {
	for k, t := range r.tokens {
		inFolder := strings.Contains(r.s[r.runs[t.to-1].end:], "/")
		if t.class == copied && !inFolder && (k == len(r.tokens)-1 || k == 0 || strings.Contains(r.before(k), "/")) {
			return true
		}
	}
	return false
}
