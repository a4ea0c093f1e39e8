package creative

import (
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/kit/lazy"
)

// Locale is a language tag, normalised: lower case, "-" between its parts, as in
// "pt-br". The zero value is no locale.
type Locale string

// ErrLocale is text that is no language tag.
var ErrLocale = errors.New("no language tag (expected the like of en or pt-BR)")

// A tag of RFC 5646 in outline: a language of two to eight letters, then subtags of one to eight.
var localeGrammar = lazy.Regexp(`^[a-z]{2,8}(-[a-z0-9]{1,8}){0,7}$`)

// ParseLocale reads a language tag in any case, with "_" or "-" between its parts.
func ParseLocale(s string) (Locale, error) {
	normal := strings.ReplaceAll(strings.ToLower(s), "_", "-")
	if !localeGrammar().MatchString(normal) {
		return "", fmt.Errorf("%w: %.40q", ErrLocale, s)
	}
	return Locale(normal), nil
}

// IsTag reports whether the locale can be a language tag: no language has a code of more than three
// letters, so that "english" is a name.
func (l Locale) IsTag() bool {
	language, _, _ := strings.Cut(string(l), "-")
	return len(language) == 2 || len(language) == 3
}

// MaxRank is more than any rank: a tag has at most eight parts.
const MaxRank = 8

// Rank says how well a master's locale answers the wanted one: 0 is exact, larger
// is further up RFC 4647's lookup ("zh-hant-tw" finds "zh-hant", then "zh"), -1 is
// not at all. Never sideways ("pt-br" is no answer to "pt-pt") or down ("pt-br" is
// none to "pt").
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

// parent drops the last subtag, and a single-letter one left at the end with it (RFC 4647, 3.4).
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
