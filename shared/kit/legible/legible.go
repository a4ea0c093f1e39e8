// Package legible makes text from others safe to show. Such text must not control a terminal,
// reorder or hide the text around it, or begin a new line.
//
//	legible.Text("film\u202e4pm.exe") // film�4pm.exe
package legible

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Rune reports whether a character is visible as itself. Such a character is no control
// character, does not change the text's direction, and has a width or combines with the previous
// character.
func Rune(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(unicode.Variation_Selector, r)
}

// Text returns s with a replacement mark in place of each character that is not visible as
// itself.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if Rune(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// Escaped returns s with \uXXXX in place of each character that is not visible as itself.
func Escaped(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !Rune(r) }) < 0 {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if Rune(r) {
			out.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}
