package placement

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// Code is a shape of codes: a pattern that a library declares for its codes. "HRT-####" means HRT-
// and four digits, "[A-Z]{2,5}-####" has two to five letters instead of HRT, "SUMMER" is exactly
// one code. Case does not matter. The zero value matches nothing.
type Code struct {
	text     string
	elements []element
	// letters is true if the shape states every letter: HRT-#### does, [A-Z]-#### does not. Only
	// then may a key have another separator than the shape, such as HRT_1212 for HRT-####.
	letters bool
}

// element is one character of a shape of codes such as HRT-####.
type element struct {
	char     rune // a literal character in upper case; 0 means any digit or any letter
	written  rune // the literal character in the case in which the library declared it
	digit    bool
	optional bool
}

// These are the limits of the shapes of codes, such as HRT-####, that a library may declare.
const (
	MaxCodes    = 32
	maxRepeat   = 32
	maxElements = 63 // a match stores one state per element in 64 bits
)

// ErrCode means that a text is not a valid shape of codes. A valid one is HRT-####, for example.
var ErrCode = errors.New("invalid shape of codes")

// ErrOnlyDigits means that a shape of codes, such as ####, has no letter.
var ErrOnlyDigits = errors.New("digits alone match every date and size: give the letters that your codes begin with")

// ParseCode reads a shape of codes, such as HRT-####. Its error wraps ErrCode and states the
// reason.
func ParseCode(shape string) (Code, error) {
	c := Code{text: shape, letters: true}
	refuse := func(why string, args ...any) (Code, error) {
		return Code{}, fmt.Errorf("%w: %q: %s", ErrCode, cut(shape), fmt.Sprintf(why, args...))
	}
	switch {
	case shape == "":
		return refuse("expected a shape like HRT-####, got nothing")
	case len(shape) > creative.MaxCode:
		return refuse("over %d bytes", creative.MaxCode)
	case !utf8.ValidString(shape):
		return refuse("not UTF-8")
	}
	rest := norm.NFKC.String(shape)
	hasDigit, hasLetter := false, false
	for rest != "" {
		r, size := utf8.DecodeRuneInString(rest)
		e, repeatable := element{char: unicode.ToUpper(r), written: r}, false
		switch {
		case r == '#':
			e, repeatable, hasDigit = element{digit: true}, true, true
		case r == '[':
			set, after, ok := strings.Cut(rest, "]")
			if !ok {
				return refuse("[ without ]")
			}
			switch set[1:] {
			case "A-Z":
				e, repeatable, c.letters = element{}, true, false
			case "0-9":
				e, repeatable, hasDigit = element{digit: true}, true, true
			default:
				return refuse("%s] is neither [A-Z] nor [0-9]", set)
			}
			rest, size = " "+after, 1
		case r == ']':
			return refuse("] without [")
		case r == '{', r == '}':
			return refuse("%c must follow # or ], as in #{3,4}", r)
		case r == '/' || r == '\\':
			return refuse("a code has no slash")
		case !unicode.IsPrint(r):
			return refuse("a code has no invisible characters")
		case unicode.IsLetter(r):
			hasLetter = true
		case unicode.IsDigit(r):
			hasDigit = true
		}
		rest = rest[size:]
		least, most := 1, 1
		if repeatable && strings.HasPrefix(rest, "{") {
			counts, after, ok := strings.Cut(rest[1:], "}")
			if !ok {
				return refuse("{ without }")
			}
			if least, most, ok = parseCounts(counts); !ok {
				return refuse("{%s} is not a count: expected {4} or {2,5}, 1 to %d", counts, maxRepeat)
			}
			rest = after
		}
		for n := range most {
			e.optional = n >= least
			c.elements = append(c.elements, e)
		}
	}
	first, last := c.elements[0], c.elements[len(c.elements)-1]
	switch {
	case len(c.elements) > maxElements:
		return refuse("matches codes over %d characters", maxElements)
	case isSeparator(first) || isSeparator(last):
		return refuse("must begin and end with a letter or a digit")
	case !hasLetter && c.letters:
		return Code{}, fmt.Errorf("%w: %q: %w", ErrCode, cut(shape), ErrOnlyDigits)
	case !hasDigit && !c.letters:
		return refuse("letters alone match every word: give each code, or the digits that your codes have")
	}
	if word := c.knownWord(); word != "" {
		return refuse("also matches %s", word)
	}
	return c, nil
}

