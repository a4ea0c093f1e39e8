package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// Default is the library that a deployment has unless libraries are set: the whole bucket.
func Default() masters.Library {
	return masters.Library{Name: "default", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}
}

// Setting is a library as the settings write it: the part of the masters bucket that one
// team has for itself.
type Setting struct {
	Name             string   `json:"name"`                       // 1 to 32 letters a to z, digits and hyphens
	Prefix           string   `json:"prefix"`                     // of its keys; "" is the whole bucket
	UnlabelledLocale string   `json:"unlabelledLocale,omitempty"` // of masters without a locale; "": they answer no request
	FeedPreference   []string `json:"feedPreference,omitempty"`   // aspects for a feed, best first; none: 4x5, 1x1, 3x4
	FallbackLocales  []string `json:"fallbackLocales,omitempty"`  // answer a request whose own locale has no master, best first
	// Patterns are rules of the library's own for names, before the built-in ones; see
	// [masters.Pattern]. A change requires a reindex, until which nothing is skipped.
	Patterns []string `json:"patterns,omitempty"`
}

// maxPrefix leaves room for a name in a key of S3's 1,024 bytes.
const maxPrefix = 768

// LoadLibraries reads the libraries alone from a function's environment. The error joins a
// [*variables.Problem] for each thing that is wrong.
func LoadLibraries(lookup variables.Lookup) ([]masters.Library, error) {
	return variables.Load(lookup, ReadLibraries)
}

// ReadLibraries reads the libraries: at least one, with different names and disjoint prefixes.
func ReadLibraries(r *variables.Reader) []masters.Library {
	const key = names.Libraries
	text, bucket := r.Text(key), r.Text(names.MastersBucket)
	if text == "" {
		library := Default()
		library.Bucket = bucket
		return []masters.Library{library}
	}
	list, err := DecodeSettings(text)
	if err != nil {
		r.Problem(key, "no JSON list of libraries: "+err.Error(),
			`set it to a value such as [{"name":"default","prefix":""}], or leave it out for the whole bucket`)
		return nil
	}
	if len(list) == 0 {
		r.Problem(key, "an empty list", "name a library, or leave it out for the whole bucket")
	}
	var libraries []masters.Library
	for i, wire := range list {
		element := fmt.Sprintf("%s[%d]", key, i)
		library := readLibrary(r, element, wire)
		library.Bucket = bucket
		checkDisjoint(r, element, library, libraries)
		libraries = append(libraries, library)
	}
	return libraries
}

// DecodeSettings reads a JSON list of libraries and checks none of them. It refuses unknown
// members, so that a slip in a name is not a silent default.
func DecodeSettings(text string) ([]Setting, error) {
	var list []Setting
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

// readLibrary checks one library and normalises it.
func readLibrary(r *variables.Reader, key string, w Setting) masters.Library {
	if !IsName(w.Name) {
		r.Problem(key+".name", "missing, or not of 1 to 32 letters a to z, digits and hyphens", "name it")
	}
	if len(w.Prefix) > maxPrefix || strings.ContainsFunc(w.Prefix, unicode.IsControl) {
		r.Problem(key+".prefix", "over 768 bytes, or with control characters", "set it to what the library's keys begin with")
	}
	l := masters.Library{Name: w.Name, Prefix: w.Prefix}
	var err error
	if w.UnlabelledLocale != "" {
		if l.UnlabelledLocale, err = creative.ParseLocale(w.UnlabelledLocale); err != nil {
			r.Problem(key+".unlabelledLocale", err.Error(), "set it to such a tag, or leave it out")
		}
	}
	for i, text := range w.FeedPreference {
		aspect, err := creative.ParseAspect(text)
		if err != nil {
			r.Problem(fmt.Sprintf("%s.feedPreference[%d]", key, i), err.Error(), "set it to such a ratio")
		}
		l.FeedPreference = append(l.FeedPreference, aspect)
	}
	if len(l.FeedPreference) == 0 {
		l.FeedPreference = Default().FeedPreference
	}
	for i, text := range w.FallbackLocales {
		locale, err := creative.ParseLocale(text)
		if err != nil {
			r.Problem(fmt.Sprintf("%s.fallbackLocales[%d]", key, i), err.Error(), "set it to such a tag")
		}
		l.FallbackLocales = append(l.FallbackLocales, locale)
	}
	l.Patterns = readPatterns(r, key+".patterns", w.Patterns)
	return l
}

// IsName reports whether a name consists of 1 to 32 letters a to z, digits and hyphens.
func IsName(name string) bool {
	return len(name) >= 1 && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// readPatterns reads a library's own rules for names.
func readPatterns(r *variables.Reader, key string, texts []string) []masters.Pattern {
	if len(texts) > masters.MaxPatterns {
		r.Problem(key, fmt.Sprintf("over %d patterns", masters.MaxPatterns), "leave out what the built-in rules place")
		return nil
	}
	var patterns []masters.Pattern
	for i, text := range texts {
		pattern, err := masters.ParsePattern(text)
		if err != nil {
			r.Problem(fmt.Sprintf("%s[%d]", key, i), err.Error(), "set it to a value such as {code}/{locale}/{aspect}_v{variation}")
		}
		patterns = append(patterns, pattern)
	}
	return patterns
}

// checkDisjoint compares a library with the libraries before it: names must be unique, and
// no key may belong to two libraries.
func checkDisjoint(r *variables.Reader, key string, l masters.Library, before []masters.Library) {
	if slices.ContainsFunc(before, func(o masters.Library) bool { return o.Name == l.Name }) {
		r.Problem(key+".name", "another library's name", "choose another")
	}
	overlaps := func(o masters.Library) bool {
		return strings.HasPrefix(o.Prefix, l.Prefix) || strings.HasPrefix(l.Prefix, o.Prefix)
	}
	if i := slices.IndexFunc(before, overlaps); i >= 0 {
		r.Problem(key+".prefix", fmt.Sprintf("overlaps with that of library %d", i), "choose prefixes of which none begins with another")
	}
}
