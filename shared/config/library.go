package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"masterhand/shared/kit/names"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// DefaultLibrary is the one there is where none is told: the whole bucket, whichever it is.
func DefaultLibrary() masters.Library {
	return masters.Library{Name: "default", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}
}

// wireLibrary is a library as the environment writes it.
type wireLibrary struct {
	Name             string   `json:"name"`
	Prefix           string   `json:"prefix"`
	UnlabelledLocale string   `json:"unlabelledLocale"`
	FeedPreference   []string `json:"feedPreference"`
	Patterns         []string `json:"patterns"`
	FallbackLocales  []string `json:"fallbackLocales"`
}

// maxPrefix leaves room for a name in a key of S3's 1,024 bytes.
const maxPrefix = 768

var libraryName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// LoadLibraries reads the libraries alone, for who looks at a function's environment from
// outside. The error joins a *Problem for each thing that is wrong.
func LoadLibraries(lookup func(string) (string, bool)) ([]masters.Library, error) {
	r := reader{lookup: lookup}
	libraries := r.libraries(names.Libraries)
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	return libraries, nil
}

func (r *reader) libraries(key string) []masters.Library {
	text, _ := r.lookup(key)
	bucket, _ := r.lookup(names.MastersBucket)
	if text == "" {
		library := DefaultLibrary()
		library.Bucket = bucket
		return []masters.Library{library}
	}
	list, err := decodeLibraries(text)
	if err != nil {
		r.problem(key, "no JSON list of libraries: "+err.Error(),
			`set it to the like of [{"name":"default","prefix":""}], or leave it out for the whole bucket`)
		return nil
	}
	if len(list) == 0 {
		r.problem(key, "an empty list", "name a library, or leave it out for the whole bucket")
	}
	var libraries []masters.Library
	for i, wire := range list {
		element := fmt.Sprintf("%s[%d]", key, i)
		library := r.library(element, wire)
		library.Bucket = bucket
		r.disjoint(element, library, libraries)
		libraries = append(libraries, library)
	}
	return libraries
}

// decodeLibraries takes nothing it does not know, so that a slip of the hand in a
// field's name is no silent default.
func decodeLibraries(text string) ([]wireLibrary, error) {
	var list []wireLibrary
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more after the list")
	}
	return list, nil
}

// library checks one library and normalises it.
func (r *reader) library(key string, w wireLibrary) masters.Library {
	if !libraryName.MatchString(w.Name) {
		r.problem(key+".name", "missing, or not of 1 to 32 letters a to z, digits and hyphens", "name it")
	}
	if len(w.Prefix) > maxPrefix || strings.ContainsFunc(w.Prefix, unicode.IsControl) {
		r.problem(key+".prefix", "over 768 bytes, or with control characters", "set it to what the library's keys begin with")
	}
	l := masters.Library{Name: w.Name, Prefix: w.Prefix}
	var err error
	if w.UnlabelledLocale != "" {
		if l.UnlabelledLocale, err = creative.ParseLocale(w.UnlabelledLocale); err != nil {
			r.problem(key+".unlabelledLocale", err.Error(), "set it to such a tag, or leave it out")
		}
	}
	for i, text := range w.FeedPreference {
		aspect, err := creative.ParseAspect(text)
		if err != nil {
			r.problem(fmt.Sprintf("%s.feedPreference[%d]", key, i), err.Error(), "set it to such a ratio")
		}
		l.FeedPreference = append(l.FeedPreference, aspect)
	}
	if len(l.FeedPreference) == 0 {
		l.FeedPreference = DefaultLibrary().FeedPreference
	}
	for i, text := range w.FallbackLocales {
		locale, err := creative.ParseLocale(text)
		if err != nil {
			r.problem(fmt.Sprintf("%s.fallbackLocales[%d]", key, i), err.Error(), "set it to such a tag")
		}
		l.FallbackLocales = append(l.FallbackLocales, locale)
	}
	l.Patterns = r.patterns(key+".patterns", w.Patterns)
	return l
}

// patterns reads a library's own rules for names.
func (r *reader) patterns(key string, texts []string) []masters.Pattern {
	if len(texts) > masters.MaxPatterns {
		r.problem(key, fmt.Sprintf("over %d patterns", masters.MaxPatterns), "leave out what the built-in rules place")
		return nil
	}
	var patterns []masters.Pattern
	for i, text := range texts {
		pattern, err := masters.ParsePattern(text)
		if err != nil {
			r.problem(fmt.Sprintf("%s[%d]", key, i), err.Error(), "set it to the like of {code}/{locale}/{aspect}_v{variation}")
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

// disjoint holds a library against those before it: names are unique, and no key
// belongs to two.
func (r *reader) disjoint(key string, l masters.Library, before []masters.Library) {
	if slices.ContainsFunc(before, func(o masters.Library) bool { return o.Name == l.Name }) {
		r.problem(key+".name", "another library's name", "choose another")
	}
	overlaps := func(o masters.Library) bool {
		return strings.HasPrefix(o.Prefix, l.Prefix) || strings.HasPrefix(l.Prefix, o.Prefix)
	}
	if i := slices.IndexFunc(before, overlaps); i >= 0 {
		r.problem(key+".prefix", fmt.Sprintf("overlaps with that of library %d", i), "choose prefixes of which none begins with another")
	}
}
