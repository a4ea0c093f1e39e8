package placement

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Grammar is the version of the built-in grammar. Increase it with every change that places a key
// at another creative or locale, so that libraries are indexed again.
const Grammar = 2

// Rules describe how a library names its files. The zero value describes a library that covers the
// whole bucket and declares no codes, locales or patterns.
type Rules struct {
	// Prefix is the start of every key of the library; "" means every key in the bucket.
	Prefix string
	// Codes are the shapes of the library's codes, such as HRT-####. No key is placed at a code of
	// another shape. If there are no shapes, any text that looks like a code may be one.
	Codes []Code
	// Locales maps words to locales. These words override every built-in meaning.
	Locales Locales
	// OnlyDeclaredLocales turns off every built-in meaning of a word as a locale.
	OnlyDeclaredLocales bool
	// Patterns are tried before the grammar. The first pattern that matches decides.
	Patterns []Pattern
}

// Settings holds rules in the form in which people write them.
type Settings struct {
	Prefix              string            // same as Rules.Prefix
	Codes               []string          // shapes of codes, such as HRT-####; see ParseCode
	Locales             map[string]string // maps a word, such as UK, to its locale; see ParseLocale
	OnlyDeclaredLocales bool              // same as Rules.OnlyDeclaredLocales
	Patterns            []string          // patterns for keys; see ParsePattern
}

// ErrRules means that the rules contradict each other.
var ErrRules = errors.New("rules that contradict each other")

// Mistake is an error in one setting.
type Mistake struct {
	Setting string // name of the setting, for example "codes[2]"
	Err     error  // error that wraps ErrCode, ErrLocale, ErrPattern or ErrRules
}

func (m *Mistake) Error() string { return m.Err.Error() }

// Unwrap returns Err.
func (m *Mistake) Unwrap() error { return m.Err }

// Mistakes returns the mistakes that an error of ParseRules joins.
func Mistakes(err error) (all []*Mistake) {
	for _, one := range joined(err) {
		if m, is := errors.AsType[*Mistake](one); is {
			all = append(all, m)
		}
	}
	return all
}

// joined returns the errors that err joins.
func joined(err error) []error {
	if all, is := err.(interface{ Unwrap() []error }); is {
		return all.Unwrap()
	}
	return nil
}

// ParseRules reads rules from settings. The error joins one [*Mistake] for each wrong setting.
func ParseRules(s Settings) (Rules, error) {
	rules := Rules{Prefix: s.Prefix, OnlyDeclaredLocales: s.OnlyDeclaredLocales}
	var mistakes []error
	note := func(err error, setting string, at ...any) {
		if err != nil {
			mistakes = append(mistakes, &Mistake{fmt.Sprintf(setting, at...), err})
		}
	}
	if len(s.Codes) > MaxCodes {
		note(fmt.Errorf("%w: %d codes, at most %d", ErrRules, len(s.Codes), MaxCodes), "codes")
	}
	for i, shape := range s.Codes {
		c, err := ParseCode(shape)
		if note(err, "codes[%d]", i); err == nil {
			rules.Codes = append(rules.Codes, c)
		}
	}
	if len(s.Patterns) > MaxPatterns {
		note(fmt.Errorf("%w: %d patterns, at most %d", ErrRules, len(s.Patterns), MaxPatterns), "patterns")
	}
	for i, text := range s.Patterns {
		p, err := ParsePattern(text, rules.Codes...)
		if note(err, "patterns[%d]", i); err == nil {
			rules.Patterns = append(rules.Patterns, p)
		}
	}
	var err error
	rules.Locales, err = ParseLocale(s.Locales)
	for _, problem := range joined(err) {
		note(problem, "locales")
	}
	if s.OnlyDeclaredLocales && len(s.Locales) == 0 {
		note(fmt.Errorf("%w: only declared locales count, but none is declared", ErrRules), "onlyDeclaredLocales")
	}
	return rules, errors.Join(mistakes...)
}

// SplitCodes splits a list such as "HRT-####,[A-Z]{2,5}-##" at its commas, except those inside {}.
func SplitCodes(list string) []string {
	var shapes []string
	depth, from := 0, 0
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			shapes = append(shapes, s)
		}
	}
	for i, c := range list {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ',' && depth <= 0:
			add(list[from:i])
			from = i + 1
		}
	}
	add(list[from:])
	return shapes
}

// Declares reports whether a code has one of the library's declared shapes, such as HRT-####. It
// returns true if no shape is declared. A request for an undeclared code must be held, with a
// reason that says so.
func (r Rules) Declares(code string) bool {
	return len(r.Codes) == 0 || slices.ContainsFunc(r.Codes, func(c Code) bool { return c.Matches(code) })
}

// Fingerprint returns a text that identifies the rules and the grammar's version. Libraries with
// the same fingerprint place every key in the same way.
func (r Rules) Fingerprint() string {
	var b strings.Builder
	fmt.Fprintf(&b, "grammar %d\nprefix %q\nonly declared locales %t\n", Grammar, r.Prefix, r.OnlyDeclaredLocales)
	for _, c := range r.Codes {
		fmt.Fprintf(&b, "code %q\n", c.text)
	}
	for _, word := range slices.Sorted(maps.Keys(r.Locales)) {
		fmt.Fprintf(&b, "locale %q %q\n", word, r.Locales[word])
	}
	for _, p := range r.Patterns {
		fmt.Fprintf(&b, "pattern %q\n", p.text)
	}
	return b.String()
}