func cut(s string) string { return fmt.Sprintf("%.40s", s) }

func isSeparator(e element) bool {
	return e.char != 0 && kindOf(e.char) == between && !unicode.IsMark(e.char)
}

func parseCounts(s string) (least, most int, ok bool) {
	from, to, ranged := strings.Cut(s, ",")
	if !ranged {
		to = from
	}
	least, err := strconv.Atoi(from)
	most, err2 := strconv.Atoi(to)
	return least, most, err == nil && err2 == nil && 1 <= least && least <= most && most <= maxRepeat && from[0] != '+' && to[0] != '+'
}

// knownWord looks for a text that the shape matches although it is no code: a date, a version, or a
// known word such as IMG-1234. It returns a description of that text, or "" if there is none. For
// a shape with [A-Z], it does not check words such as IMG-1234, because isKnownBefore already
// prevents them from becoming codes.
func (c Code) knownWord() string {
	for text, is := range everyShape() {
		if c.matchesAll(text) {
			return fmt.Sprintf("%s, %s", text, is)
		}
	}
	if !c.letters {
		return ""
	}
	for _, text := range [...]string{"IMG-1234", "IMG_1234", "DSC-1234", "DSC_1234", "IMG1234", "DSC1234", "KW33", "CW33", "KW-33", "SS25", "FY25"} {
		if c.matchesAll(text) {
			return text + ", which is never a code"
		}
	}
	plainWord := strings.ToUpper(c.text)
	_, language := languageWord(plainWord)
	switch {
	case !c.letters:
	case words()[plainWord] != free, isVersionWord(plainWord), isFormat(plainWord):
		return "a common word in file names"
	case isMonthName(plainWord):
		return "a month"
	case language:
		return "a language or a market"
	case aspectOfWord(plainWord) != "":
		return "an aspect"
	}
	return ""
}

// everyShape yields the texts with which every declared shape of codes is checked. They are never
// codes: dates and versions, for example. A shape must match none of them. Each text comes with a
// description.
func everyShape() iter.Seq2[string, string] {
	return func(yield func(text, is string) bool) {
		for _, sample := range [...][2]string{
			{"V2", "a version"}, {"V02", "a version"}, {"V12", "a version"}, {"VAR-2", "a variation"}, {"VER2", "a version"},
			{"R3", "a revision"}, {"Q4", "a quarter"}, {"2025-08-15", "a date"}, {"20250815", "a date"}, {"25-08-15", "a date"},
			{"150825", "a date"}, {"15-08-2025", "a date"}, {"2025-08", "a month"}, {"15S", "a duration"}, {"30SEC", "a duration"},
			{"9X16", "an aspect"}, {"1080X1920", "a size"}, {"1080P", "a resolution"}, {"4K", "a resolution"},
			{"25FPS", "a frame rate"}, {"H264", "a codec"}, {"MP4", "a file format"},
		} {
			if !yield(sample[0], sample[1]) {
				return
			}
		}
	}
}

// String returns the shape of codes as the library declared it, such as HRT-####.
func (c Code) String() string { return c.text }

// spell changes an upper-case code to the case of the shape: AD12 becomes ad12 for the shape ad##.
func (c Code) spell(name string) string {
	letters := []rune(name)
	if len(letters) != len(c.elements) {
		return name // a shape with optional characters leaves the code in upper case
	}
	for i, e := range c.elements {
		if e.char != 0 {
			letters[i] = e.written
		}
	}
	return string(letters)
}

// Matches reports whether a code, in any case and any Unicode form, has this shape. HRT-1212, for
// example, has the shape HRT-####.
func (c Code) Matches(text string) bool { return c.matchesAll(strings.ToUpper(norm.NFKC.String(text))) }

func (c Code) matchesAll(text string) bool {
	return c.match(text, func(at int) bool { return at == len(text) }) == len(text) && text != ""
}

