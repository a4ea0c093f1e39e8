package fulfillment

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

// parts returns the words and numbers of a code without the separators between them.
func parts(code string) (list []string) {
	previous := 0 // the kind of the previous character: 0 is a separator, 1 a letter, 2 a digit
	for _, c := range code {
		kind := 0
		switch {
		case '0' <= c && c <= '9':
			kind = 2
		case unicode.IsLetter(c):
			kind = 1
		}
		switch {
		case kind > 0 && kind != previous:
			list = append(list, string(c))
		case kind > 0:
			list[len(list)-1] += string(c)
		}
		previous = kind
	}
	return list
}

// spellings returns the code as given and in its canonical spelling, each in composed and
// decomposed Unicode: macOS decomposes file names.
func spellings(code string) []string {
	canonical := creative.CanonicalCode(code)
	list := []string{code, canonical, norm.NFC.String(code), norm.NFD.String(code), norm.NFD.String(canonical)}
	slices.Sort(list)
	return slices.Compact(list)
}

// shapes returns the shapes of codes that the library declares, such as "HRT-####, CR###".
func shapes(lib masters.Library) string {
	var list []string
	for _, c := range lib.Codes {
		list = append(list, c.String())
	}
	return strings.Join(list, ", ")
}

// shapeOf returns the shape of a code, such as HRT-#### for HRT-1212, or the code if it has no shape.
func shapeOf(code string) string {
	if shape := placement.ShapeOf(code); shape != "" {
		return shape
	}
	return code
}
