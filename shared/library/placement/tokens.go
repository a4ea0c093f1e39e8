package placement

import "masterhand/shared/library/creative"

// class is the meaning of a token.
type class byte

const (
	free      class = iota // a word of a title, or an unknown word
	known                  // a known word of advertising or production: Meta, video, soundon
	number                 // a number without another meaning
	code                   // a creative's code
	version                // such as v2, variation 2, ver.2
	aspect                 // such as 9x16, 1080x1920, vertical
	date                   // such as 2025-08-15, KW33, Q3, 12.34.56
	duration               // such as 15s, 0-30
	technical              // such as 1080p, h264, 25fps, a hash
	revision               // such as final, r3, approved
	counted                // such as take 3, hook 2, IMG_1234
	copied                 // such as copy 2, (1)
	stale                  // such as old, WIP, draft
	standIn                // such as thumbnail, preview, proxy
	spoken                 // a locale, a language, a market
)

// token is a sequence of runs with a class.
type token struct {
	class class
	from  int // position of the first run
	to    int // position of the run after the last one
	// certain means that the token's numbers can have no other meaning. The numbers of an
	// uncertain token may be a variation if no number directly follows the code.
	certain bool
	number  int    // value of a number or version token
	name    string // canonical spelling of a code
	guessed bool   // the code was guessed by its looks and has no declared shape
	unsure  string // why a code or a version is unreliable; "" means reliable
	hint    creative.Aspect
	fuzzy   bool // hint is weaker than other hints, for example "story" and "45"
	speech  speech
}

// reader splits a text into tokens.
type reader struct {
	text
	rules  *Rules
	tokens []token
}

// matcher returns the token that begins at run i. The token's to is 0 if none begins there.
type matcher func(r *reader, i int) token

// matchers are all tried at each run, and the longest token wins. Of equally long tokens, that of
// the earlier matcher wins. A declared code wins over all of them.
var matchers = [...]matcher{
	(*reader).copyMark, (*reader).version, (*reader).aspect, (*reader).date, (*reader).duration,
	(*reader).technical, (*reader).revision, (*reader).counted, (*reader).guessedCode,
	(*reader).spoken, (*reader).word,
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

// plainNumber returns the token for a number without another meaning. n is negative for a number
// that is too long for a variation: it is an identifier.
func plainNumber(n int) token {
	if n < 0 {
		return token{class: technical, certain: true}
	}
	return token{class: number, number: n}
}

// numbered returns the token that begins at a run of digits, unless the token is a single number
// with an uncertain meaning. "VER_9_16" is an aspect and not version 9, for example.
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

// previous returns the token that ends right before run i, while read is at run i.
func (r *reader) previous(i int) token {
	if n := len(r.tokens); n > 0 && r.tokens[n-1].to == i {
		return r.tokens[n-1]
	}
	return token{}
}
