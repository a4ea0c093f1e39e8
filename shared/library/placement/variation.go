package placement

import (
	"fmt"
	"strings"
)

// variation returns the variation that the key states: a number that directly follows the code, or a
// version such as v2. If the key states none, or if another number may also be the variation, problem
// states the reason.
func (r *reader) variation(codes []int) (variation int, problem string) {
	variation = -1
	add := func(n int) {
		switch {
		case variation < 0:
			variation = n
		case variation != n && problem == "":
			problem = fmt.Sprintf("more than one variation, %d or %d", variation, n)
		}
	}
	for _, k := range codes {
		n, unclear := r.direct(k)
		if unclear != "" && problem == "" {
			problem = unclear
		}
		if n >= 0 {
			add(n)
		}
	}
	above := false
	for k, t := range r.tokens {
		switch {
		case t.class != version:
		case k < codes[0] && r.isAbove(k, codes[0]):
			above = true
		case t.unsure != "" && problem == "":
			problem = fmt.Sprintf("the variation in %s is not certain", t.unsure)
		default:
			add(t.number)
		}
	}
	for _, k := range codes {
		if n := r.possible(k); n >= 0 && variation >= 0 && n != variation && problem == "" {
			problem = fmt.Sprintf("more than one variation, %d or %d", variation, n)
		}
	}
	name := r.tokens[codes[0]].name
	switch {
	case problem != "":
		return 0, problem
	case variation < 0 && above:
		return 0, fmt.Sprintf("no variation after %s: the version is in a folder above it", name)
	case variation < 0:
		return 0, fmt.Sprintf("no variation after %s: name the file like %s-2_en_9x16.mp4", name, name)
	}
	return variation, ""
}

// isAbove reports whether token k is in a parent folder of token l.
func (r *reader) isAbove(k, l int) bool {
	return strings.Contains(r.s[r.runs[r.tokens[k].to-1].end:r.runs[r.tokens[l].from].start], "/")
}

// direct returns the number that directly follows code token k, or -1. If the number is
// unreliable, unclear states the reason.
func (r *reader) direct(k int) (n int, unclear string) {
	if k+1 >= len(r.tokens) {
		return -1, ""
	}
	next := r.tokens[k+1]
	tied := r.before(k+1) == "-" || r.before(k+1) == ""
	text := r.s[r.runs[next.from].start:r.runs[next.to-1].end]
	switch {
	case next.class == version:
		return -1, r.followed(k+1, next.number)
	case !r.runs[next.from].digits || next.certain:
		return -1, ""
	case next.class == number && r.isOrdinal(k+1):
		return -1, ""
	case r.isClockNumber(k + 1):
		return -1, ""
	case next.class == number && len(r.runs[next.from].word) > 3 && (!tied || isDefinition(text)):
		return -1, ""
	case next.class == number:
		if more := r.continued(next.from); more != "" {
			return next.number, fmt.Sprintf("the variation in %s is not certain", more)
		}
		if strings.HasSuffix(r.before(k+1), "%") || strings.HasPrefix(r.gap(next.to), "%") { // 20% off, or an escaped character
			return next.number, fmt.Sprintf("%s beside %% may be an amount or a variation", text)
		}
		return next.number, r.followed(k+1, next.number)
	case tied:
		return -1, fmt.Sprintf("%s after %s may be a variation or something else", text, r.tokens[k].name)
	}
	return -1, ""
}

// possible returns a number that directly follows code token k but is probably no variation: 3 in
// "HRT-1212 (3)" or "HRT-1212 x3", 12 in "HRT-1212=12-2025". It returns -1 if there is no such
// number. If the key states another variation, the number makes that variation uncertain.
func (r *reader) possible(k int) int {
	next := r.tokens[k].to
	if k+1 < len(r.tokens) {
		t, gap := r.tokens[k+1], r.before(k+1)
		vague := t.class != number && !t.certain && r.isDigits(next) && len(r.runs[next].word) <= 3 && strings.Trim(gap, "_ /") != ""
		if vague || r.isClockNumber(k+1) {
			return r.number(next)
		}
	}
	if k+1 < len(r.tokens) && r.tokens[k+1].class == copied && r.isDigits(next) {
		return r.number(next)
	}
	if r.isLetters(next) && r.runs[next].look == "X" && r.joined(next+1) {
		return r.number(next + 1)
	}
	return -1
}

// isClockNumber reports whether token k may be the length of the spot at the end of a broadcast
// clock number: 030 in ABC/DEFG123/030. The part before it, DEFG123, looks like a code.
func (r *reader) isClockNumber(k int) bool {
	t := r.tokens[k]
	return t.class == number && r.tokens[k-1].guessed && strings.Contains(r.before(k), "/") && len(r.runs[t.from].word) > 2
}

// isOrdinal reports whether a number only sorts folders or files: 03_Exports.
func (r *reader) isOrdinal(k int) bool {
	if !strings.Contains(r.before(k), "/") || k+1 >= len(r.tokens) || strings.Contains(r.before(k+1), "/") {
		return false
	}
	class := r.tokens[k+1].class
	return (class == known || class == free) && r.runs[r.tokens[k].from].word[0] == '0'
}

// followed returns a problem if another number directly follows a variation, because either
// number may be the variation: -2-15, -2_3, -2-9-16.
func (r *reader) followed(k, variation int) string {
	if k+1 >= len(r.tokens) {
		return ""
	}
	next := r.tokens[k+1]
	switch {
	case !r.runs[next.from].digits || next.certain || next.class == copied:
		return ""
	case next.class == number && next.number != variation, next.class != number && r.before(k+1) == "-":
		return fmt.Sprintf("more than one variation, %d or %s", variation, r.s[r.runs[next.from].start:r.runs[next.to-1].end])
	}
	return ""
}
