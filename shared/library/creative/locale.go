package creative

import (
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/kit/lazy"
)

// Locale is a normalised language tag, in lower case with "-" between its parts: "pt-br". The
// zero value means no locale.
type Locale string

// ErrLocale means that the text is not a language tag.
var ErrLocale = errors.New("not a language tag (expected a tag like en or pt-BR)")

// localeGrammar is the outline of a tag of RFC 5646: a language of two to eight letters, then
// subtags of one to eight characters.
var localeGrammar = lazy.Regexp(`^[a-z]{2,8}(-[a-z0-9]{1,8}){0,7}$`)

// ParseLocale reads a language tag in upper or lower case, with "_" or "-" between its parts. It
// returns ErrLocale for other text.
func ParseLocale(s string) (Locale, error) {
	normal := strings.ReplaceAll(strings.ToLower(s), "_", "-")
	if !localeGrammar().MatchString(normal) {
		return "", fmt.Errorf("%w: %.40q", ErrLocale, s)
	}
	return Locale(normal), nil
}

// IsTag reports whether the locale can be a language tag. No language code has more than three
// letters, so "english" is a name and not a tag.
func (l Locale) IsTag() bool {
	language, _, _ := strings.Cut(string(l), "-")
	return len(language) == 2 || len(language) == 3
}

// MaxRank is larger than any rank, because a tag has at most eight parts.
const MaxRank = 8

// Rank returns how well a master's locale matches the wanted one. 0 means equal. n means that the
// RFC 4647 lookup finds the master's locale after n steps: "zh-hant-tw" finds "zh-hant" after one
// step, then "zh". -1 means no match. A sibling never matches ("pt-br" for "pt-pt"), nor does a
// longer tag ("pt-br" for "pt").
func (wanted Locale) Rank(has Locale) int {
	if has == "" || wanted == "" {
		return -1
	}
	for rank, tag := 0, string(wanted); tag != ""; rank++ {
		if tag == string(has) {
			return rank
		}
		tag = parent(tag)
	}
	return -1
}

// parent returns the tag without its last subtag. If the new last subtag is a single letter,
// parent removes it, too (RFC 4647, 3.4).
func parent(tag string) string {
	cut := strings.LastIndexByte(tag, '-')
	if cut < 0 {
		return ""
	}
	tag = tag[:cut]
	if len(tag) >= 2 && tag[len(tag)-2] == '-' {
		tag = tag[:len(tag)-2]
	}
	return tag
}
