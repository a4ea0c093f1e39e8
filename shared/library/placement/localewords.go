package placement

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"masterhand/shared/library/creative"
)

// Locales maps words that a library declares, in upper case, to locales: UK to en-GB, CH to
// de-CH. These words override every built-in meaning.
type Locales map[string]creative.Locale

// MaxLocales is the largest number of words that a library may declare.
const MaxLocales = 64

// ErrLocale means that a declared word cannot stand for a locale.
var ErrLocale = errors.New("invalid locale word")

// ParseLocale reads the declared words and their locales. The error joins one ErrLocale per
// mistake.
func ParseLocale(meanings map[string]string) (Locales, error) {
	if len(meanings) == 0 {
		return nil, nil
	}
	all := Locales{}
	var problems []error
	if len(meanings) > MaxLocales {
		problems = append(problems, fmt.Errorf("%w: %d words, at most %d", ErrLocale, len(meanings), MaxLocales))
	}
	for _, word := range slices.Sorted(maps.Keys(meanings)) {
		refuse := func(why string, args ...any) {
			problems = append(problems, fmt.Errorf("%w: %q: %s", ErrLocale, cut(word), fmt.Sprintf(why, args...)))
		}
		locale, err := creative.ParseLocale(meanings[word])
		t := newText(clean(word))
		spelled := spelling(t.runs)
		_, twice := all[spelled]
		switch {
		case !utf8.ValidString(word) || len(word) > creative.MaxCode:
			refuse("not UTF-8, or over %d bytes", creative.MaxCode)
		case len(t.runs) == 0 || t.runs[0].digits:
			refuse("must begin with a letter")
		case err != nil:
			refuse("%s is not a locale: expected a language tag like en-GB", cut(meanings[word]))
		case twice:
			refuse("declared twice, in another case")
		case isVersionWord(spelled), words()[spelled] != free, aspectOfWord(spelled) != "":
			refuse("this word has another meaning in file names")
		default:
			all[spelled] = locale
		}
	}
	return all, errors.Join(problems...)
}
