package masters

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// RulesVersion is the version of the rules by which a document describes a file's content. If it
// changes, every library must be indexed again.
const RulesVersion = 7

// Library is a prefix of the masters bucket with its own rules and its own index.
type Library struct {
	Name   string
	Bucket string // the bucket that holds the library's keys; "" in tests that have only one bucket
	// Rules place the library's keys, all of which begin with its Prefix.
	placement.Rules
	// UnlabelledLocale is the locale of masters whose names and labels state none; "" means that
	// such masters answer no request.
	UnlabelledLocale creative.Locale
	// FeedPreference orders the aspects of the feed family, the best first; empty means 4x5, 1x1,
	// 3x4.
	FeedPreference []creative.Aspect
	// FallbackLocales answer a request whose own locale has no master, the best first. If empty,
	// such a request is skipped.
	FallbackLocales []creative.Locale
	// Wanted lists the masters that each creative should have. It affects only views, never the
	// choice.
	Wanted Wanted
}

// Wanted is the set of masters that each creative of a library should have: each aspect of Videos
// and Images in each of the Locales.
type Wanted struct {
	Locales []creative.Locale // empty means the locales of the creative's masters and of the requests for it
	Videos  []creative.Aspect
	Images  []creative.Aspect
}

// IsZero reports whether the set is empty.
func (w Wanted) IsZero() bool { return len(w.Videos)+len(w.Images) == 0 }

// Includes reports whether a master of this kind, aspect and locale is wanted.
func (w Wanted) Includes(k creative.Kind, a creative.Aspect, l creative.Locale) bool {
	return slices.Contains(w.Aspects(k), a) && (len(w.Locales) == 0 || slices.Contains(w.Locales, l))
}

// Aspects returns the wanted aspects of a kind.
func (w Wanted) Aspects(k creative.Kind) []creative.Aspect {
	if k == creative.Image {
		return w.Images
	}
	return w.Videos
}

// RuleSet returns a name for the rules that place and read the library's keys, together with the
// bucket and prefix of the keys. Keys that were indexed under another name must be indexed again.
func (l Library) RuleSet() string {
	sum := sha256.Sum256([]byte(l.Bucket + "\n" + l.Fingerprint()))
	return fmt.Sprintf("%d-%x", RulesVersion, sum[:6])
}

// Named returns the library with this name, and reports whether there is one.
func Named(libraries []Library, name string) (Library, bool) {
	if i := slices.IndexFunc(libraries, func(l Library) bool { return l.Name == name }); i >= 0 {
		return libraries[i], true
	}
	return Library{}, false
}

// AllNamed returns the libraries with these names. It skips names that no library has.
func AllNamed(libraries []Library, names []string) (found []Library) {
	for _, l := range libraries {
		if slices.Contains(names, l.Name) {
			found = append(found, l)
		}
	}
	return found
}
