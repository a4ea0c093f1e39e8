package masters

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// Pattern is a library's own rule for names: the key below the library's prefix,
// without extension, as
//
//	{code}/{locale}/{aspect}_v{variation}
//	*/{code}.{variation}.{locale}.*
//	**/{code}_{variation}
//
// A field stands for text without a slash, "*" for any such text, and "**/" at the start
// for any folders. Upper and lower case are one. A key that the pattern can be read into
// in two ways is not placed.
type Pattern struct {
	text    string
	grammar *regexp.Regexp // fields as long as can be, from the left
	shorter *regexp.Regexp // fields as short as can be
}

// The limits of patterns; a library's prefix and they must fit into an environment variable.
const (
	MaxPatterns = 16
	MaxPattern  = 128 // bytes
)

// ErrPattern is text that is no pattern.
var ErrPattern = errors.New("no pattern for keys")

// fields are what a pattern may name.
var fields = map[string]string{
	"code":      `([^/]{1,64})`,
	"variation": `([0-9]{1,6})`,
	"locale":    `([a-z]{2,3}(?:[-_][a-z0-9]{2,4}){0,2})`,
	"aspect":    `([0-9.]{1,6}[x:×][0-9.]{1,6}|vertical|horizontal|landscape|square)`,
}

// openVariation is a variation beside what may take some of its digits: 12 would be 2.
var openVariation = lazy.Regexp(`[}*0-9]\{variation\}|\{variation\}[{*0-9]`)

var patternPart = lazy.Regexp(`\{[^{}]*\}|\*\*/|\*|[{}]|[^{}*]+`)

// ParsePattern reads a pattern. Errors: ErrPattern, which say what is wrong.
func ParsePattern(text string) (Pattern, error) {
	refuse := func(why string, args ...any) (Pattern, error) {
		return Pattern{}, fmt.Errorf("%w: %s", ErrPattern, fmt.Sprintf(why, args...))
	}
	if text == "" || len(text) > MaxPattern {
		return refuse("empty, or over %d bytes", MaxPattern)
	}
	grammar := "^"
	named := map[string]bool{}
	for i, part := range patternPart().FindAllString(text, -1) {
		name := strings.Trim(part, "{}")
		switch {
		case part == "**/" && i == 0:
			grammar += `(?:.*/)?`
		case part == "**/":
			return refuse("**/ elsewhere than at the start")
		case part == "*":
			grammar += `[^/]*`
		case part[0] != '{' && part[0] != '}':
			grammar += regexp.QuoteMeta(part)
		case fields[name] == "" || part != "{"+name+"}":
			return refuse("%.20q is none of {code}, {variation}, {locale} and {aspect}", part)
		case named[name]:
			return refuse("%s twice", part)
		default:
			named[name] = true
			grammar += strings.Replace(fields[name], "(", "(?P<"+name+">", 1)
		}
	}
	if !named["code"] || !named["variation"] {
		return refuse("needs {code} and {variation}")
	}
	if openVariation().MatchString(text) {
		return refuse("{variation} needs text beside it that is no digit, field or *")
	}
	longest, err := regexp.Compile("(?i)" + grammar + "$")
	if err != nil {
		return refuse("not UTF-8")
	}
	return Pattern{text, longest, regexp.MustCompile("(?iU)" + grammar + "$")}, nil
}

// String returns the pattern's text.
func (p Pattern) String() string { return p.text }

// placeByPattern applies the library's own patterns, the first that matches.
func (l Library) placeByPattern(name string) (Placement, bool) {
	for _, pattern := range l.Patterns {
		if m := pattern.grammar.FindStringSubmatch(name); m != nil {
			return pattern.certain(pattern.place(m), pattern.place(pattern.shorter.FindStringSubmatch(name))), true
		}
	}
	return Placement{}, false
}

// certain returns what two readings of a key agree on.
func (p Pattern) certain(long, short Placement) Placement {
	if long.Coordinates == short.Coordinates && long.Unplaced == short.Unplaced {
		return long
	}
	either := Placement{Unplaced: "the pattern can be read into it in two ways", ClosestRule: p.text}
	for _, reading := range []Placement{long, short} {
		if reading.Unplaced == "" {
			reading.Ambiguous = []creative.Creative{reading.Coordinates.Creative}
		}
		either.Ambiguous = append(either.Ambiguous, reading.Ambiguous...)
	}
	return either
}

func (p Pattern) place(match []string) Placement {
	get := func(name string) string {
		if i := p.grammar.SubexpIndex(name); i >= 0 {
			return match[i]
		}
		return ""
	}
	variation, _ := strconv.Atoi(get("variation")) // at most six digits
	c := Coordinates{Creative: creative.Creative{Code: get("code"), Variation: variation}}
	if err := c.Creative.Check(); err != nil {
		return Placement{Unplaced: err.Error(), ClosestRule: p.text}
	}
	ambiguous := []creative.Creative{c.Creative}
	if text := get("aspect"); text != "" {
		t := classify(text, other)
		if t.class != aspect {
			return Placement{Unplaced: fmt.Sprintf("no aspect: %.20q", text), ClosestRule: p.text, Ambiguous: ambiguous}
		}
		c.Aspect = t.aspect
	}
	if text := get("locale"); text != "" {
		locale, err := creative.ParseLocale(text)
		if err != nil {
			return Placement{Unplaced: err.Error(), ClosestRule: p.text, Ambiguous: ambiguous}
		}
		c.Locale = locale
	}
	return Placement{Rule: p.text, Coordinates: c}
}
