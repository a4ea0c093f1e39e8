package placement

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
)

// placeByPattern places a key by the first of the library's patterns that matches it. It returns
// false if no pattern matches. It ignores copy marks, such as "Copy of" and "(1)", at the ends of
// the name.
func (r Rules) placeByPattern(stem string, isCopy bool) (Placement, bool) {
	if len(r.Patterns) == 0 {
		return Placement{}, false
	}
	names := []string{stem}
	if bare := withoutCopyMarks(stem); isCopy && bare != stem {
		names = []string{bare, stem}
	}
	for _, pattern := range r.Patterns {
		for _, name := range names {
			if m := pattern.longest.FindStringSubmatch(name); m != nil {
				p := pattern.certain(r.placeMatch(pattern, m), r.placeMatch(pattern, pattern.shortest.FindStringSubmatch(name)))
				p.Copy = isCopy && p.Unplaced == ""
				return p, true
			}
		}
	}
	return Placement{}, false
}

// certain returns long if it equals short. Otherwise it returns a placement with the reason why the
// key is not placed. In long, each field of the pattern matches as much text as possible, in short
// as little as possible.
func (p Pattern) certain(long, short Placement) Placement {
	if long == short {
		return long
	}
	return Placement{Rule: p.text, Unplaced: fmt.Sprintf("the pattern %s matches the key in two ways: end a field with !", p.text)}
}

// placeMatch returns the placement of a key whose text the fields of the pattern p matched.
func (r Rules) placeMatch(p Pattern, match []string) Placement {
	get := func(name string) string {
		if i := p.longest.SubexpIndex(name); i >= 0 {
			return match[i]
		}
		return p.constants[name]
	}
	variation, _ := strconv.Atoi(get("variation")) // ignore the error: the pattern allows at most six digits
	placed := Placement{Creative: creative.Creative{Code: norm.NFC.String(get("code")), Variation: variation}, Rule: p.text}
	err := placed.Creative.Check()
	if text := get("aspect"); text != "" && err == nil {
		if placed.Aspect = aspectOfWord(strings.ToUpper(text)); placed.Aspect == "" {
			placed.Aspect, err = creative.ParseAspect(text)
		}
	}
	if text := get("locale"); text != "" && err == nil {
		if p.constants["locale"] != "" { // already a tag
			placed.Locale, err = creative.ParseLocale(text)
		} else {
			placed.Locale, placed.LocaleUnclear, err = r.localeOfField(text)
		}
	}
	if err != nil {
		return Placement{Rule: p.text, Unplaced: fmt.Sprintf("the pattern %s matches, but its coordinates cannot be used: %v", p.text, err)}
	}
	return placed
}

// localeOfField reads the text of a pattern's field {locale} by the rules that hold for words in
// every other key: declared words come first, and UK is a market. Other text must be a language
// tag. If the library allows only declared locales, any other text is unclear, because the field
// certainly states a locale.
func (r Rules) localeOfField(text string) (locale creative.Locale, unclear string, err error) {
	locale, unclear = read(newText(clean(text)), &r).locale()
	switch {
	case locale != "", unclear != "":
		return locale, unclear, nil
	case r.OnlyDeclaredLocales:
		return "", fmt.Sprintf("%s is no declared locale: declare the locale that it means", text), nil
	}
	locale, err = creative.ParseLocale(text)
	return locale, "", err
}
