package masters

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/creative"
)

// ambiguous returns all creatives that the name may mean.
func (r *reading) ambiguous() []creative.Creative {
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
	return found[:min(len(found), maxAmbiguous)]
}

// codeLike is a word that looks like a code by itself: letters, and a number at its end.
var codeLike = lazy.Regexp(`^[\pL\pN]*\pL[\pL\pN]*(?:-[\pL\pN]+)*-?[0-9]+$`)

// maxMentioned bounds the creatives, and so the documents, that a key is mentioned in.
const maxMentioned = 8

// mentioned adds the creatives that a key which no rule reads may still be meant for: a
// word like a code, and any number behind it that is no date, size or aspect, nor another
// code's. "HRT-1212-teaser/variation-2 9x16.mp4" mentions HRT-1212-2.
func mentioned(ambiguous []creative.Creative, relative string) []creative.Creative {
	var codes []string
	most := min(len(ambiguous)+maxMentioned, maxAmbiguous)
	for word := range strings.FieldsFuncSeq(withoutDates(relative), isBetweenMentions) {
		parts := strings.Split(word, "-")
		own := codeOf(parts)
		if own > 0 {
			codes = append(codes, strings.Join(parts[:own], "-"))
		}
		for _, part := range parts[own:] {
			if t := classify(part, other); t.class != other && t.class != number && t.class != version {
				continue
			}
			for _, n := range numbersIn(part) {
				for _, code := range codes[:min(len(codes), maxPeel)] {
					c := creative.Creative{Code: code, Variation: n}
					if c.Check() == nil && len(ambiguous) < most && !slices.ContainsFunc(ambiguous, c.Same) {
						ambiguous = append(ambiguous, c)
					}
				}
			}
		}
	}
	return ambiguous
}

// codeOf returns how many of a word's parts, from the first on, are a code by themselves,
// and not a word with its number: "variation2".
func codeOf(parts []string) int {
	for n := min(len(parts), maxPeel); n > 0; n-- {
		code := strings.Join(parts[:n], "-")
		if codeLike().MatchString(code) && classify(code, other).class == other && (numbered().MatchString(code) || n == 1 && !strings.ContainsFunc(code, isSmall)) {
			return n
		}
	}
	return 0
}

// numbersIn are the numbers in a text that may be a variation.
func numbersIn(text string) (found []int) {
	for run := range strings.FieldsFuncSeq(text, func(c rune) bool { return c < '0' || c > '9' }) {
		if digits().MatchString(run) {
			n, _ := strconv.Atoi(run) // at most six digits
			found = append(found, n)
		}
	}
	return found
}

func isBetweenMentions(c rune) bool { return c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }
