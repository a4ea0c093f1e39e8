package placement

import (
	"strings"

	"masterhand/shared/library/creative"
)

// aspect is the matcher for an aspect ratio or a size in its usual forms (9x16, 9:16, 9 x 16,
// 1.91x1, 191x100, 1080x1920, 9_16, 9-16, 916), and for a word that means an aspect (vertical,
// square, story).
func (r *reader) aspect(i int) token {
	if r.isLetters(i) {
		return r.aspectWord(i)
	}
	width, at := r.runs[i].word, i
	if t := r.sides(width, at); t.to > 0 {
		return t
	}
	// the width may have a decimal part, as in 1.91x1
	if r.isDigits(i+1) && (r.gap(i+1) == "." || r.gap(i+1) == "," || r.gap(i+1) == "_") {
		width, at = width+"."+r.runs[i+1].word, i+1
		if t := r.sides(width, at); t.hint != "" {
			return t
		}
	}
	return r.bareAspect(i)
}

// sides matches a width and a height with a separator such as "x" between them. The width has been
// read already. The parameter at is the position of the width's last digits.
func (r *reader) sides(width string, at int) token {
	next, sign := at+1, ""
	switch {
	case r.isDigits(next):
		sign = strings.TrimSpace(r.gap(next))
	case r.isLetters(next) && (r.runs[next].look == "X" || r.runs[next].word == "BY") && strings.TrimSpace(r.gap(next)) == "" &&
		r.isDigits(next+1) && strings.TrimSpace(r.gap(next+1)) == "":
		sign = "x"
		next++
	}
	if !r.isDigits(next) {
		return token{}
	}
	height := r.runs[next].word
	if sign == "" || r.chained(next) {
		return token{}
	}
	switch sign {
	case "x", "*":
		t := token{class: aspect, to: next + 1, hint: ratio(width, height)}
		large := isSide(width) && isSide(height)
		if large {
			t.hint = sizeHint(width, height)
		}
		t.certain = t.hint != "" || large
		return t
	case ":":
		if hint := ratio(width, height); hint != "" {
			return token{class: aspect, to: next + 1, hint: hint, certain: true}
		}
	case "-", "_", ".", ";":
		if r.isDigits(next+1) && r.gap(next+1) == "." {
			return token{} // no aspect: in "2-1.91x1", the 1 after the dash belongs to the width 1.91
		}
		hint := ratio(width, height)
		if hint == "" && isPixels(width) && isPixels(height) {
			hint = sizeHint(width, height)
			return token{class: aspect, to: next + 1, hint: hint, fuzzy: true}
		}
		if hint != "" && r.gap(next) == sign {
			return token{class: aspect, to: next + 1, hint: hint, fuzzy: true}
		}
	}
	return token{}
}

// chained reports whether "x" or ":" and a third number follow the number at position i. If they
// do, the numbers before are no aspect: 2x9x16 is a 2 before the aspect 9x16.
func (r *reader) chained(i int) bool {
	if r.isLetters(i + 1) {
		return r.runs[i+1].look == "X" && r.joined(i+1) && r.isDigits(i+2) && r.joined(i+2)
	}
	return r.isDigits(i+1) && r.gap(i+1) == ":"
}

// bareAspect matches digits that may be an aspect although no "x" or ":" is between them: 916, 45,
// 9 16.
func (r *reader) bareAspect(i int) token {
	if r.isDigits(i+1) && r.gap(i+1) == " " {
		if hint := ratio(r.runs[i].word, r.runs[i+1].word); hint != "" && !r.chained(i+1) && r.sides(r.runs[i+1].word, i+1).to == 0 && !(r.isDigits(i+2) && r.gap(i+2) == ".") {
			return token{class: aspect, to: i + 2, hint: hint, fuzzy: true}
		}
	}
	t := token{class: aspect, to: i + 1, fuzzy: true}
	attached := r.gap(i) == "-" && r.previous(i).class == code
	switch r.runs[i].word {
	case "916":
		t.hint = "9x16"
	case "169":
		t.hint = "16x9"
	case "45":
		t.hint = "4x5"
	case "11":
		t.hint = "1x1"
	case "191":
		t.hint = "1.91x1"
	default:
		return token{}
	}
	if attached && len(r.runs[i].word) == 2 {
		return token{} // 45 in HRT-1212-45 is the variation, not the aspect 4x5
	}
	return t
}

