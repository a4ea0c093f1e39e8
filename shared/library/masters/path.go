package masters

import (
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// pathReading is one way to read a path of folders.
type pathReading struct {
	creative creative.Creative
	between  []string // the other folders that say something of the file
	behind   int      // how many of them lie behind what names the variation
	numbered bool     // by CODE-N, not by CODE/vN
}

// codeAndNumber is a folder of the form CODE-N whose code itself ends in a number:
// "HRT-1212" alone is a code as well as a code's variation.
var codeAndNumber = lazy.Regexp(`^([^/]*[^/0-9][^/]*-([0-9]+))-([0-9]{1,6})$`)

// year is the number that a month's folder has: "shoot-2026-11" may be one.
var year = lazy.Regexp(`^(?:19|20)[0-9]{2}$`)

// readPath returns all ways to read a path. What lies above vN is the code, and where that
// is a word that may be something else too, a locale mostly, what lies above that may be it.
func readPath(folders []string) (found []pathReading) {
	for at, folder := range folders {
		if len(found) >= maxAmbiguous {
			break
		}
		behind := len(folders) - at - 1
		if m := versioned().FindStringSubmatch(folder); m != nil {
			n, _ := strconv.Atoi(m[1]) // at most six digits
			for _, i := range codesAbove(folders[:at]) {
				between := slices.Concat(folders[i+1:at], folders[at+1:])
				found = append(found, pathReading{creative.Creative{Code: folders[i], Variation: n}, between, behind, false})
			}
		}
		if m := codeAndNumber().FindStringSubmatch(folder); m != nil && !year().MatchString(m[2]) {
			n, _ := strconv.Atoi(m[3])
			found = append(found, pathReading{creative.Creative{Code: m[1], Variation: n}, folders[at+1:], behind, true})
		}
	}
	return found
}

// codesAbove returns which folders above a vN may be its code, the nearest first.
func codesAbove(folders []string) (found []int) {
	for i, folder := range slices.Backward(folders) {
		code, word := mayBeCode(folder)
		if code {
			found = append(found, i)
		}
		if !word {
			break
		}
	}
	return found
}

// mayBeCode reports whether a folder may be a code, and whether it may be a known word:
// "DE" may be both.
func mayBeCode(folder string) (code, word bool) {
	parts := strings.FieldsFunc(withoutDates(folder), isBetweenWords)
	if len(parts) == 0 {
		return false, true
	}
	code, word = true, true
	before := other
	for _, part := range parts {
		switch t := classify(part, before); t.class {
		case other:
			return true, false
		case aspect, resolution, version:
			code = false
			before = t.class
		default:
			before = t.class
		}
	}
	return code, word
}

// creativesOf are the creatives that a path may mean, each once.
func creativesOf(readings []pathReading) []creative.Creative {
	var found []creative.Creative
	for _, r := range readings {
		if r.creative.Check() == nil && !slices.ContainsFunc(found, r.creative.Same) {
			found = append(found, r.creative)
		}
	}
	return found[:min(len(found), maxAmbiguous)]
}

func isBetweenWords(c rune) bool { return c == '_' || c == '-' || c == ' ' }
