package placement

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// Obvious returns the placement that a person would read in a key that the rules do not place. The
// caller must ask a person before it places the file.
//
// The key must have one code, directly followed by its only variation. If it has no number besides
// the code, the variation is 1. Obvious returns false for other keys. It also returns false for a
// file that is no master, hidden, refused by a pattern or marked as old.
func (r Rules) Obvious(key string, size int64) (Placement, bool) {
	p := r.Place(key, size)
	if p.Unplaced == "" || p.Never != "" || p.Rule != "" || !strings.HasPrefix(key, r.Prefix) || len(key) > MaxKey {
		return Placement{}, false
	}
	f := newFile(clean(unescaped(key[len(r.Prefix):])), size)
	read := read(newText(f.stem), &r)
	if f.hidden() != "" || read.staleness(false) != "" {
		return Placement{}, false
	}
	at, problem := read.oneCode()
	if problem != "" {
		return Placement{}, false
	}
	code := norm.NFC.String(read.tokens[at[0]].name)
	variation := obviousVariation(key, code)
	if variation < 0 {
		return Placement{}, false
	}
	obvious := Placement{Creative: creative.Creative{Code: code, Variation: variation}, Aspect: aspectHint(read.tokens), Copy: read.isCopy()}
	obvious.Locale, obvious.LocaleUnclear = read.locale()
	return obvious, obvious.Creative.Check() == nil
}

// obviousVariation returns the only variation of the code that a key names. It returns -1 if the
// key names several variations, or if the number does not directly follow the code.
func obviousVariation(key, code string) int {
	var named []int
	apart := false
	for _, spelled := range spellings(key) {
		r, found := foundIn(spelled, code)
		if r == nil {
			return -1
		}
		for _, n := range r.mayBeVariations() {
			if r.namesVariation(found, n) {
				named = append(named, n)
				apart = apart || r.isApart(found, n)
			}
		}
	}
	slices.Sort(named)
	if named = slices.Compact(named); len(named) != 1 || apart {
		return -1
	}
	return named[0]
}

// mayBeVariations returns the numbers that the text may name as variations. It includes 1,
// because a text without numbers names variation 1.
func (t *text) mayBeVariations() []int {
	numbers := []int{1}
	for i := range t.runs {
		if !t.isDigits(i) {
			continue
		}
		if n := t.number(i); n >= 0 {
			numbers = append(numbers, n)
		}
		for cut := 1; cut < min(len(t.runs[i].word), 7); cut++ { // 29x16 may mean variation 2 and then 9x16
			numbers = append(numbers, value(t.runs[i].word[:cut]))
		}
	}
	return numbers
}

// isApart reports whether the number n occurs in the text but does not directly follow one of the
// found codes.
func (r *reader) isApart(found []span, n int) bool {
	certain, _ := r.claims()
	for _, at := range found {
		if slices.Contains(r.behind(at.to, certain), n) {
			return false
		}
	}
	for i := range r.runs {
		inCode := slices.ContainsFunc(found, func(at span) bool { return at.from <= i && i < at.to })
		if r.number(i) == n && !certain[i] && !inCode {
			return true
		}
	}
	return false
}
