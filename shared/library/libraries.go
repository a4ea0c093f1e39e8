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
	"masterhand/shared/library/placement"
)

// Default returns the library of a deployment whose settings name no libraries: the whole masters
// bucket.
func Default() masters.Library {
	return masters.Library{Name: "default", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}
}

// Setting holds the settings of one library. A library is the part of the masters bucket that
// belongs to one team.
type Setting struct {
	Name string `json:"name"` // 1 to 32 letters a to z, digits and hyphens
	// Prefix is the prefix of all keys of the library; "" means the whole bucket.
	Prefix string `json:"prefix"`
	// UnlabelledLocale is the locale of masters whose names and labels state no locale; "" means
	// that such masters answer no request.
	UnlabelledLocale string `json:"unlabelledLocale,omitempty"`
	// FeedPreference lists the aspects for the placement family feed, best first; empty means 4x5,
	// 1x1, 3x4.
	FeedPreference []string `json:"feedPreference,omitempty"`
	// FallbackLocales lists the locales to try if there is no master in the requested locale, best
	// first.
	FallbackLocales []string `json:"fallbackLocales,omitempty"`
	// The fields from Codes to Patterns say how the library names its files; see
	// [placement.Rules]. After a change of one of them, the library must be indexed again. Until
	// then, masterhand skips no request.
	//
	// Codes lists the patterns of the library's codes, for example HRT-####. If it is empty, any
	// text that looks like a code may be one.
	Codes []string `json:"codes,omitempty"`
	// Locales maps words in file names to the locales that they mean, for example UK to en-GB.
	Locales map[string]string `json:"locales,omitempty"`
	// OnlyDeclaredLocales says whether only the words in Locales are recognised as locales.
	OnlyDeclaredLocales bool `json:"onlyDeclaredLocales,omitempty"`
	// Patterns lists rules for file names, which are tried before the built-in grammar.
	Patterns []string `json:"patterns,omitempty"`
	// Wanted lists the masters that each creative should have. It affects only reports, never the
	// answer to a request. If it is nil, each creative should have the aspects that it has in
	// another locale or that requests asked for.
	Wanted *WantedSetting `json:"wanted,omitempty"`
}

// WantedSetting is the part of the settings that lists the masters that each creative should have.
type WantedSetting struct {
	// Locales lists the locales that each creative should have. If empty, these are the locales of
	// the creative's masters and of the requests for the creative.
	Locales []string `json:"locales,omitempty"`
	Video   []string `json:"video,omitempty"` // aspects in which each creative should have a video
	Image   []string `json:"image,omitempty"` // aspects in which each creative should have an image
}

// maxPrefix is the largest length of a prefix, in bytes. It leaves room for file names, because
// an S3 key has at most 1,024 bytes.
const maxPrefix = 768

// LoadLibraries reads only the settings of the libraries from a function's environment. The error
// joins one [*variables.Problem] per mistake.
func LoadLibraries(lookup variables.Lookup) ([]masters.Library, error) {
	return variables.Load(lookup, ReadLibraries)
}

// ReadLibraries reads the settings of the libraries; without such settings, the whole bucket is one
// library. A list must contain at least one library, names must be unique, and no prefix may begin
// with another library's prefix.
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
		r.Problem(key, "not a JSON list of libraries: "+err.Error(),
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

// DecodeSettings reads a JSON list of libraries without checking their values. It refuses unknown
// members, because otherwise a misspelt name would silently leave the default value.
func DecodeSettings(text string) ([]Setting, error) {
	var list []Setting
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("text after the list")
	}
	return list, nil
}

// readLibrary checks and normalises the settings of one library.
func readLibrary(r *variables.Reader, key string, w Setting) masters.Library {
	if !IsName(w.Name) {
		r.Problem(key+".name", "missing, or not of 1 to 32 letters a to z, digits and hyphens", "name it")
	}
	if len(w.Prefix) > maxPrefix || strings.ContainsFunc(w.Prefix, unicode.IsControl) {
		r.Problem(key+".prefix", "over 768 bytes, or with control characters", "set it to what the library's keys begin with")
	}
	l := masters.Library{Name: w.Name}
	var err error
	l.Rules, err = placement.ParseRules(placement.Settings{
		Prefix: w.Prefix, Codes: w.Codes, Locales: w.Locales, OnlyDeclaredLocales: w.OnlyDeclaredLocales, Patterns: w.Patterns,
	})
	for _, m := range placement.Mistakes(err) {
		r.Problem(key+"."+m.Setting, m.Error(), advice(m))
	}
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
	if w.Wanted != nil {
		l.Wanted = readWanted(r, key+".wanted", *w.Wanted)
	}
	return l
}

func readWanted(r *variables.Reader, key string, w WantedSetting) (wanted masters.Wanted) {
	for i, text := range w.Locales {
		locale, err := creative.ParseLocale(text)
		if err != nil {
			r.Problem(fmt.Sprintf("%s.locales[%d]", key, i), err.Error(), "set it to such a tag")
		}
		wanted.Locales = append(wanted.Locales, locale)
	}
	aspects := func(member string, texts []string) (list []creative.Aspect) {
		for i, text := range texts {
			aspect, err := creative.ParseAspect(text)
			if err != nil {
				r.Problem(fmt.Sprintf("%s.%s[%d]", key, member, i), err.Error(), "set it to such a ratio")
			}
			list = append(list, aspect)
		}
		return list
	}
	wanted.Videos, wanted.Images = aspects("video", w.Video), aspects("image", w.Image)
	if wanted.IsZero() {
		r.Problem(key, "names no aspect", `set it to a value such as {"locales":["en"],"video":["9x16","4x5"],"image":["1x1"]}`)
	}
	return wanted
}

// advice returns an instruction for the operator: how to correct a mistake in the rules for
// names.
func advice(m *placement.Mistake) string {
	switch {
	case errors.Is(m.Err, placement.ErrCode):
		return "set it to a shape such as HRT-####"
	case errors.Is(m.Err, placement.ErrLocale):
		return `set it to words with a language tag each, such as {"UK":"en-GB"}`
	case errors.Is(m.Err, placement.ErrPattern):
		return "set it to a value such as {code}/{locale}/{aspect}_v{variation}"
	}
	return "leave it out, or correct it"
}

// IsName reports whether a name consists of 1 to 32 letters a to z, digits and hyphens.
func IsName(name string) bool {
	return len(name) >= 1 && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// checkDisjoint compares a library with the earlier libraries in the list: names must be unique,
// and no key may belong to two libraries.
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
