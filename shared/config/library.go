package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"masterhand/shared/creative"
)

// Library is a prefix of the masters bucket with rules of its own. Who asks through
// one library never sees another's files.
type Library struct {
	// Name tells libraries apart in documents and answers: [a-z0-9-]{1,32}.
	Name string `json:"name"`
	// Prefix is what its keys begin with; "" is the whole bucket.
	Prefix string `json:"prefix"`
	// UnlabelledLocale is the locale of masters that name none; "" leaves them out.
	UnlabelledLocale creative.Locale `json:"unlabelledLocale"`
	// FeedPreference orders what may answer the feed family, best first; 4x5, 1x1,
	// 3x4 unless told.
	FeedPreference []creative.Aspect `json:"feedPreference"`
}

// DefaultLibrary is the one there is where none is told: the whole bucket.
func DefaultLibrary() Library {
	return Library{Name: "default", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}
}

// maxPrefix leaves room for a name in a key of S3's 1,024 bytes.
const maxPrefix = 768

var libraryName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func (r *reader) libraries(key string) []Library {
	text, _ := r.lookup(key)
	if text == "" {
		return []Library{DefaultLibrary()}
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
	for i := range list {
		r.library(fmt.Sprintf("%s[%d]", key, i), &list[i])
	}
	for i := range list {
		r.disjoint(fmt.Sprintf("%s[%d]", key, i), list[i], list[:i])
	}
	return list
}

// decodeLibraries takes nothing it does not know, so that a slip of the hand in a
// field's name is no silent default.
func decodeLibraries(text string) ([]Library, error) {
	var list []Library
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
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
func (r *reader) library(key string, l *Library) {
	if !libraryName.MatchString(l.Name) {
		r.problem(key+".name", "missing, or not of 1 to 32 letters a to z, digits and hyphens", "name it")
	}
	if len(l.Prefix) > maxPrefix || !utf8.ValidString(l.Prefix) || strings.ContainsFunc(l.Prefix, unicode.IsControl) {
		r.problem(key+".prefix", "over 768 bytes, or no text", "set it to what the library's keys begin with")
	}
	if l.UnlabelledLocale != "" {
		locale, err := creative.ParseLocale(string(l.UnlabelledLocale))
		if err != nil {
			r.problem(key+".unlabelledLocale", err.Error(), "set it to such a tag, or leave it out")
		}
		l.UnlabelledLocale = locale
	}
	for i, text := range l.FeedPreference {
		aspect, err := creative.ParseAspect(string(text))
		if err != nil {
			r.problem(fmt.Sprintf("%s.feedPreference[%d]", key, i), err.Error(), "set it to such a ratio")
		}
		l.FeedPreference[i] = aspect
	}
	if len(l.FeedPreference) == 0 {
		l.FeedPreference = DefaultLibrary().FeedPreference
	}
}

// disjoint holds a library against those before it: names are unique, and no key
// belongs to two.
func (r *reader) disjoint(key string, l Library, before []Library) {
	if slices.ContainsFunc(before, func(o Library) bool { return o.Name == l.Name }) {
		r.problem(key+".name", "another library's name", "choose another")
	}
	overlaps := func(o Library) bool {
		return strings.HasPrefix(o.Prefix, l.Prefix) || strings.HasPrefix(l.Prefix, o.Prefix)
	}
	if i := slices.IndexFunc(before, overlaps); i >= 0 {
		r.problem(key+".prefix", fmt.Sprintf("overlaps with that of library %d", i), "choose prefixes of which none begins with another")
	}
}
