package masters

import (
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
)

// A name is words between "_" and spaces, a word is parts between "-". One word is
// CODE-N, or CODE followed by vN or N; every other word must be one that can only mean
// one thing. The order of words does not matter. Where two readings are possible, or a
// word is not known, the name is not placed, and is ambiguous among all that it may mean.

// reading is what has been found in a name.
type reading struct {
	candidates []candidate
	plain      []candidate // words that would be codes if a variation followed
	tokens     []token     // of what is no candidate
	ambiguity  string      // why the name could be read in two ways
	onlyLocale bool        // ambiguous for a locale alone, which another one in the name settles
}

// candidate is a word that may be a creative's code, with its variation where it has one.
type candidate struct {
	word     string
	creative creative.Creative
	shorter  creative.Creative // without what may not belong to the code; zero: nothing
	numbered bool              // the code itself ends in a number: HRT-1212
	short    bool              // the variation has one digit or two, as no code's number has
	others   []creative.Creative
	follower int // the number that is the next word; -1 is none
}

// nameRule places a file by its name.
func nameRule(stem string) Placement {
	r := read(withoutDates(stem))
	ambiguous := r.ambiguous()
	c, problem := r.creative()
	switch {
	case problem != "" && len(ambiguous) == 0:
		return Placement{Unplaced: problem}
	case problem != "":
		return Placement{Unplaced: problem, ClosestRule: RuleName, Ambiguous: ambiguous}
	}
	p := Placement{Rule: RuleName, Coordinates: Coordinates{Creative: c}}
	if err := c.Check(); err != nil {
		return Placement{Unplaced: err.Error(), ClosestRule: RuleName}
	}
	if problem := p.Coordinates.take(r.tokens); problem != "" {
		return Placement{Unplaced: problem, ClosestRule: RuleName, Ambiguous: ambiguous}
	}
	return p
}

// read takes a name apart.
func read(stem string) reading {
	var r reading
	before := other
	words := strings.FieldsFunc(stem, func(c rune) bool { return c == '_' || c == ' ' })
	for i, word := range words {
		whole := classify(word, before)
		if whole.class != other {
			if whole.class == number && i > 0 && before == other && r.follow(words[i-1], whole.number) {
				before = number
				continue
			}
			r.tokens, before = append(r.tokens, whole), whole.class
			continue
		}
		before = r.readWord(word)
	}
	return r
}

// readWord takes a word apart whose parts may be a code, its variation and more, and
// returns the class of its last part.
func (r *reading) readWord(word string) class {
	parts := strings.Split(word, "-")
	if tokens, known := classifyAll(parts); known { // "zh-Hant-TW"
		r.tokens = append(r.tokens, tokens...)
		return tokens[len(tokens)-1].class
	}
	core, tail := peel(parts)
	head := leading(core)
	for len(head) > 0 && head[0].class == aspect { // no code begins so
		r.tokens, head, core = append(r.tokens, head[0]), head[1:], core[1:]
	}
	r.tokens = append(r.tokens, tail...)
	last := len(core) - 1
	code := strings.Join(core, "-")
	c := candidate{word: word, follower: -1}
	switch {
	case last > 0 && digits().MatchString(core[last]) && hasLetter(core[:last]):
		c.creative = creative.Creative{Code: strings.Join(core[:last], "-"), Variation: classify(core[last], other).number}
		c.numbered = last > 1 && digits().MatchString(core[last-1])
		c.short = len(core[last]) < 3
		c.others = others(core[:last])
		if len(c.others) > 0 {
			r.ambiguity = fmt.Sprintf("%s or %s", c.creative, c.others[0])
		}
		if shortDate().MatchString(core[last]) {
			r.ambiguity = fmt.Sprintf("%s may be a variation or a date", core[last])
		}
		if len(head) > 0 {
			r.ambiguity = fmt.Sprintf("%q may belong to the code or not", strings.Join(core[:len(head)], "-"))
			r.onlyLocale = head[0].class == language && len(head) == 1
			c.shorter = creative.Creative{Code: strings.Join(core[len(head):last], "-"), Variation: c.creative.Variation}
		}
		r.candidates = append(r.candidates, c)
	case code != "" && hasLetter(core):
		c.creative.Code = code
		r.plain = append(r.plain, c)
	default:
		r.tokens = append(r.tokens, token{text: word})
	}
	if len(tail) > 0 {
		return tail[len(tail)-1].class
	}
	return other
}

// The limits of what is made of a name: more parts and readings than any name has.
const (
	maxPeel      = 12
	maxAmbiguous = 32
)

// peel takes from the end of a word's parts what can only mean one thing.
func peel(parts []string) (core []string, tail []token) {
	core = parts
	for n := len(parts) - 1; n > max(0, len(parts)-maxPeel); n-- {
		tokens, known := classifyAll(parts[n:])
		if !known {
			if subtagAfter(parts, n) {
				continue // its language may be next
			}
			break
		}
		core, tail = parts[:n], tokens
	}
	return core, tail
}

