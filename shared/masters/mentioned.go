package masters

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/creative"
)

// codeLike is a word that looks like a code by itself: letters, and a number at its end.
var codeLike = regexp.MustCompile(`^[\pL\pN]*\pL[\pL\pN]*(?:-[\pL\pN]+)*-?[0-9]+$`)

// mentioned adds the creatives that a key which no rule reads may still be meant for: a
// word like a code, and any number behind it. "HRT-1212/variation 2/en.mp4" mentions
// HRT-1212-2.
func mentioned(near []creative.Creative, relative string) []creative.Creative {
	var codes []string
	for word := range strings.FieldsFuncSeq(relative, isBetweenMentions) {
		number := strings.TrimLeft(word, "vV")
		if n, err := strconv.Atoi(number); err == nil && digits.MatchString(number) {
			for _, code := range codes {
				c := creative.Creative{Code: code, Variation: n}
				if c.Check() == nil && !slices.ContainsFunc(near, c.Same) && len(near) < maxNear {
					near = append(near, c)
				}
			}
		}
		if len(codes) < maxPeel && codeLike.MatchString(word) && classify(word, other).class == other {
			codes = append(codes, word)
		}
	}
	return near
}

func isBetweenMentions(c rune) bool { return strings.ContainsRune("/_ .()+", c) }
