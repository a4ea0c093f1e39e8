package masters

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// token is a piece of a name between separators, and what it can only mean.
type token struct {
	text   string
	class  class
	aspect creative.Aspect // of an aspect
	number int             // of a version or a number
}

type class int

// The classes, in the order they are tried.
const (
	other      class = iota // part of a code, or nothing that is known
	aspect                  // 9x16, vertical
	resolution              // 1080x1920, 1080p, 4k: says nothing that pixels do not say better
	date                    // 20261121, 2026-11-21
	version                 // v2
	number                  // 2
	noise                   // final, h264
	language                // en
	script                  // Hant, after its language
	region                  // BR, 419, after its language or script
)

// A word that can only mean one shape.
var shapes = map[string]creative.Aspect{
	"vertical": "9x16", "horizontal": "16x9", "landscape": "16x9", "square": "1x1",
}

// The grammars of tokens.
var (
	sides      = lazy.Regexp(`^[0-9]{3,5}[xX×][0-9]{3,5}$`)
	definition = lazy.Regexp(`^(?i)(?:[0-9]{3,4}[pi](?:[0-9]{2})?|[248]k|s?hd|fhd|uhd|[0-9]{2}fps)$`)
	versioned  = lazy.Regexp(`^[vV]([0-9]{1,6})$`)
	digits     = lazy.Regexp(`^[0-9]{1,6}$`)
	idle       = lazy.Regexp(`^(?i)(?:final[0-9]*|master|export|render|approved|portrait|video|image|h\.?26[45]|x26[45]|hevc|avc|av1|vp9|prores|web|mp4|mov)$`)
	scripts    = lazy.Regexp(`^(?i)(?:hans|hant|latn|cyrl|arab)$`)
	// dates are days of this and the last century, the year first or last.
	dates = []func() *regexp.Regexp{
		lazy.Regexp(`(?:19|20)[0-9]{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12][0-9]|3[01])`),
		lazy.Regexp(`(?:0[1-9]|[12][0-9]|3[01])[-_.](?:0[1-9]|1[0-2])[-_.](?:19|20)[0-9]{2}`),
	}
	// shortDate may be a date without its century, or a number.
	shortDate = lazy.Regexp(`^(?:[1-4][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[1-4][0-9])$`)
)

// classify says what a token can only mean. before is the class of the one before it:
// parts of a locale follow its language.
func classify(text string, before class) token {
	t := token{text: text}
	lower := strings.ToLower(text)
	switch {
	case before == language && scripts().MatchString(text):
		t.class = script
		return t
	case (before == language || before == script) && territories()[strings.ToLower(text)]:
		t.class = region
		return t
	}
	switch shape, known := shapes[lower]; {
	case known:
		t.class, t.aspect = aspect, shape
	case sides().MatchString(text), definition().MatchString(text):
		t.class = resolution
	case versioned().MatchString(text):
		t.class = version
		t.number, _ = strconv.Atoi(text[1:]) // at most six digits
	case digits().MatchString(text):
		t.class = number
		t.number, _ = strconv.Atoi(text)
	case idle().MatchString(text):
		t.class = noise
	case languages()[lower]:
		t.class = language
	default:
		if ratio, err := creative.ParseAspect(text); err == nil {
			t.class, t.aspect = aspect, ratio
		}
	}
	return t
}

// withoutDates cuts dates that stand by themselves out of a name.
func withoutDates(stem string) string {
	for _, grammar := range dates {
		for from := 0; from < len(stem); {
			at := grammar().FindStringIndex(stem[from:])
			if at == nil {
				break
			}
			begin, end := from+at[0], from+at[1]
			if begin > 0 && !isSeparator(stem[begin-1]) || end < len(stem) && !isSeparator(stem[end]) {
				from = begin + 1
				continue
			}
			head, tail := strings.TrimRight(stem[:begin], separators), strings.TrimLeft(stem[end:], separators)
			stem, from = strings.Trim(head+"_"+tail, "_"), len(head)
		}
	}
	return stem
}

const separators = "-_. ()"

func isSeparator(b byte) bool { return strings.IndexByte(separators, b) >= 0 }

// take reads locale and aspect out of tokens; each may come once. The problem says why
// it cannot be read.
func (c *Coordinates) take(tokens []token) (problem string) {
	var locale []string
	for _, t := range tokens {
		switch t.class {
		case other, number:
			return fmt.Sprintf("neither locale nor aspect: %.40q", t.text)
		case aspect:
			if c.Aspect != "" && c.Aspect != t.aspect {
				return fmt.Sprintf("two aspects, %s and %s", c.Aspect, t.aspect)
			}
			c.Aspect = t.aspect
		case language:
			if len(locale) > 0 && !strings.EqualFold(locale[0], t.text) {
				return fmt.Sprintf("two locales, %s and %s", locale[0], t.text)
			}
			locale = append(locale[:0], t.text)
		case script, region:
			locale = append(locale, t.text)
		}
	}
	if len(locale) == 0 {
		return ""
	}
	parsed, err := creative.ParseLocale(strings.Join(locale, "-"))
	if err != nil {
		return err.Error()
	}
	c.Locale = parsed
	return ""
}
