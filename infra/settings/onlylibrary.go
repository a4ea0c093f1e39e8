package settings

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"masterhand/shared/kit/names"
	"masterhand/shared/library"
	"masterhand/shared/library/placement"
)

// ofDefault holds the settings that describe a deployment's only library. A deployment with one
// library may use them instead of a list of libraries. The map's key is the name of a setting, such
// as "codes". The map's value is a function that stores the setting's text in the field of l with
// the same name. The function returns false if the text is not valid.
var ofDefault = map[string]func(l *library.Setting, text string) bool{
	"codes": func(l *library.Setting, text string) bool {
		if json.Unmarshal([]byte(text), &l.Codes) != nil {
			l.Codes = placement.SplitCodes(text)
		}
		return len(l.Codes) > 0
	},
	"locales": func(l *library.Setting, text string) bool {
		return json.Unmarshal([]byte(text), &l.Locales) == nil && len(l.Locales) > 0
	},
	"onlyDeclaredLocales": func(l *library.Setting, text string) bool { return parseBool(text, &l.OnlyDeclaredLocales) },
	"patterns": func(l *library.Setting, text string) bool {
		if json.Unmarshal([]byte(text), &l.Patterns) != nil {
			l.Patterns = []string{text}
		}
		return len(l.Patterns) > 0 && text != ""
	},
	"wanted": func(l *library.Setting, text string) bool {
		return json.Unmarshal([]byte(text), &l.Wanted) == nil && l.Wanted != nil
	},
}

// formsOfDefault describes the valid values of the settings in ofDefault. An error message about a
// setting contains "must be", followed by this description.
var formsOfDefault = map[string]string{
	"codes":               "shapes of codes such as HRT-####, with commas between them or as a JSON list",
	"locales":             `a JSON object of words and what they mean, such as {"UK":"en-GB"}`,
	"onlyDeclaredLocales": "true or false",
	"patterns":            "a pattern such as {code}_{variation}, or a JSON list of them",
	"wanted":              `a JSON object such as {"locales":["en","de"],"video":["9x16","4x5"],"image":["1x1"]}`,
}

// onlyLibrary returns the value of the environment variable that lists the libraries. The list has
// one library: the default library with the settings of [ofDefault]. If none of these settings is
// set, onlyLibrary returns "". If one of them is set together with "libraries", onlyLibrary records
// a mistake and returns "".
func (r *reading) onlyLibrary() (variable string) {
	l := library.Setting{Name: library.Default().Name}
	told, before := false, len(r.problems)
	for _, key := range slices.Sorted(maps.Keys(ofDefault)) {
		g, is := r.told[key]
		if !is || g.value == nil {
			continue
		}
		told = true
		if _, listed := r.told["libraries"]; listed {
			r.problem(key, `applies only without "libraries": write it into each library of that list`)
		} else if text := asText(g.value); !ofDefault[key](&l, text) {
			r.problem(key, "must be %s (got %q)", formsOfDefault[key], text)
		}
	}
	if !told || len(r.problems) > before {
		return ""
	}
	return asText([]library.Setting{l})
}

// settingOf converts the key in a function's error, such as "libraries[0].codes", to the name of
// the setting that the operator has set.
func (c Config) settingOf(key string) string {
	if c.onlyLibrary {
		return strings.TrimPrefix(key, "libraries[0].")
	}
	return key
}

// AllLibraries returns the settings of all libraries. c must be a result of Load, because Load
// checks the settings.
func (c Config) AllLibraries() []library.Setting {
	list, _ := library.DecodeSettings(c.Passed[names.Libraries])
	if len(list) == 0 {
		list = []library.Setting{{Name: library.Default().Name}}
	}
	return list
}

// Guessing returns the names of the libraries whose settings declare no codes. In the file names of
// such a library, masterhand has to guess which part is the code.
func (c Config) Guessing() (found []string) {
	for _, l := range c.AllLibraries() {
		if len(l.Codes) == 0 {
			found = append(found, l.Name)
		}
	}
	return found
}
