package masters

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// RulesVersion is the version of what a document says of a file beyond its name. It changes
// when every library must be indexed again.
const RulesVersion = 7

// Library is a prefix of the masters bucket with its own rules and index.
type Library struct {
	Name   string
	Bucket string // whose keys these are; "" where there is but one, as in tests
	// Rules place the library's keys, which begin with its Prefix.
	placement.Rules
	// UnlabelledLocale is what masters without a locale count as; "" means that they
	// answer no request.
	UnlabelledLocale creative.Locale
	// FeedPreference orders the feed family's aspects, best first; empty means 4x5, 1x1, 3x4.
	FeedPreference []creative.Aspect
	// FallbackLocales answer a request whose own locale has no master, best first; none
	// means that such a request is skipped.
	FallbackLocales []creative.Locale
	// Wanted is what the library is meant to have of each creative. It decides nothing.
	Wanted Wanted
}

// Wanted is a set of masters that each creative of a library is meant to have: each of the
// videos and images in each of the locales.
type Wanted struct {
	Locales []creative.Locale // empty: those that a creative has, or is asked for in
	Videos  []creative.Aspect
	Images  []creative.Aspect
}

// IsZero reports whether nothing says what is wanted.
func (w Wanted) IsZero() bool { return len(w.Videos)+len(w.Images) == 0 }

// Includes reports whether a master of this kind, aspect and locale is wanted.
func (w Wanted) Includes(k creative.Kind, a creative.Aspect, l creative.Locale) bool {
	return slices.Contains(w.Aspects(k), a) && (len(w.Locales) == 0 || slices.Contains(w.Locales, l))
}

// Aspects returns the aspects that are wanted of a kind.
func (w Wanted) Aspects(k creative.Kind) []creative.Aspect {
	if k == creative.Image {
		return w.Images
	}
	return w.Videos
}

// RuleSet names the rules that place and read the library's keys, and which keys of which
// bucket these are: what was indexed by others must be indexed again.
func (l Library) RuleSet() string {
	sum := sha256.Sum256([]byte(l.Bucket + "\n" + l.Fingerprint()))
	return fmt.Sprintf("%d-%x", RulesVersion, sum[:6])
}

// Named returns the library of a name, and reports whether there is one.
func Named(libraries []Library, name string) (Library, bool) {
	if i := slices.IndexFunc(libraries, func(l Library) bool { return l.Name == name }); i >= 0 {
		return libraries[i], true
	}
	return Library{}, false
}

// AllNamed returns the libraries of these names, without names that no library has.
func AllNamed(libraries []Library, names []string) (found []Library) {
	for _, l := range libraries {
		if slices.Contains(names, l.Name) {
			found = append(found, l)
		}
	}
	return found
}