// match returns the end of the longest code of this shape at the start of an upper-case text, or
// 0 if there is no code. A code may end only at a position for which ends returns true.
func (c Code) match(s string, ends func(at int) bool) (end int) {
	if len(c.elements) == 0 {
		return 0
	}
	states, done := skipOptional(c.elements, 1), uint64(1)<<len(c.elements)
	for at, r := range s {
		if states&done != 0 && ends(at) {
			end = at
		}
		var next uint64
		for i, e := range c.elements {
			if states&(1<<i) != 0 && e.takes(r) {
				next |= 1 << (i + 1)
			}
		}
		if states = skipOptional(c.elements, next); states == 0 {
			return end
		}
	}
	if states&done != 0 && ends(len(s)) {
		end = len(s)
	}
	return end
}

// matchLoosely matches codes whose separators differ from the shape's: HRT 1212, HRT_1212 or
// HRT1212 for HRT-1212. It returns the code with the shape's separators. It matches no shape with
// [A-Z] or with an optional character, because otherwise any word before a year could be a code.
func (c Code) matchLoosely(s string, ends func(at int) bool) (name string, end int) {
	var spelled strings.Builder
	at := 0
	for _, e := range c.elements {
		if e.optional || e.char == 0 && !e.digit {
			return "", 0
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case isSeparator(e):
			if size > 0 && strings.ContainsRune("-_. ", r) {
				at += size
			}
			spelled.WriteRune(e.char)
			continue
		case size == 0 || !e.takes(r):
			return "", 0
		}
		spelled.WriteRune(r)
		at += size
	}
	if at == 0 || !ends(at) {
		return "", 0
	}
	return spelled.String(), at
}

func (e element) takes(r rune) bool {
	switch {
	case e.char == 0 && e.digit:
		return '0' <= r && r <= '9'
	case e.char == 0:
		return unicode.IsLetter(r)
	}
	return e.char == r
}

// skipOptional returns the parameter states with more positions added. Bit i of states means that
// element i of the shape is the next to match. If this element is optional, skipOptional adds the
// position after it.
func skipOptional(elements []element, states uint64) uint64 {
	for i, e := range elements {
		if states&(1<<i) != 0 && e.optional {
			states |= 1 << (i + 1)
		}
	}
	return states
}

// declaredCode matches a code of a declared shape, such as HRT-####, that begins at index i of the
// reader's runs of letters and digits. It first looks for a code with the separators of the shape. If
// there is none, it also accepts other separators, as in HRT_1212. A code must not begin or end inside
// a word or a number.
func (r *reader) declaredCode(i int) token {
	if len(r.rules.Codes) == 0 {
		return token{}
	}
	start := r.runs[i].at
	rest := r.upper[start:]
	last := i
	ends := func(at int) bool {
		for last < len(r.runs)-1 && r.runs[last].at+len(r.runs[last].word)-start < at {
			last++
		}
		for last > i && r.runs[last-1].at+len(r.runs[last-1].word)-start >= at {
			last--
		}
		return r.runs[last].at+len(r.runs[last].word)-start == at
	}
	var best token
	take := func(c Code, name string, end int) {
		if end > 0 && ends(end) && last+1 > best.to {
			best = token{class: code, to: last + 1, name: c.spell(name), from: i}
		}
	}
	for _, c := range r.rules.Codes {
		if end := c.match(rest, ends); end > 0 && (c.letters || !r.isKnownBefore(i)) {
			take(c, rest[:end], end)
		}
	}
	if best.to == 0 {
		for _, c := range r.rules.Codes {
			name, end := c.matchLoosely(rest, ends)
			take(c, name, end)
		}
	}
	if best.to > 0 && (r.joined(i) || r.joined(best.to) && r.version(best.to).to == 0) {
		best.unsure = fmt.Sprintf("%q is joined to other letters or digits", best.name)
	}
	return best
}

// isKnownBefore reports whether run number i of the key (a sequence of letters or of digits) is a
// known word that does not begin a code, such as IMG in IMG-1234 or AUG in AUG-2025. A shape of
// codes with [A-Z] must not match such a word.
func (r *reader) isKnownBefore(i int) bool {
	if !r.isLetters(i) {
		return false
	}
	word := r.runs[i].word
	year := r.isDigits(i+1) && isYear(r.runs[i+1].word)
	return words()[word] != free || isVersionWord(word) || isMonthName(word) || isFormat(word) || r.season(i).to > 0 || year && !isGuessable(word)
}