// isPixels reports whether a number is a usual width or height of an ad in pixels.
func isPixels(d string) bool {
	switch d {
	case "600", "628", "720", "1000", "1080", "1200", "1280", "1350", "1440", "1500", "1920", "2160", "2560", "3840":
		return true
	}
	return false
}

// isSide reports whether a number may be a picture's width or height in pixels.
func isSide(d string) bool { return len(d) >= 2 && len(d) <= 5 && d[0] != '0' && value(d) >= 50 }

// sizeHint returns the aspect of a size in pixels, or "" if no placement accepts the aspect. It
// also returns "" for 16x9: people write such a size, 1920x1080, as the name of a resolution, even
// in the names of upright films.
func sizeHint(width, height string) creative.Aspect {
	switch a := creative.AspectOf(value(width), value(height)); a {
	case "1x1", "3x4", "4x5", "9x16", "1.91x1":
		return a
	}
	if ratio(width, height) == "1.91x1" {
		return "1.91x1"
	}
	return ""
}

// ratio returns the aspect of a width and a height, or "" if their ratio is unusual.
func ratio(width, height string) creative.Aspect {
	switch w, h := strings.TrimLeft(width, "0"), strings.TrimLeft(height, "0"); w + "x" + h {
	case "1x1", "9x16", "16x9", "4x5", "5x4", "2x3", "3x2", "3x4", "4x3", "1.91x1", "21x9", "9x21", "1.78x1", "2.39x1", "2.35x1", "1.85x1":
		return creative.Aspect(w + "x" + h)
	case "191x100", "191x1":
		return "1.91x1"
	case "8x10":
		return "4x5"
	}
	return ""
}

// aspectWord matches a word that means an aspect, such as "square". It also matches "story reel",
// the name of a placement family. That token states no aspect, because the family accepts several.
func (r *reader) aspectWord(i int) token {
	word := r.runs[i].word
	t := token{class: aspect, to: i + 1, certain: true, hint: aspectOfWord(word)}
	if word == "STORY" || word == "STORIES" {
		if r.isLetters(i+1) && (r.runs[i+1].word == "REEL" || r.runs[i+1].word == "REELS") {
			return token{class: known, to: i + 2}
		}
		if r.isDigits(i+1) && isLoose(r.gap(i+1)) && !r.startsLonger(i) {
			return token{} // no aspect: in "story 2", the number counts stories
		}
		t.fuzzy, t.certain = true, false
	}
	if t.hint == "" {
		return token{}
	}
	return t
}

// aspectOfWord returns the aspect that an upper-case word means, or "" if the word means no
// aspect.
func aspectOfWord(word string) creative.Aspect {
	switch word {
	case "VERTICAL", "VERTIKAL", "VERTICALE", "VERT", "HOCHKANT", "STORY", "STORIES":
		return "9x16"
	case "HORIZONTAL", "HORIZONTALE", "LANDSCAPE", "HORIZ", "HOR", "ORIZZONTALE", "PAYSAGE":
		return "16x9"
	case "SQUARE", "SQ", "SQR", "QUADRAT", "QUADRATISCH", "CARRÉ", "CARRE", "CUADRADO", "QUADRATO":
		return "1x1"
	}
	return ""
}

// aspectHint returns the only aspect that the tokens state. It returns "" if they state two
// aspects or none. A clear aspect overrides fuzzy ones.
func aspectHint(tokens []token) creative.Aspect {
	const two creative.Aspect = "two"
	var clear, vague creative.Aspect
	one := func(have, next creative.Aspect) creative.Aspect {
		if have != "" && have != next {
			return two
		}
		return next
	}
	for _, t := range tokens {
		switch {
		case t.class != aspect || t.hint == "":
		case t.fuzzy:
			vague = one(vague, t.hint)
		default:
			clear = one(clear, t.hint)
		}
	}
	if clear == "" {
		clear = vague
	}
	if clear == two {
		return ""
	}
	return clear
}
