package masters

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/creative"
)

// near are all creatives that the name may mean.
func (r *reading) near() []creative.Creative {
	var found []creative.Creative
	versions := r.versions()
	candidates, plain := r.candidates[:min(len(r.candidates), maxPeel)], r.plain[:min(len(r.plain), maxPeel)]
	versions = versions[:min(len(versions), maxPeel)]
	for i, c := range candidates {
		found = append(found, c.creative)
		found = append(found, c.others...)
		for _, v := range versions {
			found = append(found, creative.Creative{Code: c.creative.String(), Variation: v})
		}
		for _, p := range plain[:min(i+1, len(plain))] { // "summer sale-2"
			found = append(found, creative.Creative{Code: p.word + " " + c.creative.Code, Variation: c.creative.Variation},
				creative.Creative{Code: p.word + "_" + c.creative.Code, Variation: c.creative.Variation})
		}
		found = append(found, c.shorter)
	}
	for _, p := range plain {
		for _, v := range versions {
			found = append(found, creative.Creative{Code: p.creative.Code, Variation: v})
		}
	}
	found = slices.DeleteFunc(found, func(c creative.Creative) bool { return c.Check() != nil })
	return found[:min(len(found), maxNear)]
}

// codeLike is a word that looks like a code by itself: letters, and a number at its end.
var codeLike = regexp.MustCompile(`^[\pL\pN]*\pL[\pL\pN]*(?:-[\pL\pN]+)*-?[0-9]+$`)

// maxMentioned bounds the creatives, and so the documents, that a key is mentioned in.
const maxMentioned = 8

// mentioned adds the creatives that a key which no rule reads may still be meant for: a
// word like a code, and any number behind it. "HRT-1212/variation 2/en.mp4" mentions
// HRT-1212-2.
func mentioned(near []creative.Creative, relative string) []creative.Creative {
	var codes []string
	most := min(len(near)+maxMentioned, maxNear)
	for word := range strings.FieldsFuncSeq(relative, isBetweenMentions) {
		number := strings.TrimLeft(word, "vV")
		if n, err := strconv.Atoi(number); err == nil && digits.MatchString(number) {
			for _, code := range codes {
				c := creative.Creative{Code: code, Variation: n}
				if c.Check() == nil && !slices.ContainsFunc(near, c.Same) && len(near) < most {
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
