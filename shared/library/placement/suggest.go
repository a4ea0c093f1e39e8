package placement

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
)

// Suggestion is a setting that a library may declare: a shape of codes, such as HRT-####, or a
// word that stands for a locale, such as UK. It takes effect only if a person declares it.
type Suggestion struct {
	Text    string // a shape of codes, such as HRT-####, or a word for a locale, such as UK
	Keys    int    // number of keys that contain Text
	Example string // one key that contains Text
}

// minSuggested is the smallest number of keys in which a shape of codes or a word must occur for
// Suggest to return it.
const minSuggested = 2

// Suggest returns two lists, each with the most frequent entry first. The list codes holds shapes
// of possible codes in the keys, such as HRT-####. The list markets holds words for a market, such
// as UK, that occur where a locale is expected. Both lists leave out entries that the rules already
// declare.
func (r Rules) Suggest(keys iter.Seq[string]) (codes, markets []Suggestion) {
	shapes, words := map[string]*Suggestion{}, map[string]*Suggestion{}
	for key := range keys {
		relative, inside := strings.CutPrefix(key, r.Prefix)
		if !inside {
			continue
		}
		read := read(newText(newFile(clean(unescaped(relative)), UnknownSize).stem), &r)
		for shape := range read.shapes() {
			count(shapes, shape, key)
		}
		for k, t := range read.tokens {
			if t.class == spoken && t.speech.market != "" && read.judge(k) != titled {
				count(words, t.speech.market, key)
			}
		}
	}
	return ranked(shapes), ranked(words)
}

// shapes yields the shape of each possible code in a key, such as "HRT-####" for HRT-1212, each shape
// once.
func (r *reader) shapes() iter.Seq[string] {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for i := range r.runs {
			if !r.isLetters(i) || !r.isDigits(i+1) || r.joined(i) || r.gap(i+1) != "-" && r.gap(i+1) != "" || !mayBeginCode(r.runs[i], minBare) {
				continue
			}
			digits := r.runs[i+1].word
			shape := r.runs[i].word + r.gap(i+1) + strings.Repeat("#", len(digits))
			if _, err := ParseCode(shape); err != nil || len(digits) < 2 || len(digits) > 6 || isYear(digits) || r.rules.Declares(r.runs[i].word+r.gap(i+1)+digits) && len(r.rules.Codes) > 0 || seen[shape] {
				continue
			}
			seen[shape] = true
			if !yield(shape) {
				return
			}
		}
	}
}

func count(all map[string]*Suggestion, text, key string) {
	if all[text] == nil {
		all[text] = &Suggestion{Text: text, Example: key}
	}
	all[text].Keys++
}

func ranked(all map[string]*Suggestion) (found []Suggestion) {
	for _, s := range all {
		if s.Keys >= minSuggested {
			found = append(found, *s)
		}
	}
	slices.SortFunc(found, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Keys, a.Keys), strings.Compare(a.Text, b.Text))
	})
	return found
}

// ShapeOf returns the shape of a code, with # for each digit: HRT-#### for HRT-1212. It returns
// "" if ParseCode refuses that shape, or if the shape does not match the code.
func ShapeOf(code string) string {
	shape := strings.Map(func(c rune) rune {
		if kindOf(c) == digit {
			return '#'
		}
		return c
	}, creative.CanonicalCode(code))
	if c, err := ParseCode(shape); err != nil || !c.Matches(code) {
		return ""
	}
	return shape
}