// others are the creatives that a code may be, with something behind it, where it has a
// known word or a second number in its middle: HRT-1212-2-9(-16), HRT-1212-2-en(-3).
func others(code []string) []creative.Creative {
	var found []creative.Creative
	for i := 1; i < len(code); i++ {
		known := classify(code[i], other).class
		if i > 1 && known == number && digits().MatchString(code[i-1]) || known != number && known != other {
			end := i
			if known == number {
				end = i + 1
			}
			for n := end - 1; n > 0; n-- {
				if digits().MatchString(code[n]) && hasLetter(code[:n]) {
					found = append(found, creative.Creative{Code: strings.Join(code[:n], "-"), Variation: classify(code[n], other).number})
					break
				}
			}
		}
	}
	return found
}

// leading returns the known parts that a code begins with, as long as enough is left to
// be a code by itself.
func leading(core []string) []token {
	var found []token
	before := other
	for i := 0; i < len(core)-2 && i < maxPeel && hasLetter(core[i+1:len(core)-1]); i++ {
		t := classify(core[i], before)
		if t.class == other || t.class == number {
			break
		}
		found, before = append(found, t), t.class
	}
	return found
}

// subtagAfter reports parts that would be known if the one before them were a language.
func subtagAfter(parts []string, n int) bool {
	tokens, known := classifyAll(append([]string{"en"}, parts[n:]...))
	return known && (tokens[1].class == script || tokens[1].class == region)
}

// classifyAll classifies parts, and reports whether all of them are known. A number is
// not: it may be the variation.
func classifyAll(parts []string) (tokens []token, known bool) {
	before := other
	for _, part := range parts {
		t := classify(part, before)
		if t.class == other || t.class == number {
			return nil, false
		}
		tokens, before = append(tokens, t), t.class
	}
	return tokens, true
}

func hasLetter(parts []string) bool {
	return strings.ContainsFunc(strings.Join(parts, ""), func(c rune) bool { return c > '9' })
}

// follow notes a number right after a word that may be a code.
func (r *reading) follow(word string, n int) bool {
	for _, list := range [][]candidate{r.candidates, r.plain} {
		if last := len(list) - 1; last >= 0 && list[last].word == word {
			list[last].follower = n
			if n >= 1900 {
				r.ambiguity = fmt.Sprintf("%d may be a variation or a date", n)
			}
			return true
		}
	}
	return false
}

// creative says which creative is meant, or why that cannot be said.
func (r *reading) creative() (creative.Creative, string) {
	versions := r.versions()
	switch {
	case len(versions) > 1:
		return creative.Creative{}, "more than one variation"
	case len(r.candidates) > 1:
		return creative.Creative{}, fmt.Sprintf("%s or %s", r.candidates[0].creative, r.candidates[1].creative)
	case len(r.candidates) == 1 && len(r.plain) > 0:
		return creative.Creative{}, fmt.Sprintf("neither locale nor aspect: %.40q", r.plain[0].word)
	case len(r.candidates) == 1:
		return r.numbered(r.candidates[0], versions)
	case len(r.plain) == 1 && len(versions) == 1 && r.says(aspect, language):
		return creative.Creative{Code: r.plain[0].creative.Code, Variation: versions[0]}, r.ambiguity
	}
	return creative.Creative{}, noRule
}

const noRule = "no rule: expected CODE/vN/locale/aspect.ext or CODE-N_locale_aspect.ext"

// numbered reads CODE-N beside vN or a number: HRT-1212_v2 is variation 2 of HRT-1212,
// but HRT-1212-2_v3 may be that of HRT-1212-2, or a third version of the second.
func (r *reading) numbered(c candidate, versions []int) (creative.Creative, string) {
	switch {
	case r.ambiguity != "" && !(r.onlyLocale && r.says(language)):
		return creative.Creative{}, r.ambiguity
	case len(versions) == 0 || versions[0] == c.creative.Variation:
		return c.creative, ""
	case c.numbered, c.short, c.follower >= 0:
		return creative.Creative{}, fmt.Sprintf("variation %d or %d", c.creative.Variation, versions[0])
	}
	return creative.Creative{Code: c.creative.String(), Variation: versions[0]}, ""
}

// versions are the variations that vN and numbers after a code name.
func (r *reading) versions() []int {
	var found []int
	for _, t := range r.tokens {
		if t.class == version {
			found = append(found, t.number)
		}
	}
	for _, c := range slices.Concat(r.candidates, r.plain) {
		if c.follower >= 0 {
			found = append(found, c.follower)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// says reports whether a word of one of the classes stands beside the code.
func (r *reading) says(classes ...class) bool {
	return slices.ContainsFunc(r.tokens, func(t token) bool { return slices.Contains(classes, t.class) })
}
