package placement

import "masterhand/shared/library/creative"

// class is the kind of a token's meaning, such as a date or a creative's code.
type class byte

const (
	free      class = iota // a word of a title, or an unknown word
	known                  // a known word of advertising or production: Meta, video, soundon
	number                 // a number without another meaning
	code                   // a creative's code
	version                // a version or variation: v2, variation 2, ver.2
	aspect                 // an aspect or a resolution: 9x16, 1080x1920, vertical
	date                   // a date or a time of day: 2025-08-15, KW33, Q3, 12.34.56
	duration               // a running time: 15s, 0-30
	technical              // a technical fact: 1080p, h264, 25fps, a hash
	revision               // the state of a file: final, r3, approved
	counted                // a word with a number that counts something: take 3, hook 2, IMG_1234
	copied                 // a copy mark: copy 2, (1)
	stale                  // a mark of an old or unfinished file: old, WIP, draft
	standIn                // a mark of a file that is a substitute for another file: thumbnail, preview
	spoken                 // a word for a locale, a language or a market: en-GB, German, UK
)

// token is a sequence of runs (of letters or of digits) with one meaning, its class.
type token struct {
	class class
	from  int // position of the token's first run; positions count the text's runs from 0
	to    int // position after the token's last run (exclusive)
	// certain means that the token's numbers can have no other meaning. The numbers of an
	// uncertain token may be a variation if no number directly follows the code.
	certain bool
	number  int    // value of a number or version token; 0 for other tokens
	name    string // canonical spelling of a code; "" for other tokens
	guessed bool   // whether the text is taken for a code only because it looks like one
	unsure  string // states why a code or a version is unreliable; "" means reliable
	hint    creative.Aspect
	fuzzy   bool // true if hint is less reliable than others, as for the tokens "story" and "45"
	speech  speech
}

// reader splits a text into tokens and holds them.
type reader struct {
	text
	rules  *Rules
	tokens []token
}

// A matcher returns the token of one kind, such as a date, that begins at position i of the text.
// It returns the zero token if no token of its kind begins there.
type matcher func(r *reader, i int) token

// matchers lists the matchers. The function read tries all of them at each run and takes the
// longest token. Of equally long tokens, it takes that of the earlier matcher. A declared code
// overrides all of them.
var matchers = [...]matcher{
	(*reader).copyMark, (*reader).version, (*reader).aspect, (*reader).date, (*reader).duration,
	(*reader).technical, (*reader).revision, (*reader).counted, (*reader).guessedCode,
	(*reader).spoken, (*reader).stalePhrase, (*reader).word,
}

// read splits a text into tokens from left to right and takes the longest token at each position.
func read(t text, rules *Rules) *reader {
	r := &reader{text: t, rules: rules, tokens: make([]token, 0, len(t.runs))}
	for i := 0; i < len(r.runs); {
		best := r.declaredCode(i)
		for _, match := range matchers {
			if best.class == code && !best.guessed {
				break
			}
			if found := match(r, i); found.to > best.to {
				best = found
			}
		}
		if best.to <= i {
			best = token{class: free, to: i + 1}
			if r.runs[i].digits {
				best = plainNumber(r.number(i))
				best.to = i + 1
			}
		}
		best.from = i
		r.tokens = append(r.tokens, best)
		i = best.to
	}
	return r
}

// plainNumber returns the token for a number without another meaning. The caller passes a negative
// n for a number that is too long for a variation. Such a number is certainly no variation.
func plainNumber(n int) token {
	if n < 0 {
		return token{class: technical, certain: true}
	}
	return token{class: number, number: n}
}

// numbered returns the aspect, date, duration or technical term that begins with the number at
// position i of the text, such as 9_16 in "VER_9_16". It returns the zero token for a single number
// whose meaning is uncertain.
func (r *reader) numbered(i int) token {
	var best token
	for _, match := range []matcher{(*reader).aspect, (*reader).date, (*reader).duration, (*reader).technical} {
		if found := match(r, i); found.to > best.to && (found.to > i+1 || found.certain) {
			best = found
		}
	}
	return best
}

// before returns the characters between token k and the token before it.
func (r *reader) before(k int) string {
	if k >= len(r.tokens) {
		return r.gap(len(r.runs))
	}
	return r.gap(r.tokens[k].from)
}

// previous returns the token that ends right before position i. Only a matcher may call it, and
// only with the position at which the matcher was called.
func (r *reader) previous(i int) token {
	if n := len(r.tokens); n > 0 && r.tokens[n-1].to == i {
		return r.tokens[n-1]
	}
	return token{}
}
