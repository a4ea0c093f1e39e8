package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// library is a part of the masters bucket that one team has for itself. The functions
// get the list as JSON in this form.
type library struct {
	Name             string   `json:"name"`                       // 1 to 32 letters a to z, digits and hyphens
	Prefix           string   `json:"prefix"`                     // of its keys; "" is the whole bucket
	UnlabelledLocale string   `json:"unlabelledLocale,omitempty"` // of masters without one; "" is none
	FeedPreference   []string `json:"feedPreference,omitempty"`   // aspects for a feed, best first; none: 4x5, 1x1, 3x4
	FallbackLocales  []string `json:"fallbackLocales,omitempty"`  // answer a request whose own locale has no master, best first
	// Patterns are rules of the library's own for names, before the built-in ones, such as
	// "{code}/{locale}/{aspect}_v{variation}"; "*" is any text without a slash, "**/" at the
	// start any folders. A change takes a reindex, until which nothing is skipped.
	Patterns []string `json:"patterns,omitempty"`
}

// maxPrefix leaves room for a name in a key of S3's 1,024 bytes.
const maxPrefix = 768

// maxLibraries is what the list may have in bytes: Lambda gives all variables of a
// function 4 KiB together, and the others need about 1 KiB.
const maxLibraries = 3 << 10

var (
	libraryName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	localeTag   = regexp.MustCompile(`^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,7}$`)
	aspectRatio = regexp.MustCompile(`^[1-9][0-9]{0,3}[x:][1-9][0-9]{0,3}$`)
)

// parseLibraries reads the setting: JSON text from the command line, a list from
// cdk.json. It takes no field it does not know.
func parseLibraries(value any) ([]library, []error) {
	text, isText := value.(string)
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, []error{fmt.Errorf("libraries: %w", err)}
		}
		text = string(encoded)
	}
	var list []library
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, []error{fmt.Errorf(`libraries: must be the like of [{"name":"default","prefix":""}]: %w`, err)}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, []error{errors.New("libraries: more after the list")}
	}
	if len(list) == 0 {
		return nil, []error{errors.New("libraries: an empty list; name one, or leave it out for the whole bucket")}
	}
	var problems []error
	for i, l := range list {
		for _, problem := range append(l.problems(), overlaps(l, list[:i])...) {
			problems = append(problems, fmt.Errorf("libraries[%d].%s", i, problem))
		}
	}
	return list, problems
}

// problems returns what is wrong with one library by itself.
func (l library) problems() []string {
	var found []string
	if !libraryName.MatchString(l.Name) {
		found = append(found, "name: must be 1 to 32 letters a to z, digits and hyphens")
	}
	if len(l.Prefix) > maxPrefix || strings.ContainsFunc(l.Prefix, unicode.IsControl) {
		found = append(found, "prefix: over 768 bytes, or with control characters")
	}
	if l.UnlabelledLocale != "" && !localeTag.MatchString(l.UnlabelledLocale) {
		found = append(found, "unlabelledLocale: must be the like of en or pt-BR")
	}
	for _, aspect := range l.FeedPreference {
		if !aspectRatio.MatchString(aspect) {
			found = append(found, fmt.Sprintf("feedPreference: must be the like of 4x5, and has %q", aspect))
		}
	}
	for _, locale := range l.FallbackLocales {
		if !localeTag.MatchString(locale) {
			found = append(found, fmt.Sprintf("fallbackLocales: must be the like of en or pt-BR, and has %q", locale))
		}
	}
	if len(l.Patterns) > maxPatterns {
		found = append(found, fmt.Sprintf("patterns: over %d", maxPatterns))
	}
	for _, pattern := range l.Patterns {
		if !usablePattern(pattern) {
			found = append(found, fmt.Sprintf("patterns: must be the like of {code}/{locale}/{aspect}_v{variation}, "+
				"each field once, with {code} and {variation}, this one beside no digit, field or *, and has %q", pattern))
		}
	}
	return found
}

// What the functions take for a pattern.
const maxPatterns = 16

var (
	patternText   = regexp.MustCompile(`^(?:\*\*/)?(?:\{(?:code|variation|locale|aspect)\}|\*|[^{}*])+$`)
	openVariation = regexp.MustCompile(`[}*0-9]\{variation\}|\{variation\}[{*0-9]`)
)

func usablePattern(text string) bool {
	if len(text) > 128 || !utf8.ValidString(text) || !patternText.MatchString(text) || strings.Contains(strings.TrimPrefix(text, "**/"), "**/") || openVariation.MatchString(text) {
		return false
	}
	for field, least := range map[string]int{"{code}": 1, "{variation}": 1, "{locale}": 0, "{aspect}": 0} {
		if n := strings.Count(text, field); n < least || n > 1 {
			return false
		}
	}
	return true
}

// overlaps holds a library against those before it: names are unique, and no key
// belongs to two, so that no team sees another's files.
func overlaps(l library, before []library) []string {
	var found []string
	for i, other := range before {
		if l.Name == other.Name {
			found = append(found, fmt.Sprintf("name: library %d has it too", i))
		}
		if strings.HasPrefix(l.Prefix, other.Prefix) || strings.HasPrefix(other.Prefix, l.Prefix) {
			found = append(found, fmt.Sprintf("prefix: %q overlaps with %q of library %d", l.Prefix, other.Prefix, i))
		}
	}
	return found
}

// encodeLibraries writes a list as the functions read it.
func encodeLibraries(list []library) string {
	encoded, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts always encode
	}
	return string(encoded)
}
